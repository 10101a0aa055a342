//! Agents: their views, and what is done for them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use engine::{AgentId, Command, NotReady};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{Done, command, view};
use super::extract::{After, At, Json, Listing, With};
use super::principal::Principal;
use super::problem::Problem;
use super::view::{AgentView, AgentsView, NotReadyKind, SignOutPreview};
use crate::app::App;

/// All agents of a VDN, by id.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/agents", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), Listing), responses(
    (status = 200, description = "Agents in short.", body = AgentsView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN.", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    principal: Principal,
    At(vdn): At<u16>,
    With(listing): With<Listing>,
) -> Result<Response, Problem> {
    let part = listing.part()?;
    let node = principal.node(&app, vdn)?;
    view(node, listing.after, |state, position, now| {
        let agents = state.agents().skip(part.offset).take(part.limit);
        Ok(AgentsView::new(state, agents, position, now))
    })
    .await
}

/// An agent with its private queue in full: each call with its place, wait, cause, sender, and what ends its wait.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/agents/{agent}", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who."), After), responses(
    (status = 200, description = "The agent.", body = AgentView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem)))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    With(After { after }): With<After>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    view(node, after, |state, position, now| {
        let found = state.agent(AgentId(agent)).ok_or_else(|| no_such_agent(agent))?;
        Ok(AgentView::new(state, found, position, now, principal.sight()))
    })
    .await
}

pub(super) fn no_such_agent(agent: u32) -> Problem {
    engine::Rejection::NoSuchAgent(AgentId(agent)).into()
}

/// Signs an agent in, as ready.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/sign-in", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent is signed in already.", body = Problem)))]
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
) -> Result<Response, Problem> {
    let agent = AgentId(agent);
    let by = principal.acts_for(agent)?;
    command(principal.node(&app, vdn)?, Command::SignIn { agent, by }).await
}

/// Signs an agent out: at once for new and private calls, while a talk runs to its end.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/sign-out", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent is signed out, signed in for ever, or calls wait that keep it from signing \
        out by itself.", body = Problem)))]
pub(crate) async fn sign_out(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
) -> Result<Response, Problem> {
    let agent = AgentId(agent);
    let by = principal.acts_for(agent)?;
    command(principal.node(&app, vdn)?, Command::SignOut { agent, by }).await
}

/// What signing an agent out would do now: which of the calls that wait for it alone would go where, and whether it
/// would be refused. Nothing is done.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/agents/{agent}/sign-out-preview", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who."), After), responses(
    (status = 200, description = "What would happen.", body = SignOutPreview),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent is signed out, or signed in for ever.", body = Problem)))]
pub(crate) async fn sign_out_preview(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    With(After { after }): With<After>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    view(node, after, |state, position, now| Ok(SignOutPreview::new(state, AgentId(agent), position, now)?)).await
}

/// What an agent chooses.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ChosenPresence {
    /// Take calls.
    Ready,
    /// Take none.
    NotReady {
        /// In which way.
        why: NotReadyKind,
        /// The agent's own code for it. Default 0.
        reason: Option<u8>,
    },
}

/// Makes an agent ready or not ready; after its work, if any goes on.
#[utoipa::path(put, path = "/api/v1/vdns/{vdn}/agents/{agent}/presence", tag = "agents", request_body = ChosenPresence,
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 400, description = "The body cannot be read.", body = Problem),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent is signed out.", body = Problem)))]
pub(crate) async fn presence(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
    Json(chosen): Json<ChosenPresence>,
) -> Result<Response, Problem> {
    let agent = AgentId(agent);
    let by = principal.acts_for(agent)?;
    let wish = match chosen {
        ChosenPresence::Ready => Command::BecomeReady { agent, by },
        ChosenPresence::NotReady { why, reason } => {
            let why = NotReady { kind: why.into(), reason: reason.unwrap_or(0) };
            Command::BecomeNotReady { agent, why, by }
        }
    };
    command(principal.node(&app, vdn)?, wish).await
}

/// Ends an agent's wrap-up before its time.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/agents/{agent}/end-wrap-up", tag = "agents",
    params(("vdn" = u16, Path, description = "Which VDN."), ("agent" = u32, Path, description = "Who.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "Not for this agent.", body = Problem),
    (status = 404, description = "No such VDN or agent.", body = Problem),
    (status = 409, description = "The agent is not in wrap-up.", body = Problem)))]
pub(crate) async fn end_wrap_up(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, agent)): At<(u16, u32)>,
) -> Result<Response, Problem> {
    let agent = AgentId(agent);
    let by = principal.acts_for(agent)?;
    command(principal.node(&app, vdn)?, Command::EndWrapUp { agent, by }).await
}
