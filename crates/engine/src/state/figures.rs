//! What is known of how long talks last and how many calls come, kept up to date by events.

use crate::agent::Work;
use crate::call::{Caller, Line, Outcome, Place};
use crate::event::Event;
use crate::figures::{Figures, QueueFigures};
use crate::id::{AgentId, CallId, QueueId};
use crate::time::Timestamp;

use super::State;
use super::table::Table;

/// Of agents who have been called or have dialled, and of queues that calls have joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AllFigures {
    pub(super) agents: Table<AgentId, Figures>,
    pub(super) queues: Table<QueueId, QueueFigures>,
}

impl AllFigures {
    pub(super) fn forget_agent(&mut self, agent: AgentId) {
        self.agents.remove(agent);
    }

    pub(super) fn forget_queue(&mut self, queue: QueueId) {
        self.queues.remove(queue);
    }
}

impl State {
    /// What is known of an agent's calls; none before it has answered or dialled one.
    #[must_use]
    pub fn figures(&self, agent: AgentId) -> Option<&Figures> {
        self.figures.agents.get(agent)
    }

    /// What is known of a queue's calls; none before there was one.
    #[must_use]
    pub fn queue_figures(&self, queue: QueueId) -> Option<&QueueFigures> {
        self.figures.queues.get(queue)
    }

    /// Measures what `event` ends, for the state as it is before. A talk that failed tells nothing: after a restart it
    /// would seem to have lasted while nobody was there.
    pub(super) fn measure(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::OfferAccepted { agent, .. } => {
                let rang = self.agent(*agent).map(|agent| at.since(agent.work_since));
                self.change_figures(*agent, |figures| figures.answered_after(rang.unwrap_or_default()));
            }
            Event::CallQueued { call, line, .. } => self.measure_flow(at, *call, *line),
            Event::CallTransferred { call, agent } | Event::CallGivenAway { call, agent } => {
                self.measure_talk(at, *call, *agent);
            }
            Event::CallTakenBack { call, .. } => self.measure_other(at, *call),
            Event::CallEnded { call, outcome, .. } if !matches!(outcome, Outcome::Failed(_)) => {
                self.measure_end(at, *call);
            }
            Event::WrapUpEnded { agent, .. } => {
                let wrapped_up = self.agent(*agent).map(|agent| at.since(agent.work_since));
                self.change_figures(*agent, |figures| figures.wrap_ups.count(wrapped_up.unwrap_or_default()));
            }
            _ => {}
        }
    }

    fn measure_flow(&mut self, at: Timestamp, id: CallId, line: Line) {
        let arriving = self.arriving.as_ref().filter(|arrival| arrival.id == id).map(|arrival| arrival.priority);
        let Some(priority) = arriving.or_else(|| self.call(id).map(|call| call.priority)) else { return };
        match line {
            Line::Queue(queue) => self.figures.queues.or_default(queue).joined.count(at, priority),
            Line::Private(agent) => self.change_figures(agent, |figures| figures.joined.count(at, priority)),
        }
    }

    /// A colleague who dialled has talked too.
    fn measure_end(&mut self, at: Timestamp, id: CallId) {
        let Some(call) = self.call(id) else { return };
        let caller = match call.caller {
            Caller::Agent(agent) => Some(agent),
            Caller::Outside(_) => None,
        };
        let talker = match call.place {
            Place::Talking { agent, .. } => Some(agent),
            Place::Waiting(_) | Place::Offered { .. } | Place::Outside { .. } => None,
        };
        let keeper = call.keeper.map(|keeper| keeper.agent);
        caller.into_iter().chain(talker).chain(keeper).for_each(|agent| self.measure_talk(at, id, agent));
    }

    /// The talk of whoever was asked for ends.
    fn measure_other(&mut self, at: Timestamp, id: CallId) {
        if let Some(Place::Talking { agent, .. }) = self.call(id).map(|call| &call.place) {
            self.measure_talk(at, id, *agent);
        }
    }

    fn measure_talk(&mut self, at: Timestamp, id: CallId, agent: AgentId) {
        let (Some(call), Some(Work::Talking { call: talking, since })) =
            (self.call(id), self.agent(agent).map(|agent| agent.work))
        else {
            return;
        };
        if talking != id {
            return;
        }
        let served = call.caller != Caller::Agent(agent);
        let queue = call.origin_queue.filter(|queue| served && self.queue(*queue).is_some());
        let lasted = at.since(since);
        self.change_figures(agent, |figures| figures.talks.count(lasted));
        if let Some(queue) = queue {
            self.figures.queues.or_default(queue).talks.count(lasted);
        }
    }

    fn change_figures(&mut self, agent: AgentId, change: impl FnOnce(&mut Figures)) {
        change(self.figures.agents.or_default(agent));
    }
}
