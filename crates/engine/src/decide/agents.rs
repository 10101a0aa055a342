//! How agents come and go, and what they do after a talk.

use alloc::vec;
use alloc::vec::Vec;

use crate::agent::{ChangedBy, LostCause, Presence, Reach, Work};
use crate::call::{Call, Keeper};
use crate::event::{Event, WithdrawCause};
use crate::floor::SignIn;
use crate::id::{AgentId, CallId};
use crate::rejection::Rejection;
use crate::routing::Manner;
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::offers::withdrawal;
use super::presence::after_work;
use super::private::{PrivateEnd, may_sign_out};
use super::{Decision, Step, known_agent};

/// By `Phone` it is a fact: the phone has its first binding.
pub(super) fn sign_in(state: &State, now: Timestamp, id: AgentId, by: ChangedBy) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    let is_out = agent.presence == Presence::SignedOut;
    if by != ChangedBy::Phone {
        if !is_out {
            return Err(Rejection::AgentAlreadySignedIn(id));
        }
        return Ok(signed_in(state, now, agent, by).into());
    }
    let mut events = Vec::from_iter(found(agent));
    if is_out && agent.settings.sign_in == SignIn::Register {
        events.push(Event::AgentSignedIn { agent: id, by });
    }
    Ok(events.into())
}

/// An agent who signs in without a phone has `lost_grace` to find it.
pub(super) fn signed_in(state: &State, now: Timestamp, agent: &Agent, by: ChangedBy) -> Vec<Event> {
    let id = agent.settings.id;
    let mut events = vec![Event::AgentSignedIn { agent: id, by }];
    if let Reach::Lost { cause, retry_at, .. } = agent.reach {
        let sign_out_at = Some(now + state.settings().lost_grace);
        events.push(Event::AgentLost { agent: id, cause, retry_at, sign_out_at });
    }
    events
}

pub(super) fn sign_out(state: &State, id: AgentId, by: ChangedBy) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    if agent.settings.sign_in == SignIn::Always {
        return Err(Rejection::AgentAlwaysSignedIn(id));
    }
    if agent.presence == Presence::SignedOut {
        return Err(Rejection::AgentSignedOut(id));
    }
    may_sign_out(state, agent, by)?;
    Ok(leave(agent, by, WithdrawCause::AgentLeft, PrivateEnd::SignedOut))
}

/// `lost_grace` is over.
pub(crate) fn lost_for_too_long(state: &State, id: AgentId) -> Decision {
    let agent = state.agent(id).expect("a lost agent is on the floor");
    leave(agent, ChangedBy::Lost, WithdrawCause::AgentLeft, PrivateEnd::SignedOut)
}

/// The agent signs out at once but for its talk, and the calls that waited for it go where its rules say.
pub(super) fn leave(agent: &Agent, by: ChangedBy, withdraw: WithdrawCause, end: PrivateEnd) -> Decision {
    let id = agent.settings.id;
    let mut events = Vec::from_iter(withdrawal(agent, withdraw));
    if let Work::WrapUp { .. } = agent.work {
        events.push(Event::WrapUpEnded { agent: id, by });
    }
    events.push(Event::AgentSignedOut { agent: id, by });
    let mut steps: Vec<_> = agent.settings.queues.iter().map(|part| Step::MaybeDeserted(part.queue)).collect();
    steps.push(Step::EmptyPrivateQueue(id, end));
    Decision { events, steps }
}

pub(super) fn end_wrap_up(state: &State, id: AgentId, by: ChangedBy) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    match agent.work {
        Work::WrapUp { .. } => Ok(wrapped_up(agent, by)),
        Work::Idle { .. } | Work::Offered { .. } | Work::Talking { .. } => Err(Rejection::AgentNotInWrapUp(id)),
    }
}

/// The time for wrap-up is over.
pub(crate) fn wrap_up_over(state: &State, id: AgentId) -> Decision {
    let agent = state.agent(id).expect("an agent in wrap-up is on the floor");
    wrapped_up(agent, ChangedBy::Rule)
}

fn wrapped_up(agent: &Agent, by: ChangedBy) -> Decision {
    let mut events = vec![Event::WrapUpEnded { agent: agent.settings.id, by }];
    events.extend(after_work(agent));
    Decision::from(events)
}

/// What an agent who served a call does next: wrap-up, or what it chose.
pub(super) fn after_talk(state: &State, now: Timestamp, call: &Call, id: AgentId) -> Option<Event> {
    after_serving(state, now, call.id, Manner::of(state, call), id)
}

/// As the queue says by which the keeper came to the call, wherever it has sent it since.
pub(super) fn after_keeping(state: &State, now: Timestamp, call: CallId, keeper: Keeper) -> Option<Event> {
    after_serving(state, now, call, Manner::by_queue(state, keeper.origin_queue), keeper.agent)
}

/// One who has signed out does nothing.
fn after_serving(state: &State, now: Timestamp, call: CallId, manner: Manner, id: AgentId) -> Option<Event> {
    let agent = state.agent(id)?;
    if agent.presence == Presence::SignedOut {
        return None;
    }
    let wrap_up = manner.wrap_up;
    let wraps_up = !agent.settings.idle_automatically || !wrap_up.is_zero();
    if !wraps_up {
        return after_work(agent);
    }
    let until = agent.settings.idle_automatically.then(|| now + wrap_up);
    Some(Event::WrapUpStarted { agent: id, call, until })
}

pub(super) fn phone_found(state: &State, id: AgentId) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    Ok(Vec::from_iter(found(agent)).into())
}

/// A fixed phone has no binding to lose.
pub(super) fn phone_lost(state: &State, now: Timestamp, id: AgentId) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    let is_known = matches!(agent.reach, Reach::Lost { cause: LostCause::NoBinding, .. });
    if is_known || agent.settings.sign_in == SignIn::Always {
        return Ok(Decision::default());
    }
    let mut events = Vec::new();
    if let Some(withdrawal) = withdrawal(agent, WithdrawCause::PhoneLost) {
        events.push(withdrawal);
        events.extend(after_work(agent));
    }
    events.push(lost(state, now, agent, LostCause::NoBinding));
    Ok(events.into())
}

pub(super) fn found(agent: &Agent) -> Option<Event> {
    matches!(agent.reach, Reach::Lost { .. }).then_some(Event::AgentFound { agent: agent.settings.id })
}

/// The agent's phone cannot be reached; an end of its patience that runs already goes on running.
pub(super) fn lost(state: &State, now: Timestamp, agent: &Agent, cause: LostCause) -> Event {
    let settings = state.settings();
    let running = match agent.reach {
        Reach::Lost { sign_out_at, .. } => sign_out_at,
        Reach::Reachable => None,
    };
    let may_leave = agent.presence != Presence::SignedOut && agent.settings.sign_in != SignIn::Always;
    Event::AgentLost {
        agent: agent.settings.id,
        cause,
        retry_at: (cause == LostCause::OfferFailed).then(|| now + settings.lost_retry),
        sign_out_at: may_leave.then(|| running.unwrap_or(now + settings.lost_grace)),
    }
}
