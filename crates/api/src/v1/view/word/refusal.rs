//! Why things that were tried with a call were not done.

use serde::Serialize;
use utoipa::ToSchema;

use super::Situation;

/// Why one of several things to do with a call could not be done, so that the next was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Refusal {
    /// There is no such agent.
    NoSuchAgent,
    /// There is no such queue.
    NoSuchQueue,
    /// The agent is signed out.
    AgentSignedOut,
    /// The agent is not ready and not engaged, or lost.
    AgentNotReady,
    /// The agent is the caller, or talks with it already.
    AgentIsInTheCall,
    /// As many calls as allowed wait in the agent's private queue.
    PrivateQueueFull,
    /// The queue turned the call away, or had been asked in this turn already.
    TurnedAway {
        /// What it met.
        situation: Situation,
    },
    /// It would have been the hop after the last.
    TooManyHops,
    /// The agent has no delegate, or it was no agent who sent the call.
    NobodyNamed,
    /// The delegate was asked already since the call last talked.
    AskedBefore,
}

impl From<engine::Refusal> for Refusal {
    fn from(reason: engine::Refusal) -> Self {
        match reason {
            engine::Refusal::NoSuchAgent => Self::NoSuchAgent,
            engine::Refusal::NoSuchQueue => Self::NoSuchQueue,
            engine::Refusal::AgentSignedOut => Self::AgentSignedOut,
            engine::Refusal::AgentNotReady => Self::AgentNotReady,
            engine::Refusal::AgentIsInTheCall => Self::AgentIsInTheCall,
            engine::Refusal::PrivateQueueFull => Self::PrivateQueueFull,
            engine::Refusal::TurnedAway(situation) => Self::TurnedAway { situation: situation.into() },
            engine::Refusal::TooManyHops => Self::TooManyHops,
            engine::Refusal::NobodyNamed => Self::NobodyNamed,
            engine::Refusal::AskedBefore => Self::AskedBefore,
        }
    }
}
