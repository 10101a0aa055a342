//! What a command would lead to, without carrying it out.

use alloc::vec::Vec;

use crate::agent::{ChangedBy, Work};
use crate::call::{Line, Outcome, Place, Wait};
use crate::command::Command;
use crate::engine::Engine;
use crate::event::Event;
use crate::id::{AgentId, CallId};
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

/// A call that waits for an agent, and where it would be if the agent signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// Which call.
    pub call: CallId,
    /// Where it would be.
    pub to: Destination,
}

/// Where a call would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// It would wait in this line.
    Waiting(Line),
    /// It would be offered from this line to this agent at once.
    Offered(Line, AgentId),
    /// It would be on its way to an outside number.
    Outside,
    /// The agent who keeps it would have it back.
    TakenBack(AgentId),
    /// It would be over.
    Ended(Outcome),
}

impl State {
    /// Where the calls that wait for `id` alone, or ring for it alone, would be if it signed out at `now`: what
    /// [`Command::SignOut`] does to this very state, in the order in which the agent would have served them. It is
    /// played on a copy, so it costs as much as copying the state.
    ///
    /// # Errors
    /// Why the sign-out would be refused.
    pub fn sign_out_preview(&self, now: Timestamp, id: AgentId, by: ChangedBy) -> Result<Vec<Departure>, Rejection> {
        let mut after = Engine::new(self.clone());
        let entry = after.handle(now, Command::SignOut { agent: id, by })?;
        let departure = |call| Departure { call, to: destination(after.state(), call, &entry.events) };
        Ok(self.private_calls(id).map(departure).collect())
    }

    /// The calls that wait for an agent alone; first the one that rings, if it is one of these.
    fn private_calls(&self, id: AgentId) -> impl Iterator<Item = CallId> {
        let offered = self.agent(id).and_then(|agent| match agent.work {
            Work::Offered { call, .. } => self.call(call),
            Work::Idle { .. } | Work::Talking { .. } | Work::WrapUp { .. } => None,
        });
        let rings = offered.filter(|call| {
            matches!(call.place, Place::Offered { wait: Wait { line: Line::Private(owner), .. }, .. } if owner == id)
        });
        rings.into_iter().chain(self.private_queue(id)).map(|call| call.id)
    }
}

fn destination(state: &State, id: CallId, events: &[Event]) -> Destination {
    let Some(call) = state.call(id) else {
        let outcome = events.iter().find_map(|event| match event {
            Event::CallEnded { call, outcome, .. } if *call == id => Some(*outcome),
            _ => None,
        });
        return Destination::Ended(outcome.expect("a call that is gone has ended in this turn"));
    };
    match &call.place {
        Place::Waiting(wait) => Destination::Waiting(wait.line),
        Place::Offered { agent, wait, .. } => Destination::Offered(wait.line, *agent),
        Place::Outside { .. } => Destination::Outside,
        // Nobody else comes to talk with a call by somebody's signing out.
        Place::Talking { agent, .. } => Destination::TakenBack(*agent),
    }
}
