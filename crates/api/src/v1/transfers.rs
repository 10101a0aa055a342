//! Agents give their calls to others: at once, or while they keep them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use engine::{AgentId, CallId, Command, QueueId, TransferTo, Work};
use node::Node;
use serde::Deserialize;
use utoipa::ToSchema;

use super::agents::no_such_agent;
use super::answer::{Done, command, view};
use super::extract::{At, Json};
use super::principal::Principal;
use super::problem::{Problem, Values};
use super::view::{TransferMode, TransferPreview};
use crate::app::App;

/// Whom a transfer asks for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum TransferTarget {
    /// Any agent of a queue.
    Queue {
        /// Which one.
        queue: u16,
    },
    /// An agent, by way of its private queue.
    Agent {
        /// Whom.
        agent: u32,
    },
    /// An outside number or SIP address, by a trunk. One that no rule allows is like one that refuses.
    Outside {
        /// Which one.
        address: String,
    },
}

impl From<TransferTarget> for TransferTo {
    fn from(target: TransferTarget) -> Self {
        match target {
            TransferTarget::Queue { queue } => Self::Queue(QueueId(queue)),
            TransferTarget::Agent { agent } => Self::Agent(AgentId(agent)),
            TransferTarget::Outside { address } => Self::Outside(address.into()),
        }
    }
}

/// What an agent gives away, and how.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    /// The call; without it, the one with which the agent talks.
    #[schema(example = "1605492949-1447")]
    call: Option<String>,
    /// Whom it asks for.
    to: TransferTarget,
    /// How. Default: release.
    mode: Option<TransferMode>,
    /// Refused if the call is expected to wait longer: held against the time within which nine of ten such calls are
    /// answered. Without it the call waits for as long as it takes.
    #[schema(example = 120)]
    expected_wait_max_seconds: Option<u32>,
}

impl Transfer {
    /// The wish of this agent.
    fn wish(self, node: &Node, agent: AgentId) -> Result<engine::Transfer, Problem> {
        let call = call_of(node, agent, self.call)?;
        let mode = self.mode.unwrap_or(TransferMode::Release).into();
        let expected_wait_max = self.expected_wait_max_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        Ok(engine::Transfer { call, agent, to: self.to.into(), mode, expected_wait_max })
    }
}

/// Asks for somebody else for a call. A release transfer gives it away at once; by the other modes the agent keeps it
/// until the other one answers. Refused, the two go on talking.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/transfer", tag = "agents", request_body = Transfer,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read, or a specified transfer is not to an agent.", body = Problem),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN, agent, queue or call.", body = Problem),
    (status = 409, description = "The agent has no such call, or the target refuses it.", body = Problem)))]
pub(crate) async fn transfer(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(transfer): Json<Transfer>,
) -> Result<Response, Problem> {
    let (agent, node) = acting(&app, &principal, vdn, agent)?;
    command(node, Command::TransferBy(transfer.wish(node, agent)?)).await
}

/// What a transfer would lead to, were it now: where the call would be, at which place and for how long, or why it would
/// be refused, and to whom else it could go. Nothing is done.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/transfer-preview", tag = "agents",
    request_body = Transfer,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "What it would lead to, a refusal included.", body = TransferPreview),
    (status = 400, description = "The body cannot be read.", body = Problem),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent talks with nobody, and no call is named.", body = Problem)))]
pub(crate) async fn preview(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(transfer): Json<Transfer>,
) -> Result<Response, Problem> {
    let (agent, node) = acting(&app, &principal, vdn, agent)?;
    let wish = transfer.wish(node, agent)?;
    view(node, None, |state, position, now| Ok(TransferPreview::new(state, &wish, position, now))).await
}

/// Which call an agent keeps.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// The call; without it, the one with which the agent is engaged.
    #[schema(example = "1605492949-1447")]
    call: Option<String>,
}

/// Gives away the call that the agent keeps: at once when the other one has answered, else at the answer.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/complete-transfer", tag = "agents", request_body = Kept,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read.", body = Problem),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN, agent or call.", body = Problem),
    (status = 409, description = "The agent keeps no such call.", body = Problem)))]
pub(crate) async fn complete_transfer(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(Kept { call }): Json<Kept>,
) -> Result<Response, Problem> {
    let (agent, node) = acting(&app, &principal, vdn, agent)?;
    command(node, Command::CompleteTransfer { call: call_of(node, agent, call)?, agent }).await
}

/// Lets the caller into the talk of the agent who keeps it with the other one; at the answer, if that is still to come.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/join-talk", tag = "agents", request_body = Kept,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read.", body = Problem),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN, agent or call.", body = Problem),
    (status = 409, description = "The agent keeps no such call.", body = Problem)))]
pub(crate) async fn join_talk(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(Kept { call }): Json<Kept>,
) -> Result<Response, Problem> {
    let (agent, node) = acting(&app, &principal, vdn, agent)?;
    command(node, Command::JoinTalk { call: call_of(node, agent, call)?, agent }).await
}

/// Takes back the call that the agent keeps: whoever else rang or talked is free.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/take-back", tag = "agents", request_body = Kept,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read.", body = Problem),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN, agent or call.", body = Problem),
    (status = 409, description = "The agent keeps no such call.", body = Problem)))]
pub(crate) async fn take_back(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(Kept { call }): Json<Kept>,
) -> Result<Response, Problem> {
    let (agent, node) = acting(&app, &principal, vdn, agent)?;
    command(node, Command::TakeBack { call: call_of(node, agent, call)?, agent }).await
}

/// For whom somebody may act, and where.
fn acting<'a>(app: &'a App, principal: &Principal, vdn: u16, agent: u32) -> Result<(AgentId, &'a Node), Problem> {
    let agent = AgentId(agent);
    principal.acts_for(agent)?;
    Ok((agent, principal.node(app, vdn)?))
}

/// The call that was named, else the one with which the agent is engaged.
fn call_of(node: &Node, agent: AgentId, named: Option<String>) -> Result<CallId, Problem> {
    match named {
        Some(call) => call.parse().map_err(|error| Problem::malformed(format!("call: {call:?}: {error}"))),
        None => node.read(|state, _| talks_with(state, agent)),
    }
}

/// The call with which an agent talks.
fn talks_with(state: &engine::State, agent: AgentId) -> Result<CallId, Problem> {
    match state.agent(agent).ok_or_else(|| no_such_agent(agent.0))?.work {
        Work::Talking { call, .. } => Ok(call),
        _ => {
            let values = Values { agent: Some(agent.0), ..Values::default() };
            let detail = format!("agent {agent} talks with nobody");
            Err(Problem::new(axum::http::StatusCode::CONFLICT, "AgentNotTalking", detail).with(values))
        }
    }
}
