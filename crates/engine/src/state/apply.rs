//! Events become state: the only code that writes it. Total, for what has happened cannot be refused; an event that
//! contradicts the state is a broken invariant and stops the engine.

mod agents;
mod calls;
mod floor;
mod keeping;
mod rests;

use crate::agent::{Reach, Work};
use crate::call::{Call, OutsideSender};
use crate::event::Event;
use crate::id::{AgentId, CallId};
use crate::time::Timestamp;

use super::index::Standing;
use super::rests::RestStanding;
use super::{Agent, Image, State};

impl State {
    /// Makes `event`, which happened at `at`, true.
    pub(crate) fn apply(&mut self, at: Timestamp, event: &Event) {
        self.measure(at, event);
        match event {
            Event::VdnNamed(vdn) => self.vdn = Some(*vdn),
            Event::SettingsDefined(settings) => self.define_settings(settings),
            Event::QueueDefined(queue) => self.change_queue(at, queue),
            Event::QueueRemoved(queue) => self.remove_queue(*queue),
            Event::QueueClosed { queue } => {
                self.closed.insert(*queue, at);
            }
            Event::QueueOpened { queue } => {
                self.closed.remove(queue);
            }
            Event::AgentDefined(settings) => self.define_agent(at, settings),
            Event::AgentRemoved(agent) => self.remove_agent(*agent),
            Event::AgentSignedIn { agent, by } => self.sign_in(at, *agent, *by),
            Event::AgentSignedOut { agent, by } => self.sign_out(at, *agent, *by),
            Event::PresenceChanged { agent, presence, by, ready_at } => {
                self.change_presence(at, *agent, *presence, *by, *ready_at);
            }
            Event::PresenceChosen { agent, after_work, by } => self.choose_presence(at, *agent, *after_work, *by),
            Event::RestAsked { agent, length, cause, ticket, .. } => {
                self.ask_rest(at, *agent, (*length, *cause), *ticket);
            }
            Event::RestGranted { agent, length, .. } => self.grant_rest(at, *agent, *length),
            Event::RestDenied { agent, .. } | Event::RestCancelled { agent, .. } => self.drop_rest(at, *agent),
            Event::RestProlonged { agent, until, .. } => self.prolong_rest(at, *agent, *until),
            Event::RestOverdue { agent } => self.overrun_rest(at, *agent),
            Event::PresenceForced { agent, presence, order } => self.force(at, *agent, *presence, order),
            Event::AgentFound { agent } => self.change_agent(at, *agent, |agent| agent.reach = Reach::Reachable),
            Event::AgentLost { agent, cause, retry_at, sign_out_at } => {
                self.lose_agent(at, *agent, *cause, *retry_at, *sign_out_at);
            }
            Event::WrapUpStarted { agent, call, until } => {
                self.start_work(at, *agent, Work::WrapUp { call: *call, until: *until });
            }
            Event::WrapUpEnded { agent, .. } => self.start_work(at, *agent, Work::Idle { since: at }),
            Event::CallArrived { call, key, caller, called, priority } => {
                self.arrive(at, *call, *key, caller, called, *priority);
            }
            Event::TreatmentApplied { call, queue, situation, action } => {
                self.divert(*call, *queue, *situation, action.as_ref());
            }
            // Told for those who ask why; what is true follows.
            Event::TreatmentRefused { .. } | Event::PrivateActionRefused { .. } => {}
            Event::CallQueued { call, line, since, until, cause, sender, hops } => {
                self.queue_call(at, *call, *line, *since, *until, (*cause, *sender), *hops);
            }
            Event::WaitExtended { call, until } => self.extend_wait(*call, *until),
            Event::SkillWidened { call, weight_min, next } => self.widen(*call, *weight_min, *next),
            Event::CallSentOutside { call, address, queue, situation, hops } => {
                self.send_outside(at, *call, address, OutsideSender::Treatment(*queue, *situation), *hops);
            }
            Event::CallTransferredOutside { call, address, agent, hops } => {
                self.send_outside(at, *call, address, OutsideSender::Agent(*agent), *hops);
            }
            Event::CallKept { call, agent, keeping } => self.keep(*call, *agent, *keeping),
            Event::KeepingChanged { call, keeping } => self.change_keeping(*call, *keeping),
            Event::CallGivenAway { call, .. } => self.give_away(at, *call),
            Event::CallTakenBack { call, .. } => self.take_back(at, *call),
            Event::OutsideAnswered { call } => self.answer_outside(*call),
            Event::OfferMade { offer, call, agent, until, .. } => self.make_offer(at, *offer, *call, *agent, *until),
            Event::OfferAccepted { call, agent, .. } => self.accept_offer(at, *call, *agent),
            Event::OfferEnded { call, agent, not_before, .. } => self.end_offer(at, *call, *agent, *not_before),
            Event::ReofferAllowed { agent, call } => self.allow_reoffer(*agent, *call),
            Event::HeldChanged { call, held } => self.hold(*call, *held),
            Event::CallTransferred { call, agent } => self.end_talk(at, *call, *agent),
            Event::CallEnded { call, .. } => self.end_call(at, *call),
        }
    }

    /// The state of an image, its indexes rebuilt.
    #[must_use]
    pub fn from_image(image: Image) -> Self {
        let mut state = Self {
            vdn: image.vdn,
            settings: image.settings,
            calls_made: image.calls_made,
            offers_made: image.offers_made,
            closed: image.closed.into_iter().collect(),
            ..Self::default()
        };
        for queue in &image.queues {
            state.define_queue(queue);
        }
        for agent in image.agents {
            state.index.list_agent(&agent);
            state.agents.insert(agent.settings.id, agent);
        }
        for (agent, figures) in image.figures {
            state.figures.agents.insert(agent, figures);
        }
        for (queue, figures) in image.queue_figures {
            state.figures.queues.insert(queue, figures);
        }
        for call in image.calls {
            state.index.list_call(&call, &state.agents);
            state.calls.insert(call.id, call);
        }
        state
    }

    /// Changes what is true of an agent, but for its settings. Whoever becomes available by it is idle since now.
    fn change_agent(&mut self, at: Timestamp, id: AgentId, change: impl FnOnce(&mut Agent)) {
        let agent = self.agents.get_mut(id).expect("an event names an agent who is there");
        let (was_available, before) = (agent.is_available(), Standing::of(agent));
        let rested = RestStanding::of(agent);
        self.index.unlist_work(agent);
        change(agent);
        if agent.is_available() && !was_available {
            agent.work = Work::Idle { since: at };
            agent.work_since = at;
        }
        self.index.list_work(agent);
        self.index.restand(agent, before, Standing::of(agent));
        self.index.rests.restand(agent, rested, RestStanding::of(agent));
    }

    /// Changes an agent's settings: it may have other queues after it.
    fn change_settings(&mut self, id: AgentId, change: impl FnOnce(&mut Agent)) {
        let agent = self.agents.get_mut(id).expect("an event names an agent who is there");
        self.index.unlist_agent(agent);
        change(agent);
        self.index.list_agent(agent);
    }

    fn change_call(&mut self, id: CallId, change: impl FnOnce(&mut Call)) {
        let call = self.calls.get_mut(id).expect("an event names a call that is live");
        self.index.unlist_place(call);
        change(call);
        self.index.list_place(call, &self.agents);
    }
}
