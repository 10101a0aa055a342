//! Agents.

use engine::{Agent, State, Timestamp};
use node::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::WaitingCall;
use super::private::PrivateRules;
use super::rest::{Forced, Rest};
use super::sight::Sight;
use super::time::{Moment, seconds};
use super::word::{Presence, Reach, Work};

/// An agent in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AgentSummary {
    /// Who.
    #[schema(example = 1099)]
    agent: u32,
    /// For people; may be empty.
    name: String,
    /// The queues it signs in to.
    queues: Vec<u16>,
    /// What it chose.
    presence: Presence,
    /// Since when.
    presence_since: Moment,
    /// What it chose for after its work.
    after_work: Option<Presence>,
    /// What it does.
    work: Work,
    /// Since when.
    work_since: Moment,
    /// Whether its phone can be reached.
    reach: Reach,
    /// Ready, idle and reachable.
    available: bool,
    /// When it becomes ready again by itself.
    ready_at: Option<Moment>,
    /// How long it has talked since it signed in.
    talked_seconds: f64,
    /// How many calls wait in its private queue.
    private_waiting: usize,
    /// How far the rest has come that it asked for or was given.
    rest: Option<Rest>,
    /// What a supervisor made of it, as long as it is so and the agent chose nothing itself.
    forced: Option<Forced>,
}

impl AgentSummary {
    pub(crate) fn new(state: &State, agent: &Agent) -> Self {
        let settings = &agent.settings;
        Self {
            agent: settings.id.0,
            name: settings.name.to_string(),
            queues: settings.queues.iter().map(|part| part.queue.0).collect(),
            presence: agent.presence.into(),
            presence_since: Moment(agent.presence_since),
            after_work: agent.after_work.map(Presence::from),
            work: agent.work.into(),
            work_since: Moment(agent.work_since),
            reach: agent.reach.into(),
            available: agent.is_available(),
            ready_at: agent.ready_at.map(Moment),
            talked_seconds: seconds(agent.talked),
            private_waiting: state.private_count(settings.id),
            rest: Rest::of(state, agent),
            forced: agent.forced.as_ref().map(Forced::from),
        }
    }
}

/// An agent with its private queue in full.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AgentView {
    /// The record up to which this view is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    #[serde(flatten)]
    summary: AgentSummary,
    /// How many private calls it has answered since its last public one.
    private_run: u32,
    /// What holds for its private queue.
    private_rules: PrivateRules,
    /// The calls that wait for this agent alone, in the order in which it will serve them.
    private_queue: Vec<WaitingCall>,
}

impl AgentView {
    pub(crate) fn new(state: &State, agent: &Agent, position: Position, now: Timestamp, sight: Sight) -> Self {
        let calls = state.private_queue(agent.settings.id);
        Self {
            position: position.0,
            now: Moment(now),
            summary: AgentSummary::new(state, agent),
            private_run: agent.private_run,
            private_rules: state.private_rules(agent).into(),
            private_queue: WaitingCall::list(state, calls, 0, now, sight),
        }
    }
}

/// Agents, by id.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AgentsView {
    /// The record up to which this view is true.
    position: u64,
    /// The VDN's time of this view.
    now: Moment,
    /// Those after `after_agent`, as many as `limit` allows.
    agents: Vec<AgentSummary>,
}

impl AgentsView {
    pub(crate) fn new<'a>(
        state: &State,
        agents: impl Iterator<Item = &'a Agent>,
        position: Position,
        now: Timestamp,
    ) -> Self {
        let agents = agents.map(|agent| AgentSummary::new(state, agent)).collect();
        Self { position: position.0, now: Moment(now), agents }
    }
}
