//! Rests: asked for, and granted when each queue of the agent has a place and nobody there asked before.

use alloc::vec;
use core::time::Duration;

use crate::agent::{ChangedBy, NotReady, NotReadyKind, Order, Presence, Rest};
use crate::event::{ChosenPresence, Event};
use crate::floor::OnRestEnd;
use crate::id::AgentId;
use crate::rejection::Rejection;
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::presence::{choose, ready_again};
use super::{Decision, known_agent};

/// What an agent asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) length: Duration,
    pub(super) cause: u8,
    pub(super) by: ChangedBy,
}

/// Who has a place already, for its rest goes on or comes after its work, only gives it another length.
pub(super) fn ask(state: &State, now: Timestamp, id: AgentId, wish: &Wish) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    is_a_length(wish.length)?;
    if agent.presence == Presence::SignedOut {
        return Err(Rejection::AgentSignedOut(id));
    }
    match has_place(state, agent) {
        Ok(()) => begin(agent, now, wish),
        Err(_) if state.settings().rest_wait => Ok(line_up(state, agent, wish)),
        Err(refused) => Err(refused),
    }
}

/// A wish that waits keeps its ticket.
fn line_up(state: &State, agent: &Agent, wish: &Wish) -> Decision {
    let Wish { length, cause, by } = *wish;
    let ticket = match agent.rest {
        Some(Rest::Asked { length: known, cause: code, .. }) if (known, code) == (length, cause) => {
            return Decision::default();
        }
        Some(Rest::Asked { ticket, .. }) => ticket,
        Some(Rest::Granted { .. } | Rest::Begun { .. }) | None => state.next_rest_ticket(),
    };
    Event::RestAsked { agent: agent.settings.id, length, cause, ticket, by }.into()
}

/// It has a place: a rest that goes on is prolonged, any other begins at once or after the work. A rest keeps its cause.
fn begin(agent: &Agent, now: Timestamp, wish: &Wish) -> Result<Decision, Rejection> {
    let why = match agent.presence {
        Presence::NotReady(why) if agent.rests() => why,
        _ => NotReady { kind: NotReadyKind::Rest, reason: wish.cause },
    };
    let mut events = vec![timed(agent, now, wish.length, wish.by)];
    events.append(&mut choose(agent, ChosenPresence::NotReady(why), wish.by)?.events);
    Ok(events.into())
}

/// The length of a rest; what is to be chosen follows.
pub(super) fn timed(agent: &Agent, now: Timestamp, length: Duration, by: ChangedBy) -> Event {
    let id = agent.settings.id;
    if agent.rests() {
        return Event::RestProlonged { agent: id, until: now + length, by };
    }
    Event::RestGranted { agent: id, length, by }
}

/// Takes back what has not begun.
pub(super) fn cancel(state: &State, id: AgentId, by: ChangedBy) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    let cancelled = Event::RestCancelled { agent: id, by };
    match agent.rest {
        Some(Rest::Asked { .. }) => Ok(cancelled.into()),
        Some(Rest::Granted { .. }) => {
            Ok(vec![cancelled, Event::PresenceChosen { agent: id, after_work: None, by }].into())
        }
        Some(Rest::Begun { .. }) | None => Err(Rejection::NoRestAsked(id)),
    }
}

/// By hand, whatever the quotas say.
pub(super) fn grant(state: &State, now: Timestamp, id: AgentId) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    granted(agent, now, ChangedBy::Supervisor).ok_or(Rejection::NoRestAsked(id))
}

pub(super) fn deny(state: &State, id: AgentId, order: &Order) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    match agent.rest {
        Some(Rest::Asked { .. }) => Ok(Event::RestDenied { agent: id, order: order.clone() }.into()),
        Some(Rest::Granted { .. } | Rest::Begun { .. }) | None => Err(Rejection::NoRestAsked(id)),
    }
}

/// The next who can have the rest it waits for.
pub(crate) fn grant_next(state: &State, now: Timestamp) -> Option<Decision> {
    granted(state.agent(state.next_to_rest()?)?, now, ChangedBy::Rule)
}

/// None for an agent who does not wait.
fn granted(agent: &Agent, now: Timestamp, by: ChangedBy) -> Option<Decision> {
    let Some(Rest::Asked { length, cause, .. }) = agent.rest else { return None };
    begin(agent, now, &Wish { length, cause, by }).ok()
}

/// The time of a rest is over. What the agent chose for after its work comes then.
pub(crate) fn rest_over(state: &State, id: AgentId) -> Decision {
    let agent = state.agent(id).expect("who rests is on the floor");
    match state.settings().on_rest_end {
        OnRestEnd::Ready if agent.after_work.is_none() => ready_again(id),
        OnRestEnd::Ready | OnRestEnd::Overdue => Event::RestOverdue { agent: id }.into(),
    }
}

/// Whether a rest of the agent would keep to the quotas of its queues and to the lines there.
pub(super) fn has_place(state: &State, agent: &Agent) -> Result<(), Rejection> {
    if agent.takes_rest_place() {
        return Ok(());
    }
    let bounded = agent.settings.queues.iter().filter_map(|part| Some((part.queue, state.rest_places(part.queue)?)));
    for (queue, places) in bounded {
        if !state.has_rest_place(queue) {
            return Err(Rejection::RestQuotaReached(queue, places));
        }
        let id = agent.settings.id;
        let mut line = state.rest_line(queue);
        if line.next().is_some_and(|first| first != id) {
            let before = state.rest_line(queue).take_while(|waits| *waits != id).count();
            return Err(Rejection::RestWishesWait(queue, u32::try_from(before).unwrap_or(u32::MAX)));
        }
    }
    Ok(())
}

pub(super) fn is_a_length(length: Duration) -> Result<(), Rejection> {
    let is_in_range = (Rest::LENGTH_MIN..=Rest::LENGTH_MAX).contains(&length);
    if is_in_range { Ok(()) } else { Err(Rejection::RestLengthOutOfRange(length.as_secs())) }
}
