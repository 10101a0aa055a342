//! The keys that order calls and agents: smaller is served, or serves, sooner.

use crate::call::{Call, Line, Wait};
use crate::floor::Strategy;
use crate::id::{AgentId, CallId};
use crate::state::Agent;
use crate::time::Timestamp;

/// A call's place among those that wait in one line. Ties go to the call that arrived first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallOrder {
    /// 255 less the priority, so that the highest priority comes first.
    urgency: u8,
    /// `since` in a queue; when it joined in a private queue.
    from: Timestamp,
    /// Which call.
    pub(crate) call: CallId,
}

impl CallOrder {
    /// The place of `call` while it waits as `wait` says.
    pub(crate) fn of(call: &Call, wait: &Wait) -> Self {
        let from = match wait.line {
            Line::Queue(_) => call.since.unwrap_or(wait.joined),
            Line::Private(_) => wait.joined,
        };
        Self { urgency: u8::MAX - call.priority, from, call: call.id }
    }
}

/// An available agent's place among those of one queue, by the queue's strategy. Ties go to the lower agent id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AgentOrder {
    /// What the strategy looks at first.
    rank: u64,
    /// Then who has been idle longest.
    idle_since: Timestamp,
    /// Who.
    pub(crate) agent: AgentId,
}

impl AgentOrder {
    /// The place of `agent`, who has `agent_weight` in the queue.
    pub(crate) fn of(strategy: Strategy, agent: &Agent, agent_weight: u8) -> Self {
        let rank = match strategy {
            Strategy::LongestIdle => 0,
            Strategy::RoundRobin => agent.last_offer.map_or(0, |offer| offer.0),
            Strategy::LeastTalked => u64::try_from(agent.talked.as_micros()).unwrap_or(u64::MAX),
            Strategy::BestSkilled => u64::from(u8::MAX - agent_weight),
        };
        Self { rank, idle_since: agent.work_since, agent: agent.settings.id }
    }
}
