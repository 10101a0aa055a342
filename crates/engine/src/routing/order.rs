//! The keys that order calls and agents: smaller is served, or serves, sooner.

use core::cmp::Ordering;
use core::time::Duration;

use crate::call::{Call, Line, Wait};
use crate::floor::Strategy;
use crate::id::{AgentId, CallId};
use crate::state::Agent;
use crate::time::Timestamp;

/// A call's place among those that wait in one line; it never changes while it waits there. Ties go to the call that has
/// waited longer, then to the one that arrived first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallOrder {
    /// 255 less the priority, so that the highest priority comes first; the same for all calls where priority grows.
    urgency: u8,
    /// `since` in a queue; when it joined in a private queue. Where priority grows, as much earlier as the call's own
    /// priority is worth: calls that grow alike never overtake each other.
    from: Timestamp,
    since: Timestamp,
    /// Which call.
    pub(crate) call: CallId,
    /// Its own, as it was given; last, so that it never orders anything.
    priority: u8,
}

impl CallOrder {
    /// The place of `call` while it waits as `wait` says, where priority grows by one in each `step`.
    pub(crate) fn of(call: &Call, wait: &Wait, step: Option<Duration>) -> Self {
        let (since, step) = match wait.line {
            Line::Queue(_) => (since(call, wait), step),
            Line::Private(_) => (wait.joined, None),
        };
        Self::at(call.priority, since, step, call.id)
    }

    /// The place of a call of this priority that joined a queue at `now`, after all others like it.
    pub(crate) fn of_newcomer(priority: u8, now: Timestamp, step: Option<Duration>) -> Self {
        Self::at(priority, now, step, LAST)
    }

    /// The place that `call` would have if it joined a line at `now`, starting its age anew.
    pub(crate) fn joining(call: &Call, now: Timestamp, step: Option<Duration>) -> Self {
        Self::at(call.priority, now, step, call.id)
    }

    fn at(priority: u8, since: Timestamp, step: Option<Duration>, call: CallId) -> Self {
        let (urgency, from) = match step {
            None => (u8::MAX - priority, since),
            Some(step) => (0, Timestamp(since.0.saturating_sub(micros(step).saturating_mul(priority.into())))),
        };
        Self { urgency, from, since, call, priority }
    }
}

/// How urgent a waiting call is at some moment, to be compared across queues whose priorities grow differently: less is
/// served sooner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The priority it has grown to, as a fraction of these two.
    points: i128,
    per: i128,
    since: Timestamp,
    /// Which call.
    pub(crate) call: CallId,
}

impl Standing {
    /// Where a call of this order in a queue stands at `now`, where priority grows by one in each `step`.
    pub(crate) fn of(order: &CallOrder, step: Option<Duration>, now: Timestamp) -> Self {
        Self::at(order.priority, order.since, step, now, order.call)
    }

    /// Where a call of this priority stands that joined a queue at `now`.
    pub(crate) fn of_newcomer(priority: u8, now: Timestamp, step: Option<Duration>) -> Self {
        Self::at(priority, now, step, now, LAST)
    }

    fn at(priority: u8, since: Timestamp, step: Option<Duration>, now: Timestamp, call: CallId) -> Self {
        let priority = i128::from(priority);
        let (points, per) = match step.map(|step| i128::from(micros(step))) {
            None => (priority, 1),
            Some(per) => (priority * per + i128::from(now.0 - since.0), per),
        };
        Self { points, per, since, call }
    }
}

impl Ord for Standing {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_points = if self.per == other.per {
            other.points.cmp(&self.points)
        } else {
            (other.points * self.per).cmp(&(self.points * other.per))
        };
        by_points.then_with(|| (self.since, self.call).cmp(&(other.since, other.call)))
    }
}

impl PartialOrd for Standing {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Comes after every call there is.
const LAST: CallId = CallId { second: i64::MAX, number: u64::MAX };

fn since(call: &Call, wait: &Wait) -> Timestamp {
    call.since.unwrap_or(wait.joined)
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
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
