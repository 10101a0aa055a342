//! What agents choose: at once when they are idle, otherwise for after their work.

use alloc::vec::Vec;

use crate::agent::{ChangedBy, ForcedPresence, NotReady, NotReadyKind, Order, Presence, Work};
use crate::event::{ChosenPresence, Event, WithdrawCause};
use crate::floor::SignIn;
use crate::id::AgentId;
use crate::rejection::Rejection;
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::agents::{sign_out, signed_in};
use super::offers::withdrawal;
use super::rests::{has_place, is_a_length, timed};
use super::{Decision, known_agent};

/// An agent whose phone stayed bound when it signed out is signed in again: a bare phone has no other button for it.
pub(super) fn become_ready(state: &State, now: Timestamp, id: AgentId, by: ChangedBy) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    if agent.presence == Presence::SignedOut && agent.settings.sign_in == SignIn::Register {
        return Ok(signed_in(state, now, agent, by).into());
    }
    choose(agent, ChosenPresence::Ready, by)
}

/// A supervisor forces an agent out of `Ready` also while a call is offered to it. For a rest the agent needs a place.
pub(super) fn become_not_ready(
    state: &State,
    id: AgentId,
    why: NotReady,
    by: ChangedBy,
) -> Result<Decision, Rejection> {
    let agent = known_agent(state, id)?;
    if by == ChangedBy::Supervisor && matches!(agent.work, Work::Offered { .. }) {
        let mut events = Vec::from_iter(withdrawal(agent, WithdrawCause::AgentLeft));
        events.push(changed(id, ChosenPresence::NotReady(why), by));
        return Ok(events.into());
    }
    if by != ChangedBy::Supervisor && why.kind == NotReadyKind::Rest && agent.presence != Presence::SignedOut {
        has_place(state, agent)?;
    }
    choose(agent, ChosenPresence::NotReady(why), by)
}

/// A supervisor's word comes first, then what it changes.
pub(super) fn force(
    state: &State,
    now: Timestamp,
    id: AgentId,
    forced: ForcedPresence,
    order: &Order,
) -> Result<Decision, Rejection> {
    let by = ChangedBy::Supervisor;
    let mut decision = match forced.presence(order.reason) {
        Presence::SignedOut => sign_out(state, id, by)?,
        Presence::Ready => become_ready(state, now, id, by)?,
        Presence::NotReady(why) => become_not_ready(state, id, why, by)?,
    };
    if let ForcedPresence::Rest { length: Some(length) } = forced {
        is_a_length(length)?;
        decision.events.insert(0, timed(known_agent(state, id)?, now, length, by));
    }
    decision.events.insert(0, Event::PresenceForced { agent: id, presence: forced, order: order.clone() });
    Ok(decision)
}

pub(super) fn choose(agent: &Agent, chosen: ChosenPresence, by: ChangedBy) -> Result<Decision, Rejection> {
    let id = agent.settings.id;
    if agent.presence == Presence::SignedOut {
        return Err(Rejection::AgentSignedOut(id));
    }
    let is_so = agent.presence == presence(chosen);
    if !agent.work.is_engaged() {
        let changes = !is_so || agent.ready_at.is_some();
        return Ok(Vec::from_iter(changes.then(|| changed(id, chosen, by))).into());
    }
    let after_work = (!is_so).then_some(chosen);
    let changes = after_work != agent.after_work || agent.ready_at.is_some();
    Ok(Vec::from_iter(changes.then_some(Event::PresenceChosen { agent: id, after_work, by })).into())
}

/// What an agent chose for after its work, now that the work is over.
pub(super) fn after_work(agent: &Agent) -> Option<Event> {
    Some(changed(agent.settings.id, agent.after_work?, ChangedBy::Rule))
}

/// `auto_ready` is over.
pub(crate) fn ready_again(agent: AgentId) -> Decision {
    changed(agent, ChosenPresence::Ready, ChangedBy::Rule).into()
}

fn changed(agent: AgentId, chosen: ChosenPresence, by: ChangedBy) -> Event {
    Event::PresenceChanged { agent, presence: presence(chosen), by, ready_at: None }
}

const fn presence(chosen: ChosenPresence) -> Presence {
    match chosen {
        ChosenPresence::Ready => Presence::Ready,
        ChosenPresence::NotReady(why) => Presence::NotReady(why),
    }
}
