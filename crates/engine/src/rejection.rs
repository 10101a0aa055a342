//! Why a wish was refused: a plain statement with the value that was wrong. Never journalled, always shown to whoever
//! asked.

use core::fmt;
use core::time::Duration;

use alloc::string::String;

use crate::floor::Situation;
use crate::id::{AgentId, CallId, OfferId, QueueId, VdnId};

/// Why a command was refused. A refused command changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// No such agent on this floor.
    NoSuchAgent(AgentId),
    /// No such queue on this floor.
    NoSuchQueue(QueueId),
    /// No such live call.
    NoSuchCall(CallId),
    /// The offer is over, or never was.
    OfferNotPending(OfferId),
    /// This leg's call is already here.
    AlreadyArrived(CallId),
    /// The priority is not from 1 to 254.
    PriorityOutOfRange(u8),
    /// The agent is signed out.
    AgentSignedOut(AgentId),
    /// The agent is `NotReady` and not engaged, or lost.
    AgentNotReady(AgentId),
    /// The agent already has work.
    AgentEngaged(AgentId),
    /// The agent is signed in already.
    AgentAlreadySignedIn(AgentId),
    /// The agent is signed in for ever by configuration.
    AgentAlwaysSignedIn(AgentId),
    /// The agent is not in wrap-up.
    AgentNotInWrapUp(AgentId),
    /// The agent does not talk with this call.
    NotTheAgentsCall(AgentId, CallId),
    /// The agent does not keep this call.
    NotTheKeeper(AgentId, CallId),
    /// Another agent keeps this call, or the agent itself does and has asked for somebody already.
    CallIsKept(CallId, AgentId),
    /// The call is expected to wait longer than the transfer allows: nine of ten such calls are answered within this
    /// time; none: nobody serves.
    ExpectedWaitTooLong(CallId, Option<Duration>),
    /// A specified transfer is to an agent.
    SpecifiedNeedsAgent(CallId),
    /// A call cannot be directed to the agent who is its caller or talks with it already.
    AgentIsInTheCall(AgentId, CallId),
    /// The agent cannot sign out by itself while calls wait for it alone; so many do.
    PrivateCallsWait(AgentId, u32),
    /// No rest can be so long, in seconds.
    RestLengthOutOfRange(u64),
    /// As many agents of this queue rest as may at a time: so many.
    RestQuotaReached(QueueId, u32),
    /// A place in this queue is for those who asked before; so many do.
    RestWishesWait(QueueId, u32),
    /// The agent waits for no rest.
    NoRestAsked(AgentId),
    /// As many calls as allowed wait in the agent's private queue.
    PrivateQueueFull(AgentId),
    /// The call does not wait, so its queuing cannot be cancelled and it cannot be moved.
    CallNotWaiting(CallId),
    /// The call has no `Cancelled` treatment to meet: it waits in private and came from no queue.
    NothingToCancelTo(CallId),
    /// The target queue turned the call away, and its treatment leads nowhere else.
    QueueRefused(QueueId, Situation),
    /// The call would take more than 16 hops.
    TooManyHops(CallId),
    /// The floor belongs to another VDN than the journal.
    WrongVdn(VdnId),
    /// The floor contradicts itself; the sentence says how.
    FloorInvalid(String),
}

/// Why one of several things to do with a call could not be done, so that the next was tried: a treatment of a queue, or
/// what is to be done when a private wait ends. The value that was wrong is in what was to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// There is no such agent on this floor.
    NoSuchAgent,
    /// There is no such queue on this floor.
    NoSuchQueue,
    /// The agent is signed out.
    AgentSignedOut,
    /// The agent is `NotReady` and not engaged, or lost.
    AgentNotReady,
    /// The agent is the caller, or talks with it already.
    AgentIsInTheCall,
    /// As many calls as allowed wait in the agent's private queue.
    PrivateQueueFull,
    /// The queue turned the call away in this situation, or had been asked in this turn already.
    TurnedAway(Situation),
    /// It would have been the hop after the last.
    TooManyHops,
    /// The agent has no delegate, or it was no agent who sent the call.
    NobodyNamed,
    /// The delegate was asked already since the call last talked.
    AskedBefore,
}

impl Refusal {
    /// What a rejection is to whoever tries; none: nothing that is tried is refused by it.
    pub(crate) const fn of(rejection: &Rejection) -> Option<Self> {
        Some(match rejection {
            Rejection::NoSuchAgent(_) => Self::NoSuchAgent,
            Rejection::NoSuchQueue(_) => Self::NoSuchQueue,
            Rejection::AgentSignedOut(_) => Self::AgentSignedOut,
            Rejection::AgentNotReady(_) => Self::AgentNotReady,
            Rejection::AgentIsInTheCall(..) => Self::AgentIsInTheCall,
            Rejection::PrivateQueueFull(_) => Self::PrivateQueueFull,
            Rejection::QueueRefused(_, situation) => Self::TurnedAway(*situation),
            Rejection::TooManyHops(_) => Self::TooManyHops,
            _ => return None,
        })
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchAgent(agent) => write!(f, "there is no agent {agent}"),
            Self::NoSuchQueue(queue) => write!(f, "there is no queue {queue}"),
            Self::NoSuchCall(call) => write!(f, "there is no live call {call}"),
            Self::OfferNotPending(offer) => write!(f, "offer {offer} is not pending"),
            Self::AlreadyArrived(call) => write!(f, "this leg is call {call} already"),
            Self::PriorityOutOfRange(priority) => write!(f, "priority {priority} is not from 1 to 254"),
            Self::AgentSignedOut(agent) => write!(f, "agent {agent} is signed out"),
            Self::AgentNotReady(agent) => write!(f, "agent {agent} is not ready"),
            Self::AgentEngaged(agent) => write!(f, "agent {agent} is engaged"),
            Self::AgentAlreadySignedIn(agent) => write!(f, "agent {agent} is signed in already"),
            Self::AgentAlwaysSignedIn(agent) => write!(f, "agent {agent} is signed in for ever by configuration"),
            Self::AgentNotInWrapUp(agent) => write!(f, "agent {agent} is not in wrap-up"),
            Self::NotTheAgentsCall(agent, call) => write!(f, "agent {agent} does not talk with call {call}"),
            Self::NotTheKeeper(agent, call) => write!(f, "agent {agent} does not keep call {call}"),
            Self::CallIsKept(call, keeper) => {
                write!(f, "agent {keeper} keeps call {call} and has asked for somebody already")
            }
            Self::ExpectedWaitTooLong(call, None) => write!(f, "call {call} would wait, and nobody serves it there"),
            Self::ExpectedWaitTooLong(call, Some(expected)) => {
                write!(f, "call {call} would wait up to {} s there, longer than allowed", expected.as_secs())
            }
            Self::SpecifiedNeedsAgent(call) => write!(f, "call {call} can be specified only for an agent"),
            Self::AgentIsInTheCall(agent, call) => write!(f, "agent {agent} is in call {call} already"),
            Self::PrivateCallsWait(agent, 1) => write!(f, "agent {agent} cannot sign out: 1 call waits for it"),
            Self::PrivateCallsWait(agent, count) => {
                write!(f, "agent {agent} cannot sign out: {count} calls wait for it")
            }
            Self::RestLengthOutOfRange(seconds) => write!(f, "a rest lasts from 1 to 86399 seconds, not {seconds}"),
            Self::RestQuotaReached(queue, 0) => write!(f, "no agent of queue {queue} may rest now"),
            Self::RestQuotaReached(queue, 1) => write!(f, "only 1 agent of queue {queue} may rest at a time"),
            Self::RestQuotaReached(queue, places) => {
                write!(f, "only {places} agents of queue {queue} may rest at a time")
            }
            Self::RestWishesWait(queue, 1) => write!(f, "1 agent of queue {queue} asked for a rest before"),
            Self::RestWishesWait(queue, count) => write!(f, "{count} agents of queue {queue} asked for a rest before"),
            Self::NoRestAsked(agent) => write!(f, "agent {agent} waits for no rest"),
            Self::PrivateQueueFull(agent) => write!(f, "the private queue of agent {agent} is full"),
            Self::CallNotWaiting(call) => write!(f, "call {call} does not wait"),
            Self::NothingToCancelTo(call) => write!(f, "call {call} came from no queue whose treatment could apply"),
            Self::QueueRefused(queue, situation) => write!(f, "queue {queue} turned the call away: {situation:?}"),
            Self::TooManyHops(call) => write!(f, "call {call} has been sent on 16 times"),
            Self::WrongVdn(vdn) => write!(f, "this journal does not belong to VDN {vdn}"),
            Self::FloorInvalid(sentence) => f.write_str(sentence),
        }
    }
}

impl core::error::Error for Rejection {}
