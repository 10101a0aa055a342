//! Rests that agents ask for, and what supervisors make of agents.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use engine::{AgentId, Command, Order};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Done, command};
use super::extract::{At, Json};
use super::principal::Principal;
use super::problem::Problem;
use super::view::ForcedPresence;
use crate::app::App;

/// What an agent asks for.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestWish {
    /// How long, from 1 to 86399: from now, or from the end of the agent's work.
    #[schema(example = 900)]
    seconds: u32,
    /// The agent's own code for it. Default 0. A rest that is prolonged keeps the one it has.
    cause: Option<u8>,
}

/// Why a supervisor says something.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    /// The supervisor's own code for it. Default 0.
    reason: Option<u8>,
}

/// What an agent shall be, and why.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForcedWish {
    /// What it shall be.
    presence: ForcedPresence,
    /// The supervisor's own code for it. Default 0.
    reason: Option<u8>,
}

/// Asks for a rest. With a place in each of the agent's queues it begins at once, or after its work; without one the
/// wish waits in line, or is refused, as the VDN says. An agent who rests prolongs its rest.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/rest", tag = "agents", request_body = RestWish,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Granted or in line, and views show which.", body = Done),
    (status = 202, description = "Granted or in line; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read, or no rest can be so long.", body = Problem),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent is signed out, or a queue has no place for it.", body = Problem)))]
pub(crate) async fn ask(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(RestWish { seconds, cause }): Json<RestWish>,
) -> Result<Response, Problem> {
    let agent = AgentId(agent);
    let by = principal.acts_for(agent)?;
    let (length, cause) = (Duration::from_secs(seconds.into()), cause.unwrap_or(0));
    command(principal.node(&app, vdn)?, Command::AskRest { agent, length, cause, by }).await
}

/// Takes back a wish for a rest that waits, or a rest that has not begun. A rest that goes on ends with `presence`.
#[utoipa::path(delete, path = "/api/v1/vdns/{vdn}/agents/{agent}/rest", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent waits for no rest.", body = Problem)))]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
) -> Result<Response, Problem> {
    let agent = AgentId(agent);
    let by = principal.acts_for(agent)?;
    command(principal.node(&app, vdn)?, Command::CancelRest { agent, by }).await
}

/// Grants an agent the rest that it waits for, whatever the quotas and the line say.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/rest/grant", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "For supervisors only.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent waits for no rest.", body = Problem)))]
pub(crate) async fn grant(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    principal.supervises()?;
    command(node, Command::GrantRest { agent: AgentId(agent) }).await
}

/// Denies an agent the rest that it waits for.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/rest/deny", tag = "agents", request_body = Reason,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read.", body = Problem),
    (status = 403, description = "For supervisors only.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent waits for no rest.", body = Problem)))]
pub(crate) async fn deny(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(Reason { reason }): Json<Reason>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    let order = Order { reason: reason.unwrap_or(0), who: principal.orders()? };
    command(node, Command::DenyRest { agent: AgentId(agent), order }).await
}

/// Makes this of an agent. An offer is withdrawn at once, unless the agent shall be ready; a talk runs to its end, and
/// what was said takes effect after it. The agent may choose otherwise then.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/force", tag = "agents", request_body = ForcedWish,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read, or no rest can be so long.", body = Problem),
    (status = 403, description = "For supervisors only.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent is signed out, or signed in for ever.", body = Problem)))]
pub(crate) async fn force(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(ForcedWish { presence, reason }): Json<ForcedWish>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    let order = Order { reason: reason.unwrap_or(0), who: principal.orders()? };
    command(node, Command::ForcePresence { agent: AgentId(agent), presence: presence.into(), order }).await
}
