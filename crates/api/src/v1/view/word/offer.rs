//! What is said of offers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::v1::view::time::seconds;

plain! {
    /// The rule that picks among available agents.
    Strategy {
        /// Idle longest first.
        LongestIdle,
        /// The one whose last offer lies furthest back.
        RoundRobin,
        /// The one who has talked least.
        LeastTalked,
        /// Highest weight first.
        BestSkilled,
    }
}

/// How an offer ended other than accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum OfferEnd {
    /// The agent declined.
    Declined,
    /// It rang for its whole time.
    Expired,
    /// The call or the agent left.
    Withdrawn {
        /// Why.
        cause: WithdrawCause,
    },
    /// The phone could not be rung.
    Failed,
}

impl From<engine::OfferEnd> for OfferEnd {
    fn from(end: engine::OfferEnd) -> Self {
        match end {
            engine::OfferEnd::Declined => Self::Declined,
            engine::OfferEnd::Expired => Self::Expired,
            engine::OfferEnd::Withdrawn(cause) => Self::Withdrawn { cause: cause.into() },
            engine::OfferEnd::Failed => Self::Failed,
        }
    }
}

plain! {
    /// Why an offer was withdrawn.
    WithdrawCause {
        /// The caller hung up.
        CallerLeft,
        /// The queuing was cancelled.
        Cancelled,
        /// The agent signed out or was forced out of ready.
        AgentLeft,
        /// The agent's last binding ended.
        PhoneLost,
        /// The call was ended or moved by request, or failed.
        CallTaken,
        /// The agent or its queue was removed from the configuration.
        Removed,
    }
}

/// Why this call was offered to this agent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Why {
    /// By which rule the agent was found.
    rule: Option<OfferRule>,
    /// How long it had been idle, for strategies that look at it.
    idle_seconds: f64,
    /// How many calls waited behind this one.
    waiting_behind: u32,
    /// How many other agents were available for it.
    agents_available: u32,
    /// At most four of them, in the order in which they would have come.
    runners_up: Vec<u32>,
}

impl From<&engine::Why> for Why {
    fn from(why: &engine::Why) -> Self {
        Self {
            rule: why.rule.map(OfferRule::from),
            idle_seconds: seconds(why.idle_for),
            waiting_behind: why.waiting_behind,
            agents_available: why.agents_available,
            runners_up: why.runners_up.iter().map(|agent| agent.0).collect(),
        }
    }
}

/// By which rule an agent was found for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum OfferRule {
    /// The agent became available; its private queue comes first.
    PrivateFirst,
    /// The agent became available; the best call of its queues.
    BestCallOfQueues,
    /// The call joined a queue, whose strategy picked the agent.
    Strategy {
        /// Which one.
        strategy: Strategy,
    },
    /// The call was directed to the agent, who was available.
    Directed,
}

impl From<engine::OfferRule> for OfferRule {
    fn from(rule: engine::OfferRule) -> Self {
        match rule {
            engine::OfferRule::PrivateFirst => Self::PrivateFirst,
            engine::OfferRule::BestCallOfQueues => Self::BestCallOfQueues,
            engine::OfferRule::Strategy(strategy) => Self::Strategy { strategy: strategy.into() },
            engine::OfferRule::Directed => Self::Directed,
        }
    }
}
