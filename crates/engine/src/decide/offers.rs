//! How offers end.

use alloc::vec;
use alloc::vec::Vec;

use crate::agent::{ChangedBy, LostCause, NotReady, Presence};
use crate::call::{Call, Place};
use crate::event::{ChosenPresence, Event, OfferEnd, WithdrawCause};
use crate::floor::SignIn;
use crate::id::{AgentId, OfferId};
use crate::rejection::Rejection;
use crate::routing::Manner;
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::Decision;
use super::agents::lost;
use super::presence::after_work;
use super::transfers::{answered, untaken};

pub(super) fn accept(state: &State, now: Timestamp, offer: OfferId) -> Result<Decision, Rejection> {
    let (call, agent) = pending(state, offer)?;
    let mut events = vec![Event::OfferAccepted { offer, call: call.id, agent }];
    events.extend(answered(state, now, call));
    Ok(events.into())
}

/// The offer was declined, expired or failed.
pub(super) fn end(state: &State, now: Timestamp, offer: OfferId, how: OfferEnd) -> Result<Decision, Rejection> {
    let (call, _) = pending(state, offer)?;
    Ok(end_untaken(state, now, call, how))
}

/// The agent did not take the call: it is `NotReady`, lost, or kept `Ready`.
pub(crate) fn end_untaken(state: &State, now: Timestamp, call: &Call, how: OfferEnd) -> Decision {
    let Place::Offered { offer, agent, .. } = call.place else { panic!("only an offered call's offer ends") };
    let agent = state.agent(agent).expect("a call is offered to an agent of the floor");
    let (not_before, follows) = match how {
        OfferEnd::Failed => {
            (None, after_work(agent).into_iter().chain([lost(state, now, agent, LostCause::OfferFailed)]).collect())
        }
        OfferEnd::Declined | OfferEnd::Expired if Manner::of(state, call).keep_ready => {
            (Some(now + state.settings().reoffer_min), Vec::from_iter(after_work(agent)))
        }
        OfferEnd::Declined => (None, vec![not_ready(state, now, agent, NotReady::DECLINED)]),
        OfferEnd::Expired => (None, vec![not_ready(state, now, agent, NotReady::EXPIRED)]),
        OfferEnd::Withdrawn(_) => (None, Vec::from_iter(after_work(agent))),
    };
    let mut events = vec![Event::OfferEnded { offer, call: call.id, agent: agent.settings.id, how, not_before }];
    events.extend(follows);
    Decision { events, steps: Vec::from_iter(untaken(call, how)) }
}

/// What the floor makes of an agent who did not take a call. Its own choice of `NotReady` stands, and a phone without a
/// button for it is made `Ready` again.
fn not_ready(state: &State, now: Timestamp, agent: &Agent, why: NotReady) -> Event {
    if let (Some(ChosenPresence::NotReady(_)), Some(chosen)) = (agent.after_work, after_work(agent)) {
        return chosen;
    }
    let by_phone = matches!(agent.settings.sign_in, SignIn::Register | SignIn::Always);
    Event::PresenceChanged {
        agent: agent.settings.id,
        presence: Presence::NotReady(why),
        by: ChangedBy::Rule,
        ready_at: by_phone.then(|| now + state.settings().auto_ready),
    }
}

/// The end of an agent's pending offer, if there is one, for a reason that is not the agent's doing.
pub(super) fn withdrawal(agent: &Agent, cause: WithdrawCause) -> Option<Event> {
    let crate::agent::Work::Offered { offer, call } = agent.work else { return None };
    let how = OfferEnd::Withdrawn(cause);
    Some(Event::OfferEnded { offer, call, agent: agent.settings.id, how, not_before: None })
}

fn pending(state: &State, offer: OfferId) -> Result<(&Call, AgentId), Rejection> {
    let call = state.offered(offer).ok_or(Rejection::OfferNotPending(offer))?;
    match call.place {
        Place::Offered { agent, .. } => Ok((call, agent)),
        Place::Waiting(_) | Place::Talking { .. } | Place::Outside { .. } => Err(Rejection::OfferNotPending(offer)),
    }
}
