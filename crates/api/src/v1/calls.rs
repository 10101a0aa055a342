//! Calls.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use engine::{AgentId, CallId, Command, Rejection};
use node::Node;

use super::answer::{Done, command, view};
use super::extract::{After, At, With};
use super::principal::{Principal, Who};
use super::problem::Problem;
use super::view::{CallView, is_with};
use crate::app::App;
use crate::settings::Role;

/// A live call with its history.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/calls/{call}", tag = "calls",
    params(("vdn" = u16, Path, description = "Which VDN."), ("call" = String, Path, description = "Which call."), After),
    responses(
    (status = 200, description = "The call.", body = CallView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN or live call.", body = Problem)))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, call)): At<(u16, String)>,
    With(After { after }): With<After>,
) -> Result<Response, Problem> {
    let call = read_id(&call)?;
    let node = principal.node(&app, vdn)?;
    view(node, after, |state, position, now| {
        let found = state.call(call).ok_or(Rejection::NoSuchCall(call))?;
        Ok(CallView::new(state, found, position, now, principal.sight()))
    })
    .await
}

/// Cancels the queuing of a call, as if its caller had pressed the cancel key: the `Cancelled` treatment of its queue
/// applies. An agent's session may do that to calls in its own private queue.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/calls/{call}/cancel-queuing", tag = "calls",
    params(("vdn" = u16, Path, description = "Which VDN."), ("call" = String, Path, description = "Which call.")),
    responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "Not this call.", body = Problem),
    (status = 404, description = "No such VDN or live call.", body = Problem),
    (status = 409, description = "The call does not wait, or no treatment applies.", body = Problem)))]
pub(crate) async fn cancel_queuing(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, call)): At<(u16, String)>,
) -> Result<Response, Problem> {
    let call = read_id(&call)?;
    let node = principal.node(&app, vdn)?;
    match principal.who {
        Who::Key { role: Role::Supervisor, .. } => {}
        Who::Key { role: Role::Monitor, .. } => return Err(Problem::not_permitted("a monitor's key can only read")),
        Who::Agent { agent, .. } => is_own(node, call, agent)?,
    }
    command(node, Command::CancelQueuing { call }).await
}

fn is_own(node: &Node, call: CallId, agent: AgentId) -> Result<(), Problem> {
    node.read(|state, _| match state.call(call) {
        Some(found) if is_with(found, agent) => Ok(()),
        Some(_) => Err(Problem::not_permitted(format!("call {call} does not wait for agent {agent} alone"))),
        None => Err(Rejection::NoSuchCall(call).into()),
    })
}

pub(super) fn read_id(text: &str) -> Result<CallId, Problem> {
    text.parse().map_err(|error| Problem::malformed(format!("call: {text:?}: {error}")))
}
