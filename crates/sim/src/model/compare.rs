//! Whether model and engine see the same floor.

use std::fmt::Debug;

use engine::{Event, Line, QueueId, State};

use super::{Model, Said, Tried};

impl Model {
    /// The first thing in which the engine's state differs from the model; none when they agree.
    #[must_use]
    pub fn difference(&self, state: &State) -> Option<String> {
        list("queue", &self.queues, state.queues())
            .or_else(|| list("agent", &self.agents, state.agents()))
            .or_else(|| list("call", &self.calls, state.calls()))
            .or_else(|| one("the VDN", &self.vdn, &state.vdn()))
            .or_else(|| one("the settings", &self.settings, state.settings()))
            .or_else(|| one("what falls due next", &self.next_deadline(), &state.next_deadline()))
            .or_else(|| self.queues.iter().find_map(|queue| self.closing_differs(state, queue.id)))
            .or_else(|| self.queues.iter().find_map(|queue| self.line_differs(state, Line::Queue(queue.id))))
            .or_else(|| self.agents.iter().find_map(|a| self.line_differs(state, Line::Private(a.settings.id))))
    }

    fn closing_differs(&self, state: &State, queue: QueueId) -> Option<String> {
        let what = format!("since when queue {queue} is closed by hand");
        one(&what, &self.closed_since(queue), &state.closed_since(queue))
    }

    fn line_differs(&self, state: &State, line: Line) -> Option<String> {
        let ours: Vec<_> = self.line(line).iter().map(|call| call.id).collect();
        let theirs: Vec<_> = match line {
            Line::Queue(queue) => state.waiting(queue).map(|call| call.id).collect(),
            Line::Private(agent) => state.private_queue(agent).map(|call| call.id).collect(),
        };
        one(&format!("the order of {line:?}"), &ours, &theirs)
    }
}

/// What the events of an entry say that the model says too.
#[must_use]
pub fn said(events: &[Event]) -> Vec<Said> {
    let said = events.iter().filter_map(|event| match event {
        Event::OfferMade { offer, call, agent, .. } => Some(Said::Offered(*offer, *call, *agent)),
        Event::OfferEnded { offer, how, .. } => Some(Said::OfferEnded(*offer, *how)),
        Event::CallEnded { call, outcome, by } => Some(Said::Ended(*call, *outcome, *by)),
        Event::TreatmentRefused { call, queue, situation, action, reason } => {
            Some(Said::Refused(*call, Tried::Treatment(*queue, *situation, action.clone()), *reason))
        }
        Event::PrivateActionRefused { call, agent, action, reason } => {
            Some(Said::Refused(*call, Tried::Private(*agent, *action), *reason))
        }
        _ => None,
    });
    said.collect()
}

fn list<'a, T: PartialEq + Debug + 'a>(what: &str, ours: &[T], theirs: impl Iterator<Item = &'a T>) -> Option<String> {
    let mut ours = ours.iter();
    for their in theirs {
        let Some(our) = ours.next() else { return Some(format!("only the engine has {what} {their:?}")) };
        if our != their {
            return Some(format!("the model says {our:?}, the engine {their:?}"));
        }
    }
    ours.next().map(|our| format!("only the model has {what} {our:?}"))
}

fn one<T: PartialEq + Debug>(what: &str, ours: &T, theirs: &T) -> Option<String> {
    (ours != theirs).then(|| format!("{what}: the model says {ours:?}, the engine {theirs:?}"))
}
