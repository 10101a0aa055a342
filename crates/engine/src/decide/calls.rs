//! What happens to a call without moving it to another line, and how it ends.

use alloc::vec::Vec;

use crate::call::{Call, Caller, FailCause, Outcome, Party, Place, ReleaseCause};
use crate::event::{Event, OfferEnd, WithdrawCause};
use crate::id::{AgentId, CallId};
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

use super::agents::{after_keeping, after_talk};
use super::presence::after_work;
use super::transfers::{answered, is_answered, one_left};
use super::{Decision, known_call};

pub(super) fn caller_left(state: &State, now: Timestamp, id: CallId) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    // A caller whom an agent keeps is on hold in a talk.
    let talks = is_answered(call) || call.keeper.is_some();
    let outcome = if talks { Outcome::Answered } else { Outcome::Abandoned };
    Ok(end(state, now, call, outcome, Party::Caller).into())
}

pub(super) fn agent_left(state: &State, now: Timestamp, id: CallId, agent: AgentId) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    if let Some(events) = one_left(state, now, call, agent) {
        return Ok(events.into());
    }
    match call.place {
        Place::Talking { agent: talker, .. } if talker == agent => {
            Ok(end(state, now, call, Outcome::Answered, Party::Called).into())
        }
        _ => Err(Rejection::NotTheAgentsCall(agent, id)),
    }
}

pub(super) fn fail(state: &State, now: Timestamp, id: CallId, cause: FailCause) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    Ok(end(state, now, call, Outcome::Failed(cause), Party::Server).into())
}

/// Nobody wraps up: there is nobody left to do it for.
pub(super) fn fail_all(state: &State, cause: FailCause) -> Decision {
    let mut events = Vec::new();
    for call in state.calls() {
        events.extend(over(call, Outcome::Failed(cause), Party::Server));
        events.extend(agents_of(call).filter_map(|agent| after_work(state.agent(agent)?)));
    }
    Decision::from(events)
}

pub(super) fn release(state: &State, now: Timestamp, id: CallId) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    Ok(end(state, now, call, Outcome::Released(ReleaseCause::Request), Party::Server).into())
}

/// A fact about a talk that is over is old news.
pub(super) fn set_held(state: &State, id: CallId, on_hold: bool) -> Result<Decision, Rejection> {
    match known_call(state, id)?.place {
        Place::Talking { held, .. } if held != on_hold => Ok(Event::HeldChanged { call: id, held: on_hold }.into()),
        _ => Ok(Decision::default()),
    }
}

/// An answer to a call that is elsewhere by now is old news.
pub(super) fn outside_answered(state: &State, now: Timestamp, id: CallId) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    match call.place {
        Place::Outside { answered: false, .. } => {
            let mut events = Vec::from([Event::OutsideAnswered { call: id }]);
            events.extend(answered(state, now, call));
            Ok(events.into())
        }
        _ => Ok(Decision::default()),
    }
}

/// The call is over, and its agents go on.
pub(super) fn end(state: &State, now: Timestamp, call: &Call, outcome: Outcome, by: Party) -> Vec<Event> {
    let mut events = over(call, outcome, by);
    let talker = match call.place {
        Place::Talking { agent, .. } => Some(agent),
        Place::Waiting(_) | Place::Offered { .. } | Place::Outside { .. } => None,
    };
    for agent in agents_of(call) {
        let follows = match call.keeper {
            _ if Some(agent) == talker => after_talk(state, now, call, agent),
            Some(keeper) if keeper.agent == agent => after_keeping(state, now, call.id, keeper),
            _ => state.agent(agent).and_then(after_work),
        };
        events.extend(follows);
    }
    events
}

fn over(call: &Call, outcome: Outcome, by: Party) -> Vec<Event> {
    let mut events = Vec::with_capacity(2);
    if let Place::Offered { offer, agent, .. } = call.place {
        let cause = if by == Party::Caller { WithdrawCause::CallerLeft } else { WithdrawCause::CallTaken };
        let how = OfferEnd::Withdrawn(cause);
        events.push(Event::OfferEnded { offer, call: call.id, agent, how, not_before: None });
    }
    events.push(Event::CallEnded { call: call.id, outcome, by });
    events
}

/// Whom the call engages: the one it is offered to or who talks, its keeper, and the colleague who dialled it.
fn agents_of(call: &Call) -> impl Iterator<Item = AgentId> + use<> {
    let called = match call.place {
        Place::Offered { agent, .. } | Place::Talking { agent, .. } => Some(agent),
        Place::Waiting(_) | Place::Outside { .. } => None,
    };
    let caller = match call.caller {
        Caller::Agent(agent) => Some(agent),
        Caller::Outside(_) => None,
    };
    called.into_iter().chain(call.keeper.map(|keeper| keeper.agent)).chain(caller)
}
