//! An agent gives its call to somebody else: at once, or while it keeps the call until the other one has answered.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use crate::call::{Call, Cause, Keeper, Keeping, Outcome, Party, Place, Sender};
use crate::command::{Target, Transfer, TransferMode, TransferTo};
use crate::event::{Event, OfferEnd, TakenBack, WithdrawCause};
use crate::expected::WaitFor;
use crate::id::{AgentId, CallId};
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

use super::agents::{after_keeping, after_talk};
use super::calls::end;
use super::journey::{Journey, Sent};
use super::moves::{back_to_a_queue, hop, withdrawn};
use super::{Decision, Step, known_call};

/// A release transfer. Refused, the two go on talking.
pub(super) fn transfer(
    state: &State,
    now: Timestamp,
    id: CallId,
    agent: AgentId,
    target: Target,
) -> Result<Decision, Rejection> {
    let call = call_of(state, id, agent)?;
    let mut journey = Journey::of(state, now, call).transferred();
    hop(&mut journey, target, sent_by(agent))?;
    Ok(released(state, now, call, agent, journey.events).into())
}

/// A transfer of any kind.
pub(super) fn transfer_by(state: &State, now: Timestamp, wish: &Transfer) -> Result<Decision, Rejection> {
    let Transfer { call: id, agent, ref to, mode, .. } = *wish;
    let call = call_of(state, id, agent)?;
    if mode == TransferMode::Specified && !matches!(to, TransferTo::Agent(_)) {
        return Err(Rejection::SpecifiedNeedsAgent(id));
    }
    if let Some(max) = wish.expected_wait_max {
        is_served_within(state, now, call, to, max)?;
    }
    let mut journey = Journey::of(state, now, call).transferred();
    match to {
        TransferTo::Queue(queue) => journey.hop_to_queue(*queue, sent_by(agent))?,
        TransferTo::Agent(other) => journey.hop_to_agent(*other, sent_by(agent))?,
        TransferTo::Outside(address) => journey.transfer_outside(address, agent)?,
    }
    let Some(keeping) = keeping(mode) else {
        return Ok(released(state, now, call, agent, journey.events).into());
    };
    let mut events = vec![Event::CallKept { call: id, agent, keeping }];
    events.append(&mut journey.events);
    Ok(events.into())
}

/// Held against the time within which nine of ten such calls are answered. Of the outside nothing is expected.
fn is_served_within(
    state: &State,
    now: Timestamp,
    call: &Call,
    to: &TransferTo,
    max: Duration,
) -> Result<(), Rejection> {
    let priority = call.priority;
    let of = match to {
        TransferTo::Queue(queue) => WaitFor::Queue { queue: *queue, priority },
        TransferTo::Agent(agent) => WaitFor::Agent { agent: *agent, priority },
        TransferTo::Outside(_) => return Ok(()),
    };
    let expected = state.expected_wait(now, of)?.p90();
    if expected.is_some_and(|expected| expected <= max) {
        return Ok(());
    }
    Err(Rejection::ExpectedWaitTooLong(call.id, expected))
}

/// What the agent keeps the call for, if it does.
const fn keeping(mode: TransferMode) -> Option<Keeping> {
    match mode {
        TransferMode::Release | TransferMode::Specified => None,
        TransferMode::Success => Some(Keeping::UntilAnswered),
        TransferMode::Consult => Some(Keeping::ToConsult),
        TransferMode::ThreeParty => Some(Keeping::ToJoin),
    }
}

const fn sent_by(agent: AgentId) -> Sent {
    Sent { cause: Cause::Transfer, sender: Sender::Agent(agent) }
}

fn released(state: &State, now: Timestamp, call: &Call, agent: AgentId, mut journey: Vec<Event>) -> Vec<Event> {
    let mut events = vec![Event::CallTransferred { call: call.id, agent }];
    events.append(&mut journey);
    events.extend(after_talk(state, now, call, agent));
    events
}

/// The call that an agent may give away: it talks with it, and nobody has asked for somebody else for it.
fn call_of(state: &State, id: CallId, agent: AgentId) -> Result<&Call, Rejection> {
    let call = known_call(state, id)?;
    let talks = matches!(call.place, Place::Talking { agent: talker, .. } if talker == agent);
    match call.keeper {
        Some(keeper) if talks || keeper.agent == agent => Err(Rejection::CallIsKept(id, keeper.agent)),
        _ if talks => Ok(call),
        _ => Err(Rejection::NotTheAgentsCall(agent, id)),
    }
}

fn kept_call(state: &State, id: CallId, agent: AgentId) -> Result<(&Call, Keeper), Rejection> {
    let call = known_call(state, id)?;
    let keeper = call.keeper.filter(|keeper| keeper.agent == agent);
    keeper.map(|keeper| (call, keeper)).ok_or(Rejection::NotTheKeeper(agent, id))
}

/// At once when the other one has answered, else at the answer.
pub(super) fn complete(state: &State, now: Timestamp, id: CallId, agent: AgentId) -> Result<Decision, Rejection> {
    let (call, keeper) = kept_call(state, id, agent)?;
    if is_answered(call) {
        return Ok(given_away(state, now, call, keeper).into());
    }
    Ok(keep_for(id, keeper, Keeping::UntilAnswered))
}

pub(super) fn join(state: &State, id: CallId, agent: AgentId) -> Result<Decision, Rejection> {
    let (_, keeper) = kept_call(state, id, agent)?;
    Ok(keep_for(id, keeper, Keeping::ToJoin))
}

fn keep_for(call: CallId, keeper: Keeper, keeping: Keeping) -> Decision {
    Vec::from_iter((keeper.keeping != keeping).then_some(Event::KeepingChanged { call, keeping })).into()
}

/// By the keeper's own wish.
pub(super) fn take_back(state: &State, now: Timestamp, id: CallId, agent: AgentId) -> Result<Decision, Rejection> {
    let (call, _) = kept_call(state, id, agent)?;
    Ok(taken_back(state, now, call, TakenBack::Asked).into())
}

/// A keeper who asked only for the answer leaves at the answer.
pub(super) fn answered(state: &State, now: Timestamp, call: &Call) -> Vec<Event> {
    let leaves = call.keeper.filter(|keeper| keeper.keeping == Keeping::UntilAnswered);
    leaves.map(|keeper| given_away(state, now, call, keeper)).unwrap_or_default()
}

/// The keeper leaves for good; the call stays where it is, as if the keeper had released it there.
pub(super) fn given_away(state: &State, now: Timestamp, call: &Call, keeper: Keeper) -> Vec<Event> {
    let mut events = vec![Event::CallGivenAway { call: call.id, agent: keeper.agent }];
    events.extend(after_keeping(state, now, call.id, keeper));
    events
}

/// The keeper has its call back, and nobody else has it.
pub(super) fn taken_back(state: &State, now: Timestamp, call: &Call, why: TakenBack) -> Vec<Event> {
    let agent = call.keeper.expect("only a kept call is taken back").agent;
    let mut events = withdrawn(state, call, WithdrawCause::CallTaken);
    events.push(Event::CallTakenBack { call: call.id, agent, why });
    if let Place::Talking { agent: other, .. } = call.place {
        events.extend(after_talk(state, now, call, other));
    }
    events
}

/// The agent who was asked for did not take the call: in its private queue nobody else will.
pub(super) fn untaken(call: &Call, how: OfferEnd) -> Option<Step> {
    call.keeper?;
    let Place::Offered { wait, .. } = &call.place else { return None };
    let why = match how {
        OfferEnd::Declined => TakenBack::Declined,
        OfferEnd::Expired => TakenBack::Expired,
        OfferEnd::Failed => TakenBack::Failed,
        OfferEnd::Withdrawn(_) => return None,
    };
    wait.line.is_private().then_some(Step::GiveBack(call.id, why))
}

/// The keeper may have it back already.
pub(super) fn give_back(state: &State, now: Timestamp, id: CallId, why: TakenBack) -> Decision {
    let kept = state.call(id).filter(|call| call.keeper.is_some());
    kept.map(|call| taken_back(state, now, call, why)).unwrap_or_default().into()
}

/// One of the agents of a kept call has hung up: the keeper, who has released it then, or the other one.
pub(super) fn one_left(state: &State, now: Timestamp, call: &Call, agent: AgentId) -> Option<Vec<Event>> {
    let keeper = call.keeper?;
    if keeper.agent == agent {
        return Some(given_away(state, now, call, keeper));
    }
    let talks = matches!(call.place, Place::Talking { agent: talker, .. } if talker == agent);
    talks.then(|| taken_back(state, now, call, TakenBack::OtherLeft))
}

/// The outside number that an agent sent the call to has left. Once it had answered, the call is over, unless a keeper is
/// there to have it back.
pub(super) fn outside_left(state: &State, now: Timestamp, call: &Call, sender: AgentId) -> Decision {
    match (call.keeper.is_some(), is_answered(call)) {
        (true, true) => taken_back(state, now, call, TakenBack::OtherLeft).into(),
        (true, false) => taken_back(state, now, call, TakenBack::OutsideFailed).into(),
        (false, true) => end(state, now, call, Outcome::Answered, Party::Called).into(),
        (false, false) => return_to_sender(state, now, call, sender),
    }
}

/// To whoever sent it outside, when that agent comes to it by itself; else to its origin queue.
fn return_to_sender(state: &State, now: Timestamp, call: &Call, sender: AgentId) -> Decision {
    let mut journey = Journey::of(state, now, call);
    match journey.hand_on(sender, Sent { cause: Cause::ReturnedToSender, sender: Sender::Outside }) {
        Ok(()) => journey.events.into(),
        Err(_) => back_to_a_queue(state, now, call, Sent { cause: Cause::OutsideFailed, sender: Sender::Outside }),
    }
}

/// Whether whoever was asked for talks.
pub(super) const fn is_answered(call: &Call) -> bool {
    matches!(call.place, Place::Talking { .. } | Place::Outside { answered: true, .. })
}
