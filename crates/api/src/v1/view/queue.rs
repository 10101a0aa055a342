//! Queues.

use engine::{Agent, AgentQueue, Queue, State, Timestamp};
use node::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::agent::AgentSummary;
use super::call::WaitingCall;
use super::sight::Sight;
use super::time::{Moment, seconds};
use super::word::Strategy;

/// A queue in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueueSummary {
    /// Which one.
    #[schema(example = 1)]
    queue: u16,
    /// For people; may be empty.
    name: String,
    /// Which of several available agents is offered a call.
    strategy: Strategy,
    /// How many calls wait; an offered call does not.
    waiting: usize,
    /// How many agents are signed in.
    signed_in: usize,
    /// How many of them are available.
    available: usize,
    /// Whether it takes calls now: open by its hours, and not closed by hand.
    open: bool,
    /// Since when it is closed by hand.
    closed_since: Option<Moment>,
    /// How many of its agents rest, or will when their work is over.
    resting: u32,
    /// How many may at a time by their own wish; none: all.
    rest_places: Option<u32>,
    /// How many of its agents wait for a rest. Only a queue that says how many may rest has a line.
    rest_waiting: usize,
}

impl QueueSummary {
    pub(super) fn new(state: &State, queue: &Queue, now: Timestamp) -> Self {
        Self {
            queue: queue.id.0,
            name: queue.name.to_string(),
            strategy: queue.strategy.into(),
            waiting: state.waiting_count(queue.id),
            signed_in: state.signed_in_count(queue.id),
            available: state.available_count(queue.id),
            open: state.is_open(queue, now),
            closed_since: state.closed_since(queue.id).map(Moment),
            resting: state.resting_count(queue.id),
            rest_places: state.rest_places(queue.id),
            rest_waiting: state.rest_line(queue.id).len(),
        }
    }
}

/// All queues of a VDN, by id.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueuesView {
    /// The record up to which this view is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    /// All of them.
    queues: Vec<QueueSummary>,
}

impl QueuesView {
    pub(crate) fn new(state: &State, position: Position, now: Timestamp) -> Self {
        let queues = state.queues().map(|queue| QueueSummary::new(state, queue, now)).collect();
        Self { position: position.0, now: Moment(now), queues }
    }
}

/// A queue with its calls and agents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueueView {
    /// The record up to which this view is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    #[serde(flatten)]
    summary: QueueSummary,
    /// Further queues whose agents may take its calls.
    also: Vec<u16>,
    /// In which time the priority of a waiting call grows by one, if it does.
    priority_grows_every_seconds: Option<f64>,
    /// Within what time calls are to be answered.
    service_level_seconds: f64,
    /// Whose wait was shorter than this when they left were not lost by us.
    short_abandon_seconds: f64,
    /// The waiting calls in the order in which they will be served: those after the first `offset`, as many as `limit`
    /// allows.
    calls: Vec<WaitingCall>,
    /// The agents of the queue, by id: those after the first `offset`, as many as `limit` allows.
    agents: Vec<QueueAgent>,
}

/// An agent's part in a queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueueAgent {
    #[serde(flatten)]
    summary: AgentSummary,
    /// How well the agent suits the queue, higher first.
    agent_weight: u8,
    /// How much the queue matters to the agent, higher first.
    queue_weight: u8,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// How many come before it.
    pub(crate) offset: usize,
    /// How many it has at most.
    pub(crate) limit: usize,
}

impl QueueView {
    pub(crate) fn new(
        state: &State,
        queue: &Queue,
        (position, now): (Position, Timestamp),
        part: Part,
        sight: Sight,
    ) -> Self {
        let calls = state.waiting(queue.id).skip(part.offset).take(part.limit);
        let agents = state.agents().filter_map(|agent| Some((agent, part_in(agent, queue)?)));
        let agents = agents.skip(part.offset).take(part.limit).map(|(agent, own)| QueueAgent {
            summary: AgentSummary::new(state, agent),
            agent_weight: own.agent_weight,
            queue_weight: own.queue_weight,
        });
        Self {
            position: position.0,
            now: Moment(now),
            summary: QueueSummary::new(state, queue, now),
            also: queue.also.iter().map(|also| also.0).collect(),
            priority_grows_every_seconds: queue.priority_step_in(state.settings()).map(seconds),
            service_level_seconds: seconds(queue.service_level),
            short_abandon_seconds: seconds(queue.short_abandon),
            calls: WaitingCall::list(state, calls, part.offset, now, sight),
            agents: agents.collect(),
        }
    }
}

fn part_in<'a>(agent: &'a Agent, queue: &Queue) -> Option<&'a AgentQueue> {
    agent.settings.queues.iter().find(|part| part.queue == queue.id)
}
