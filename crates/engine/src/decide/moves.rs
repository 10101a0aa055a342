//! How a call comes from one place to another: by request, by treatment, and back.

use alloc::vec::Vec;

use crate::call::{Call, Cause, Line, Outcome, OutsideSender, Party, Place, ReleaseCause, Sender, Wait};
use crate::command::Target;
use crate::event::{Event, OfferEnd, TakenBack, WithdrawCause};
use crate::floor::{Action, Queue, Situation, Treatment};
use crate::id::CallId;
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

use super::arrive::turned_away;
use super::calls::end;
use super::journey::{Journey, Met, Sent};
use super::presence::after_work;
use super::transfers::{self, taken_back};
use super::{Decision, Step, known_call};

/// Moved to the line it waits in already, a call stays where it is.
pub(super) fn move_call(state: &State, now: Timestamp, id: CallId, target: Target) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    let (Place::Waiting(wait) | Place::Offered { wait, .. }) = &call.place else {
        return Err(Rejection::CallNotWaiting(id));
    };
    if wait.line == line_of(target) {
        return Ok(Decision::default());
    }
    let mut journey = Journey::of(state, now, call);
    hop(&mut journey, target, Sent { cause: Cause::Request, sender: Sender::Request })?;
    let mut events = withdrawn(state, call, WithdrawCause::CallTaken);
    events.append(&mut journey.events);
    Ok(events.into())
}

pub(super) fn hop(journey: &mut Journey<'_>, target: Target, sent: Sent) -> Result<(), Rejection> {
    match target {
        Target::Queue(queue) => journey.hop_to_queue(queue, sent),
        Target::Agent(agent) => journey.hop_to_agent(agent, sent),
    }
}

const fn line_of(target: Target) -> Line {
    match target {
        Target::Queue(queue) => Line::Queue(queue),
        Target::Agent(agent) => Line::Private(agent),
    }
}

/// An offer is withdrawn first; then the call meets `Cancelled` where it waits.
pub(super) fn cancel_queuing(state: &State, id: CallId) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    let (Place::Waiting(wait) | Place::Offered { wait, .. }) = &call.place else {
        return Err(Rejection::CallNotWaiting(id));
    };
    if call.keeper.is_none() && treating_queue(state, call, wait).is_none() {
        return Err(Rejection::NothingToCancelTo(id));
    }
    let events = withdrawn(state, call, WithdrawCause::Cancelled);
    Ok(Decision { events, steps: Vec::from([Step::Meet(id, Situation::Cancelled)]) })
}

/// The end of a call's pending offer, if there is one, and what its agent chose for after it.
pub(super) fn withdrawn(state: &State, call: &Call, cause: WithdrawCause) -> Vec<Event> {
    let Place::Offered { offer, agent, .. } = call.place else { return Vec::new() };
    let how = OfferEnd::Withdrawn(cause);
    let ended = Event::OfferEnded { offer, call: call.id, agent, how, not_before: None };
    [ended].into_iter().chain(state.agent(agent).and_then(after_work)).collect()
}

/// Whose treatments apply to a waiting call: its queue's, or in private its origin queue's.
fn treating_queue<'a>(state: &'a State, call: &Call, wait: &Wait) -> Option<&'a Queue> {
    match wait.line {
        Line::Queue(queue) => state.queue(queue),
        Line::Private(_) => call.origin_queue.and_then(|queue| state.queue(queue)),
    }
}

/// A waiting call meets a situation. One that an agent keeps is given back to it: the agent asked, and the agent is told.
pub(crate) fn meet(state: &State, now: Timestamp, call: &Call, situation: Situation) -> Decision {
    let Place::Waiting(wait) = &call.place else { panic!("only a waiting call meets a situation") };
    if call.keeper.is_some() {
        let is_over = situation == Situation::Timeout;
        let why = if is_over { TakenBack::WaitOver } else { TakenBack::TurnedAway(situation) };
        return taken_back(state, now, call, why).into();
    }
    let queue = treating_queue(state, call, wait).expect("a situation is met in a queue of the floor");
    let mut journey = Journey::of(state, now, call).leaving(wait.line);
    let met = journey.treat(queue, situation, Some(queue.treatments.of(situation)));
    let stays = met == Met::Stays || (met == Met::NothingLeft && situation == Situation::Timeout);
    let mut events = journey.events;
    if stays && situation == Situation::Timeout {
        events.push(Event::WaitExtended { call: call.id, until: now + queue.wait_max });
    } else if !stays {
        events.extend(released_by(state, now, call, met, situation));
    }
    Decision::from(events)
}

/// How a treatment that kept the call nowhere ends it.
fn released_by(state: &State, now: Timestamp, call: &Call, met: Met, situation: Situation) -> Vec<Event> {
    match met {
        Met::SentOn | Met::Stays => Vec::new(),
        Met::Released | Met::NothingLeft => release(state, now, call, ReleaseCause::Treatment(situation)),
        Met::TooManyHops => release(state, now, call, ReleaseCause::TooManyHops),
    }
}

pub(super) fn release(state: &State, now: Timestamp, call: &Call, cause: ReleaseCause) -> Vec<Event> {
    end(state, now, call, Outcome::Released(cause), Party::Server)
}

/// A call that waits in private, or in a queue that is to be removed, goes back to its keeper; else to its origin queue
/// with the return ticket; without one, to the default queue; else it is released.
pub(super) fn send_back(state: &State, now: Timestamp, call: &Call, cause: Cause) -> Decision {
    let Place::Waiting(wait) = &call.place else { panic!("only a waiting call is sent back") };
    let sender = match wait.line {
        Line::Queue(queue) => Sender::Queue(queue),
        Line::Private(agent) => Sender::Private(agent),
    };
    if call.keeper.is_some() {
        return taken_back(state, now, call, TakenBack::QueueRemoved).into();
    }
    back_to_a_queue(state, now, call, Sent { cause, sender })
}

/// To the first of its origin queue and the default queue that it does not wait in already.
pub(super) fn back_to_a_queue(state: &State, now: Timestamp, call: &Call, sent: Sent) -> Decision {
    let line = match &call.place {
        Place::Waiting(wait) => Some(wait.line),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    };
    let mut ways = [call.origin_queue, state.settings().default_queue].into_iter().flatten();
    let Some(queue) = ways.find(|queue| line != Some(Line::Queue(*queue)) && state.queue(*queue).is_some()) else {
        return release(state, now, call, ReleaseCause::NoQueueToReturnTo).into();
    };
    let mut journey = Journey::of(state, now, call);
    let entered = journey.go_back_to_queue(queue, sent);
    let ends = turned_away(entered).expect("a queue of the floor takes a call, or turns it away");
    let mut events = journey.events;
    events.extend(ends.map(|cause| release(state, now, call, cause)).unwrap_or_default());
    Decision::from(events)
}

/// The outside number left: before it answered, the treatment's fallback is tried, or the agent who sent the call has it
/// back; after it, the call is over, unless an agent kept it.
pub(super) fn outside_left(state: &State, now: Timestamp, id: CallId) -> Result<Decision, Rejection> {
    let call = known_call(state, id)?;
    let Place::Outside { address, answered, sent_by, .. } = &call.place else {
        // It is elsewhere by now: old news.
        return Ok(Decision::default());
    };
    let (queue, situation) = match sent_by {
        OutsideSender::Agent(agent) => return Ok(transfers::outside_left(state, now, call, *agent)),
        OutsideSender::Treatment(..) if call.keeper.is_some() => {
            let why = if *answered { TakenBack::OtherLeft } else { TakenBack::OutsideFailed };
            return Ok(taken_back(state, now, call, why).into());
        }
        OutsideSender::Treatment(queue, situation) => (queue, situation),
    };
    if *answered {
        return Ok(end(state, now, call, Outcome::Answered, Party::Called).into());
    }
    let Some(queue) = state.queue(*queue) else {
        return Ok(release(state, now, call, ReleaseCause::Treatment(*situation)).into());
    };
    let fallback = fallback_after(queue.treatments.of(*situation), address);
    Ok(fall_back(state, now, call, queue, *situation, fallback).into())
}

fn fall_back(
    state: &State,
    now: Timestamp,
    call: &Call,
    queue: &Queue,
    situation: Situation,
    fallback: Option<&Treatment>,
) -> Vec<Event> {
    let mut journey = Journey::of(state, now, call).leaving(Line::Queue(queue.id));
    let met = journey.treat(queue, situation, fallback);
    let stays = met == Met::Stays || (met == Met::NothingLeft && situation == Situation::Timeout);
    if stays {
        let sent = Sent { cause: Cause::Treatment(situation), sender: Sender::Queue(queue.id) };
        journey.join_queue(queue, sent);
        return journey.events;
    }
    let mut events = journey.events;
    events.extend(released_by(state, now, call, met, situation));
    events
}

/// What is left of a treatment once this address has failed; nothing, if it no longer names it.
fn fallback_after<'a>(treatment: &'a Treatment, address: &str) -> Option<&'a Treatment> {
    let mut next = Some(treatment);
    while let Some(Treatment { action, fallback }) = next {
        next = fallback.as_deref();
        if matches!(action, Action::External(named) if **named == *address) {
            return next;
        }
    }
    None
}
