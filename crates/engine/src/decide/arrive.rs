//! A call arrives.

use alloc::sync::Arc;
use alloc::vec;

use crate::agent::Presence;
use crate::call::{Caller, Cause, Outcome, Party, ReleaseCause, Sender};
use crate::command::Target;
use crate::event::Event;
use crate::id::{AgentId, CallId, LegKey};
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

use super::journey::{Journey, Sent};
use super::{Decision, known_agent};

#[derive(Debug)]
pub(super) struct Newcomer<'a> {
    pub(super) key: LegKey,
    pub(super) caller: &'a Caller,
    pub(super) called: &'a Arc<str>,
    pub(super) priority: u8,
}

/// A call that a queue turns away is taken all the same, and over in the same entry, so that it is counted. One that its
/// agent does not take is refused.
pub(super) fn arrive(
    state: &State,
    now: Timestamp,
    newcomer: &Newcomer<'_>,
    target: Target,
) -> Result<Decision, Rejection> {
    let Newcomer { key, caller, called, priority } = *newcomer;
    if let Some(call) = state.call_by_key(key) {
        return Err(Rejection::AlreadyArrived(call.id));
    }
    if !(1..=254).contains(&priority) {
        return Err(Rejection::PriorityOutOfRange(priority));
    }
    let sender = match caller {
        Caller::Outside(_) => Sender::Caller,
        Caller::Agent(agent) => may_dial(state, *agent).map(|()| Sender::Agent(*agent))?,
    };
    let call = next_call(state, now, target)?;
    let sent = Sent { cause: Cause::Dialled, sender };
    let arrived = Event::CallArrived { call, key, caller: caller.clone(), called: Arc::clone(called), priority };
    let mut events = vec![arrived];
    let mut journey = Journey::of_newcomer(state, now, call, caller);
    let turned_away = match target {
        Target::Agent(agent) => journey.go_to_agent(agent, sent).map(|()| None)?,
        Target::Queue(queue) => turned_away(journey.go_to_queue(queue, sent))?,
    };
    events.append(&mut journey.events);
    if let Some(cause) = turned_away {
        events.push(Event::CallEnded { call, outcome: Outcome::Released(cause), by: Party::Server });
    }
    Ok(Decision::from(events))
}

/// A colleague dials only while it has no other work, whether it is `Ready` or not.
fn may_dial(state: &State, id: AgentId) -> Result<(), Rejection> {
    let agent = known_agent(state, id)?;
    if agent.presence == Presence::SignedOut {
        return Err(Rejection::AgentSignedOut(id));
    }
    if agent.work.is_engaged() {
        return Err(Rejection::AgentEngaged(id));
    }
    Ok(())
}

/// The next call's id; before there is a floor there is no VDN to make one of, nor anywhere to go.
fn next_call(state: &State, now: Timestamp, target: Target) -> Result<CallId, Rejection> {
    let vdn = state.vdn().ok_or(match target {
        Target::Queue(queue) => Rejection::NoSuchQueue(queue),
        Target::Agent(agent) => Rejection::NoSuchAgent(agent),
    })?;
    Ok(CallId::new(now.seconds(), state.next_call_number(), vdn))
}

/// How a call that a queue turned away ends.
pub(super) fn turned_away(entered: Result<(), Rejection>) -> Result<Option<ReleaseCause>, Rejection> {
    match entered {
        Ok(()) => Ok(None),
        Err(Rejection::QueueRefused(_, situation)) => Ok(Some(ReleaseCause::Treatment(situation))),
        Err(Rejection::TooManyHops(_)) => Ok(Some(ReleaseCause::TooManyHops)),
        Err(other) => Err(other),
    }
}
