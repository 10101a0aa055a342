//! What the history is made of: a row for each call, for each place a call was in, and for each thing an agent did.

use std::sync::Arc;
use std::time::Duration;

use engine::{AgentId, CallId, QueueId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::plain;
use crate::plain::plain_as_it_is;
use crate::words::{Act, ActBy, Direction, EndedBy, Ending, Entered, Kept, Left, PlaceKind};

/// A call: written when it has ended, and to be had before with what is known so far.
///
/// Each moment of its life is one of three, so that `waited + rang + talked` is its whole life: talked, from when an agent
/// or an outside number has answered until nobody talks with it or keeps it; rang, when a phone rings for it and nobody
/// talks; waited, all other time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRow {
    /// For life.
    #[serde(with = "plain")]
    pub call: CallId,
    /// Which way it went.
    pub direction: Direction,
    /// The caller's number, empty when withheld; of a colleague its id.
    #[serde(with = "plain")]
    pub caller: Arc<str>,
    /// The colleague who dialled.
    #[serde(with = "plain")]
    pub caller_agent: Option<AgentId>,
    /// The number that was called.
    #[serde(with = "plain")]
    pub called: Arc<str>,
    /// When it arrived.
    #[serde(with = "plain")]
    pub arrived: Timestamp,
    /// When it first waited in a queue, of all or of one agent.
    #[serde(with = "plain")]
    pub wait_began: Option<Timestamp>,
    /// When a phone first rang for it.
    #[serde(with = "plain")]
    pub ring_began: Option<Timestamp>,
    /// When somebody first answered it.
    #[serde(with = "plain")]
    pub answered: Option<Timestamp>,
    /// When it ended; none: it is live.
    #[serde(with = "plain")]
    pub ended: Option<Timestamp>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// Who ended it.
    pub ended_by: Option<EndedBy>,
    /// Why it left the last place it was in.
    pub left: Option<Left>,
    /// The first public queue that it came to, let in or not.
    #[serde(with = "plain")]
    pub first_queue: Option<QueueId>,
    /// The last one.
    #[serde(with = "plain")]
    pub last_queue: Option<QueueId>,
    /// The last agent who answered it.
    #[serde(with = "plain")]
    pub last_agent: Option<AgentId>,
    /// How long it waited.
    pub waited: Duration,
    /// How long phones rang for it.
    pub rang: Duration,
    /// How long it was talked with.
    pub talked: Duration,
    /// In how many places it was.
    pub places: u32,
}

/// A place that a call was in. Several at a time: a call that rings at an agent has its place in the queue until it is
/// answered, and an agent who keeps a call has it until it gives it away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRow {
    /// Which call.
    #[serde(with = "plain")]
    pub call: CallId,
    /// 1, 2, ... in the order in which the call came to them.
    pub number: u32,
    /// What kind of place.
    pub kind: PlaceKind,
    /// The id of the queue or the agent, or the outside number.
    #[serde(with = "plain")]
    pub place: Arc<str>,
    /// When the call came.
    #[serde(with = "plain")]
    pub entered: Timestamp,
    /// Since when it waited there; none: it did not.
    #[serde(with = "plain")]
    pub waited_from: Option<Timestamp>,
    /// When a phone there last began to ring for it; none: it did not.
    #[serde(with = "plain")]
    pub rang_from: Option<Timestamp>,
    /// Since when it was talked with there; none: it was not.
    #[serde(with = "plain")]
    pub talked_from: Option<Timestamp>,
    /// When it left; none: it is there.
    #[serde(with = "plain")]
    pub left: Option<Timestamp>,
    /// Why it came.
    pub entered_why: Entered,
    /// What an agent kept it for when it came.
    pub kept: Kept,
    /// Why it left.
    pub left_why: Option<Left>,
}

/// Something that an agent did, or that was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRow {
    /// The journal's record in which it began.
    pub position: u64,
    /// Its number among those that began there.
    pub number: u32,
    /// Who.
    #[serde(with = "plain")]
    pub agent: AgentId,
    /// What.
    pub act: Act,
    /// By whom or what.
    pub by: ActBy,
    /// When it began.
    #[serde(with = "plain")]
    pub began: Timestamp,
    /// When it ended; the same moment for what does not last, none while it goes on.
    #[serde(with = "plain")]
    pub ended: Option<Timestamp>,
    /// The code that the agent, the supervisor or the floor gave for it, 0 to 255; none where there is none.
    pub reason: Option<u8>,
    /// What a call was kept for.
    pub kept: Kept,
    /// With which call.
    #[serde(with = "plain")]
    pub call: Option<CallId>,
    /// Which way that call went.
    pub direction: Option<Direction>,
    /// The queue that the call was served from.
    #[serde(with = "plain")]
    pub queue: Option<QueueId>,
}

plain_as_it_is!(CallRow, PlaceRow, OperationRow);
