//! Where agents' phones are: registrations, their ends, and what is taken up after a restart.

use std::time::Duration;

use engine::{AgentId, ChangedBy, Command, LostCause, Reach, SignIn, Timestamp};
use node::Note;

use super::Topic;

use crate::plant::Plant;
use crate::world::{Due, World};

/// How long a registration lasts.
pub(crate) const BINDING: Duration = Duration::from_secs(20);

/// How often the edge looks for registrations that have ended, and asks fixed phones that are lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);

const NOTE: &str = "sip/binding/";

impl World {
    /// A phone registers, or takes its registration back.
    pub(crate) fn registered(&mut self, agent: AgentId, is_on: bool) {
        let state = self.books.truth().state();
        let Some(known) = state.agent(agent).filter(|agent| agent.settings.sign_in != SignIn::Always) else { return };
        let is_lost = known.reach != Reach::Reachable;
        if !is_on {
            if self.edge.bindings.remove(&agent).is_some() {
                self.binding_over(agent);
            }
            return;
        }
        let is_first = self.edge.bindings.insert(agent, self.now + BINDING).is_none();
        if is_first {
            let note = Note::set(&format!("{NOTE}{agent}"), b"bound");
            let notes = if self.plants(Plant::ForgetBinding) { Vec::new() } else { vec![note] };
            if self.plants(Plant::ForgetBinding) {
                self.books.bound(agent);
            }
            self.submit_fact_with(Topic::Phone(agent), Some(Command::SignIn { agent, by: ChangedBy::Phone }), notes);
        } else if is_lost {
            self.submit_fact_with(Topic::Phone(agent), Some(Command::PhoneFound { agent }), Vec::new());
        }
    }

    fn binding_over(&mut self, agent: AgentId) {
        if self.plants(Plant::ForgetPhoneLost) {
            return;
        }
        let note = Note::remove(&format!("{NOTE}{agent}"));
        self.submit_fact_with(Topic::Phone(agent), Some(Command::PhoneLost { agent }), vec![note]);
    }

    pub(crate) fn bindings_due(&mut self) {
        let now = self.now;
        let is_over =
            |(agent, until): (&AgentId, &Timestamp)| (*until <= now || !self.is_bindable(*agent)).then_some(*agent);
        let over: Vec<AgentId> = self.edge.bindings.iter().filter_map(is_over).collect();
        for agent in over {
            self.edge.bindings.remove(&agent);
            self.binding_over(agent);
        }
        self.ask_lost_phones();
        self.after(LOOK_EVERY, Due::Bindings(self.life));
    }

    /// Whether something about an agent's phone is not in the journal yet.
    pub(crate) fn is_being_told(&self, agent: AgentId) -> bool {
        self.edge.facts.contains_key(&Topic::Phone(agent))
    }

    fn is_bindable(&self, agent: AgentId) -> bool {
        let known = self.books.truth().state().agent(agent);
        known.is_some_and(|agent| !agent.is_leaving && agent.settings.sign_in != SignIn::Always)
    }

    /// OPTIONS to fixed phones that are lost: whoever answers is there.
    fn ask_lost_phones(&mut self) {
        let state = self.books.truth().state();
        let lost = state.agents().filter(|agent| {
            agent.reach != Reach::Reachable && agent.settings.sign_in == SignIn::Always && !agent.is_leaving
        });
        let lost: Vec<AgentId> = lost.map(|agent| agent.settings.id).collect();
        for agent in lost {
            if self.workers.get(&agent).is_some_and(|worker| worker.is_phone_on) && self.chance.is(300) {
                self.submit_fact_with(Topic::Phone(agent), Some(Command::PhoneFound { agent }), Vec::new());
            }
        }
    }

    /// Bindings go on after a restart, each with one full interval; what the rules think of phones is put right.
    pub(crate) fn take_up_bindings(&mut self) {
        let noted = self.books.truth().notes(NOTE).filter_map(|(key, _)| key.strip_prefix(NOTE)?.parse().ok());
        let noted: Vec<AgentId> = noted.map(AgentId).collect();
        self.check_bindings(&noted);
        let until = self.now + BINDING;
        self.edge.bindings = noted.into_iter().map(|agent| (agent, until)).collect();
        let state = self.books.truth().state();
        let wrong: Vec<(AgentId, Command)> = state
            .agents()
            .filter(|agent| agent.settings.sign_in != SignIn::Always && !agent.is_leaving)
            .filter_map(|known| {
                let agent = known.settings.id;
                let is_thought_gone = matches!(known.reach, Reach::Lost { cause: LostCause::NoBinding, .. });
                match (self.edge.bindings.contains_key(&agent), is_thought_gone) {
                    (true, true) => Some((agent, Command::SignIn { agent, by: ChangedBy::Phone })),
                    (false, false) => Some((agent, Command::PhoneLost { agent })),
                    _ => None,
                }
            })
            .collect();
        for (agent, command) in wrong {
            self.submit_fact_with(Topic::Phone(agent), Some(command), Vec::new());
        }
        self.after(LOOK_EVERY, Due::Bindings(self.life));
    }
}
