//! What an event stream starts with.

use engine::{Call, State, Timestamp, VdnId};
use node::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::AgentSummary;
use super::call::Place;
use super::queue::QueueSummary;
use super::sight::Sight;
use super::time::Moment;
use super::word::Caller;

/// All that is true of a VDN: the first message of an event stream. What comes after it changes it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Snapshot {
    /// The record up to which it is true; the first entry of the stream comes after it.
    position: u64,
    /// The VDN's time.
    now: Moment,
    /// Which VDN.
    #[schema(example = 170)]
    vdn: u16,
    /// All queues, by id.
    queues: Vec<QueueSummary>,
    /// All agents, by id.
    agents: Vec<AgentSummary>,
    /// All live calls, by id.
    calls: Vec<CallSummary>,
}

/// A live call in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CallSummary {
    /// Its id for life.
    #[schema(example = "1605492949-1447")]
    call: String,
    /// Who calls.
    caller: Caller,
    /// The number that was called.
    called: String,
    /// 1 to 254, higher first.
    priority: u8,
    /// When it arrived.
    arrived: Moment,
    /// What orders it in public queues.
    since: Option<Moment>,
    /// Where it is.
    place: Place,
}

impl CallSummary {
    fn new(state: &State, call: &Call, sight: Sight) -> Self {
        Self {
            call: call.id.to_string(),
            caller: Caller::new(&call.caller, sight.of(call)),
            called: call.called.to_string(),
            priority: call.priority,
            arrived: Moment(call.arrived),
            since: call.since.map(Moment),
            place: Place::new(state, call),
        }
    }
}

impl Snapshot {
    pub(crate) fn new(state: &State, vdn: VdnId, position: Position, now: Timestamp, sight: Sight) -> Self {
        Self {
            position: position.0,
            now: Moment(now),
            vdn: vdn.0,
            queues: state.queues().map(|queue| QueueSummary::new(state, queue, now)).collect(),
            agents: state.agents().map(|agent| AgentSummary::new(state, agent)).collect(),
            calls: state.calls().map(|call| CallSummary::new(state, call, sight)).collect(),
        }
    }
}
