//! What a transfer would lead to.

use engine::{State, Timestamp};
use node::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::time::Moment;
use super::why::Expected;
use super::word::Line;
use crate::v1::problem::Problem;

/// What a transfer would lead to, were it now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct TransferPreview {
    /// The record up to which this is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    /// Why the transfer would be refused; none: it would not.
    refused: Option<Problem>,
    /// Where the call would be; none when the transfer would be refused.
    landing: Option<Landing>,
    /// To whom else it could go, the soonest answer first; at most four, and none that would refuse it.
    alternatives: Vec<Alternative>,
}

/// Whom else a call could be transferred to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Alternative {
    /// To whom.
    to: AlternativeTarget,
    /// Where the call would be.
    landing: Landing,
}

/// A target inside the house.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum AlternativeTarget {
    /// Any agent of a queue.
    Queue {
        /// Which one.
        queue: u16,
    },
    /// An agent.
    Agent {
        /// Whom.
        agent: u32,
    },
}

/// Where a transferred call would be. The sender, who is free after a release transfer, is not counted among those who
/// may take it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Landing {
    /// It would ring at once.
    Rings {
        /// From which line.
        line: Line,
        /// At whom.
        agent: u32,
    },
    /// It would wait.
    Waits {
        /// In which line.
        line: Line,
        /// At which place, from 1 on.
        place: usize,
        /// For how long; none: nobody serves.
        expected: Option<Expected>,
    },
    /// It would be on its way to an outside number.
    Outside,
}

impl TransferPreview {
    pub(crate) fn new(state: &State, wish: &engine::Transfer, position: Position, now: Timestamp) -> Self {
        let engine::Preflight { landing, alternatives } = state.transfer_preflight(now, wish);
        let (refused, landing) = match landing {
            Ok(landing) => (None, Some(landing.into())),
            Err(refused) => (Some(refused.into()), None),
        };
        let alternatives = alternatives.into_iter().map(Alternative::from).collect();
        Self { position: position.0, now: Moment(now), refused, landing, alternatives }
    }
}

impl From<engine::Alternative> for Alternative {
    fn from(engine::Alternative { to, landing }: engine::Alternative) -> Self {
        let to = match to {
            engine::Target::Queue(queue) => AlternativeTarget::Queue { queue: queue.0 },
            engine::Target::Agent(agent) => AlternativeTarget::Agent { agent: agent.0 },
        };
        Self { to, landing: landing.into() }
    }
}

impl From<engine::Landing> for Landing {
    fn from(landing: engine::Landing) -> Self {
        match landing {
            engine::Landing::Rings { line, agent } => Self::Rings { line: line.into(), agent: agent.0 },
            engine::Landing::Waits { line, place, expected } => {
                Self::Waits { line: line.into(), place, expected: Expected::of(expected) }
            }
            engine::Landing::Outside => Self::Outside,
        }
    }
}
