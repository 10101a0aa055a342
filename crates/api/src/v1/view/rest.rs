//! Rests, and what supervisors make of agents.

use std::time::Duration;

use engine::{Agent, QueueId, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Moment;

/// How far a rest has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Rest {
    /// It waits for a place.
    Asked {
        /// How long it shall be.
        seconds: u64,
        /// The agent's own code for it.
        cause: u8,
        /// Since when it waits.
        since: Moment,
        /// Its place in the line: 1 for who is next. The longest of the lines of the agent's queues counts.
        place: usize,
        /// The first of the agent's queues without a place for it.
        waits_for_queue: Option<u16>,
    },
    /// It begins when the agent's work is over, and has its place.
    Granted {
        /// How long it will be.
        seconds: u64,
    },
    /// It goes on.
    Begun {
        /// When its time is over.
        until: Moment,
        /// Its time is over, and the agent still rests.
        overdue: bool,
    },
}

impl Rest {
    pub(super) fn of(state: &State, agent: &Agent) -> Option<Self> {
        Some(match agent.rest? {
            engine::Rest::Asked { length, cause, since, .. } => Self::Asked {
                seconds: length.as_secs(),
                cause,
                since: Moment(since),
                place: 1 + queues(agent).map(|queue| before(state, agent, queue)).max().unwrap_or(0),
                waits_for_queue: queues(agent).find(|queue| !is_free(state, agent, *queue)).map(|queue| queue.0),
            },
            engine::Rest::Granted { length } => Self::Granted { seconds: length.as_secs() },
            engine::Rest::Begun { until, is_overdue } => Self::Begun { until: Moment(until), overdue: is_overdue },
        })
    }
}

fn queues(agent: &Agent) -> impl Iterator<Item = QueueId> {
    agent.settings.queues.iter().map(|part| part.queue)
}

/// How many came before the agent in the line of one of its queues.
fn before(state: &State, agent: &Agent, queue: QueueId) -> usize {
    state.rest_line(queue).position(|waits| waits == agent.settings.id).unwrap_or(0)
}

fn is_free(state: &State, agent: &Agent, queue: QueueId) -> bool {
    let has_place = state.rest_places(queue).is_none_or(|places| state.resting_count(queue) < places);
    has_place && before(state, agent, queue) == 0
}

/// What a supervisor makes of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ForcedPresence {
    /// Takes calls.
    Ready,
    /// Takes none.
    Busy,
    /// Goes on a break, whatever the quotas say.
    Rest {
        /// For how long, from 1 to 86399; none: until the agent says so.
        seconds: Option<u64>,
    },
    /// Takes part in a training.
    Study,
    /// Leaves.
    SignedOut,
}

impl From<ForcedPresence> for engine::ForcedPresence {
    fn from(presence: ForcedPresence) -> Self {
        match presence {
            ForcedPresence::Ready => Self::Ready,
            ForcedPresence::Busy => Self::Busy,
            ForcedPresence::Rest { seconds } => Self::Rest { length: seconds.map(Duration::from_secs) },
            ForcedPresence::Study => Self::Study,
            ForcedPresence::SignedOut => Self::SignedOut,
        }
    }
}

impl From<engine::ForcedPresence> for ForcedPresence {
    fn from(presence: engine::ForcedPresence) -> Self {
        match presence {
            engine::ForcedPresence::Ready => Self::Ready,
            engine::ForcedPresence::Busy => Self::Busy,
            engine::ForcedPresence::Rest { length } => Self::Rest { seconds: length.map(|length| length.as_secs()) },
            engine::ForcedPresence::Study => Self::Study,
            engine::ForcedPresence::SignedOut => Self::SignedOut,
        }
    }
}

/// What a supervisor made of an agent, as long as it is so and the agent chose nothing itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Forced {
    /// What it is to be.
    presence: ForcedPresence,
    /// The supervisor's own code for it.
    reason: u8,
    /// Who said so: the name of an API key.
    who: String,
    /// When.
    at: Moment,
}

impl From<&engine::Forced> for Forced {
    fn from(forced: &engine::Forced) -> Self {
        let engine::Forced { presence, order, at } = forced;
        Self { presence: (*presence).into(), reason: order.reason, who: order.who.to_string(), at: Moment(*at) }
    }
}
