//! What a command leads to: events, or a rejection. Reads the state and writes nothing.
//!
//! Some consequences can only be decided once the first events are true: where each call of a private queue goes depends
//! on where the one before it went. A [`Decision`] names these as [`Step`]s, which are taken in order within the same
//! turn. A step cannot refuse, so that a refused command has changed nothing.

mod agents;
mod arrive;
mod calls;
mod configure;
mod directed;
mod journey;
mod moves;
mod offers;
mod presence;
mod private;
mod queues;
mod rests;
mod transfers;

pub(crate) use self::agents::{lost_for_too_long, wrap_up_over};
pub(crate) use self::moves::meet;
use self::moves::send_back;
pub(crate) use self::offers::end_untaken;
pub(crate) use self::presence::ready_again;
pub(crate) use self::private::{PrivateEnd, end_private_wait};
pub(crate) use self::queues::widen;
pub(crate) use self::rests::{grant_next, rest_over};

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::agent::Presence;
use crate::call::{Call, Cause};
use crate::command::Command;
use crate::event::{Event, OfferEnd, TakenBack};
use crate::floor::Situation;
use crate::id::{AgentId, CallId, QueueId};
use crate::rejection::Rejection;
use crate::state::{Agent, State};
use crate::time::Timestamp;

/// Events that are true at once, and what is to be decided after them.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) events: Vec<Event>,
    pub(crate) steps: Vec<Step>,
}

impl From<Event> for Decision {
    fn from(event: Event) -> Self {
        Self::from(vec![event])
    }
}

impl From<Vec<Event>> for Decision {
    fn from(events: Vec<Event>) -> Self {
        Self { events, steps: Vec::new() }
    }
}

impl Decision {
    /// The same, after these events.
    fn after(mut self, mut events: Vec<Event>) -> Self {
        events.append(&mut self.events);
        Self { events, ..self }
    }
}

/// Something still to be decided in this turn, once all before it is true.
#[derive(Debug)]
pub(crate) enum Step {
    /// A waiting call meets a situation in its queue, or in its origin queue when it waits in private.
    Meet(CallId, Situation),
    /// A waiting call goes back to its origin queue with the return ticket.
    SendBack(CallId, Cause),
    /// A call that its agent did not take goes back to its keeper, if it has not by then.
    GiveBack(CallId, TakenBack),
    /// All calls of an agent's private queue end their wait.
    EmptyPrivateQueue(AgentId, PrivateEnd),
    /// A call ends its private wait.
    EndPrivateWait(CallId, PrivateEnd),
    /// A call whose offer has ended may wait in a queue that is closed by hand.
    MaybeClosed(CallId, QueueId),
    /// Nobody may be signed in to a queue any more.
    MaybeDeserted(QueueId),
    /// An agent leaves the floor.
    RemoveAgent(AgentId),
    /// All calls leave a queue that is to be removed.
    EmptyQueue(QueueId),
    /// A queue leaves the floor.
    RemoveQueue(QueueId),
    /// This is so, now that all before it is.
    Conclude(Box<Event>),
}

/// What `command` leads to at `now`.
pub(crate) fn decide(state: &State, now: Timestamp, command: &Command) -> Result<Decision, Rejection> {
    match command {
        Command::Configure(floor) => configure::configure(state, now, floor),
        Command::Arrive { key, caller, called, priority, target } => {
            arrive::arrive(state, now, &arrive::Newcomer { key: *key, caller, called, priority: *priority }, *target)
        }
        Command::CallerLeft { call } => calls::caller_left(state, now, *call),
        Command::AgentLeft { call, agent } => calls::agent_left(state, now, *call, *agent),
        Command::FailCall { call, cause } => calls::fail(state, now, *call, *cause),
        Command::FailAllCalls { cause } => Ok(calls::fail_all(state, *cause)),
        Command::ReleaseCall { call } => calls::release(state, now, *call),
        Command::CancelQueuing { call } => moves::cancel_queuing(state, *call),
        Command::SetHeld { call, held } => calls::set_held(state, *call, *held),
        Command::Transfer { call, agent, target } => transfers::transfer(state, now, *call, *agent, *target),
        Command::TransferBy(wish) => transfers::transfer_by(state, now, wish),
        Command::CompleteTransfer { call, agent } => transfers::complete(state, now, *call, *agent),
        Command::JoinTalk { call, agent } => transfers::join(state, *call, *agent),
        Command::TakeBack { call, agent } => transfers::take_back(state, now, *call, *agent),
        Command::MoveCall { call, target } => moves::move_call(state, now, *call, *target),
        Command::OutsideAnswered { call } => calls::outside_answered(state, now, *call),
        Command::OutsideLeft { call } => moves::outside_left(state, now, *call),
        Command::AcceptOffer { offer } => offers::accept(state, now, *offer),
        Command::DeclineOffer { offer } => offers::end(state, now, *offer, OfferEnd::Declined),
        Command::ExpireOffer { offer } => offers::end(state, now, *offer, OfferEnd::Expired),
        Command::FailOffer { offer } => offers::end(state, now, *offer, OfferEnd::Failed),
        Command::SignIn { agent, by } => agents::sign_in(state, now, *agent, *by),
        Command::SignOut { agent, by } => agents::sign_out(state, *agent, *by),
        Command::BecomeReady { agent, by } => presence::become_ready(state, now, *agent, *by),
        Command::BecomeNotReady { agent, why, by } => presence::become_not_ready(state, *agent, *why, *by),
        Command::AskRest { agent, length, cause, by } => {
            rests::ask(state, now, *agent, &rests::Wish { length: *length, cause: *cause, by: *by })
        }
        Command::CancelRest { agent, by } => rests::cancel(state, *agent, *by),
        Command::GrantRest { agent } => rests::grant(state, now, *agent),
        Command::DenyRest { agent, order } => rests::deny(state, *agent, order),
        Command::ForcePresence { agent, presence, order } => presence::force(state, now, *agent, *presence, order),
        Command::EndWrapUp { agent, by } => agents::end_wrap_up(state, *agent, *by),
        Command::PhoneFound { agent } => agents::phone_found(state, *agent),
        Command::PhoneLost { agent } => agents::phone_lost(state, now, *agent),
        Command::CloseQueue { queue } => queues::close(state, *queue),
        Command::OpenQueue { queue } => queues::open(state, *queue),
        Command::Tick => Ok(Decision::default()),
    }
}

/// What a step of an earlier decision leads to.
pub(crate) fn take_step(state: &State, now: Timestamp, step: Step) -> Decision {
    let live = |call| state.call(call).expect("a step is about a live call");
    match step {
        Step::Meet(call, situation) => meet(state, now, live(call), situation),
        Step::SendBack(call, cause) => send_back(state, now, live(call), cause),
        Step::GiveBack(call, why) => transfers::give_back(state, now, call, why),
        Step::EmptyPrivateQueue(agent, end) => private::empty_private_queue(state, agent, end),
        Step::EndPrivateWait(call, end) => end_private_wait(state, now, live(call), end),
        Step::MaybeClosed(call, queue) => queues::maybe_closed(state, now, call, queue),
        Step::MaybeDeserted(queue) => queues::maybe_deserted(state, queue),
        Step::RemoveAgent(agent) => configure::remove_agent(state, agent),
        Step::EmptyQueue(queue) => configure::empty_queue(state, queue),
        Step::RemoveQueue(queue) => configure::remove_queue(state, queue),
        Step::Conclude(event) => Decision::from(*event),
    }
}

/// What is to be decided once an event is true, for `state` as it is before.
pub(crate) fn follow_up(state: &State, event: &Event) -> Option<Step> {
    match event {
        Event::PresenceChanged { agent, presence: Presence::NotReady(_), .. } => {
            private::stops_being_ready(state, *agent)
        }
        Event::OfferEnded { call, .. } => queues::offer_from_closed_queue_ends(state, *call),
        _ => None,
    }
}

fn known_call(state: &State, id: CallId) -> Result<&Call, Rejection> {
    state.call(id).ok_or(Rejection::NoSuchCall(id))
}

/// An agent of the floor; one who only stays until its talk is over is none.
fn known_agent(state: &State, id: AgentId) -> Result<&Agent, Rejection> {
    state.agent(id).filter(|agent| !agent.is_leaving).ok_or(Rejection::NoSuchAgent(id))
}
