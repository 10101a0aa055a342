//! Facts: what has happened and is not yet known to be in the journal.

use std::time::Duration;

use engine::{AgentId, CallId, Command, LegKey};
use node::{Note, Receipt, Refused, Submission, Urgency};

use crate::plant::Plant;
use crate::sometimes::Situation;
use crate::world::{Due, World};
use crate::writer::Asker;

/// Something that is so, whatever anybody says.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) command: Option<Command>,
    pub(crate) notes: Vec<Note>,
    about: Topic,
    tries: u32,
}

/// What a fact is about: facts about one thing are told in the order in which they became so, or the last word about it
/// would be an old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Phone(AgentId),
    Leg(LegKey),
    Call(CallId),
}

const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(5);

impl World {
    pub(super) fn submit_fact(&mut self, call: CallId, command: Command) {
        self.submit_fact_with(Topic::Call(call), Some(command), Vec::new());
    }

    pub(super) fn submit_notes(&mut self, about: Topic, notes: Vec<Note>) {
        if !notes.is_empty() && !self.strikes(Plant::KeepNotes, 300) {
            self.submit_fact_with(about, None, notes);
        }
    }

    /// Told after whatever else is to be told about the same thing.
    pub(super) fn submit_fact_with(&mut self, about: Topic, command: Option<Command>, notes: Vec<Note>) {
        if command.as_ref().is_some_and(|command| self.is_forgotten(command)) {
            return;
        }
        let fact = Fact { command, notes, about, tries: 0 };
        let line = self.edge.facts.entry(about).or_default();
        line.push_back(fact.clone());
        if line.len() == 1 {
            self.submit_again(fact);
        }
    }

    /// A planted bug: the edge does not report this.
    fn is_forgotten(&mut self, command: &Command) -> bool {
        let plant = match command {
            Command::CallerLeft { .. } => Plant::ForgetCallerLeft,
            Command::AgentLeft { .. } => Plant::ForgetAgentLeft,
            Command::AcceptOffer { .. } => Plant::ForgetAccept,
            Command::DeclineOffer { .. } => Plant::ForgetDecline,
            Command::FailOffer { .. } => Plant::ForgetFail,
            Command::OutsideLeft { .. } => Plant::ForgetOutsideLeft,
            Command::SetHeld { held: false, .. } => Plant::ForgetRetrieve,
            _ => return false,
        };
        self.strikes(plant, 500)
    }

    pub(crate) fn submit_again(&mut self, fact: Fact) {
        if fact.tries > 0 {
            self.meet(Situation::FactRepeated);
        }
        let submission =
            Submission { command: fact.command.clone(), notes: fact.notes.clone(), urgency: Urgency::Fact };
        self.submit(submission, Asker::Fact(Box::new(fact)));
    }

    /// A fact is settled once it is committed or old news.
    pub(crate) fn fact_answered(&mut self, mut fact: Box<Fact>, answer: Result<Receipt, Refused>) {
        let is_settled = matches!(answer, Ok(_) | Err(Refused::Rejected(_) | Refused::Failed));
        if !is_settled && !self.strikes(Plant::ForgetRefusedFacts, 500) {
            let pause = RETRY_FIRST.saturating_mul(1 << fact.tries.min(10)).min(RETRY_MAX);
            fact.tries += 1;
            return self.after(pause, Due::Again(self.life, fact));
        }
        if let (Topic::Phone(agent), Ok(receipt)) = (fact.about, &answer) {
            self.books.binding_told(agent, &receipt.record.notes);
        }
        let Some(line) = self.edge.facts.get_mut(&fact.about) else { return };
        line.pop_front();
        match line.front().cloned() {
            Some(next) => self.submit_again(next),
            None => drop(self.edge.facts.remove(&fact.about)),
        }
    }
}
