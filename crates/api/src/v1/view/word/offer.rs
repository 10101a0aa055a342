//! What is said of offers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::v1::view::time::{Moment, seconds};

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
    /// What the winner came first by.
    key: Option<WinnerKey>,
    /// How many agents of the queue were passed over.
    passed_over: PassedOver,
}

/// What came first by this: an agent by its queue's strategy, or a call among those of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum WinnerKey {
    /// The agent was idle longest.
    IdleSince {
        /// Since then.
        since: Moment,
    },
    /// The agent's last offer lay furthest back.
    LastOffer {
        /// That one; none: it never had one.
        offer: Option<u64>,
    },
    /// The agent had talked least since signing in.
    Talked {
        /// So long.
        seconds: f64,
    },
    /// The agent suited the queue best.
    AgentWeight {
        /// So well.
        weight: u8,
    },
    /// The call was next.
    Call {
        /// How much its queue matters to the agent; none: it waited for the agent alone.
        queue_weight: Option<u8>,
        /// Its priority, as it was given.
        priority: u8,
        /// What orders calls of one priority.
        from: Moment,
    },
}

impl From<engine::WinnerKey> for WinnerKey {
    fn from(key: engine::WinnerKey) -> Self {
        match key {
            engine::WinnerKey::IdleSince(since) => Self::IdleSince { since: Moment(since) },
            engine::WinnerKey::LastOffer(offer) => Self::LastOffer { offer: offer.map(|offer| offer.0) },
            engine::WinnerKey::Talked(talked) => Self::Talked { seconds: seconds(talked) },
            engine::WinnerKey::AgentWeight(weight) => Self::AgentWeight { weight },
            engine::WinnerKey::Call { queue_weight, priority, from } => {
                Self::Call { queue_weight, priority, from: Moment(from) }
            }
        }
    }
}

/// How many agents who are signed in to the queue did not come into question, each for the first of these reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PassedOver {
    /// Offered a call, talking, or in wrap-up.
    engaged: u32,
    /// Their phones cannot be reached.
    lost: u32,
    /// Not ready.
    not_ready: u32,
    /// Available, but without the weight that the call needs at its age.
    lack_weight: u32,
    /// Available, but kept from this call, which they did not take a moment ago.
    kept_from_it: u32,
}

impl From<engine::PassedOver> for PassedOver {
    fn from(passed: engine::PassedOver) -> Self {
        let engine::PassedOver { engaged, lost, not_ready, lack_weight, kept_from_it } = passed;
        Self { engaged, lost, not_ready, lack_weight, kept_from_it }
    }
}

impl From<&engine::Why> for Why {
    fn from(why: &engine::Why) -> Self {
        Self {
            rule: why.rule.map(OfferRule::from),
            idle_seconds: seconds(why.idle_for),
            waiting_behind: why.waiting_behind,
            agents_available: why.agents_available,
            runners_up: why.runners_up.iter().map(|agent| agent.0).collect(),
            key: why.key.map(WinnerKey::from),
            passed_over: why.passed_over.into(),
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
    /// Private calls wait for the agent, but it has had enough of them for now, or this call has waited too long.
    PublicGoesAhead,
}

impl From<engine::OfferRule> for OfferRule {
    fn from(rule: engine::OfferRule) -> Self {
        match rule {
            engine::OfferRule::PrivateFirst => Self::PrivateFirst,
            engine::OfferRule::BestCallOfQueues => Self::BestCallOfQueues,
            engine::OfferRule::Strategy(strategy) => Self::Strategy { strategy: strategy.into() },
            engine::OfferRule::Directed => Self::Directed,
            engine::OfferRule::PublicGoesAhead => Self::PublicGoesAhead,
        }
    }
}
