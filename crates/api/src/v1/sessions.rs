//! Sessions: signing an agent in by password.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::{AgentId, ChangedBy, Command, Rejection, VdnId};
use node::{Position, Refused};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::{IntoParams, ToSchema};

use super::answer::{json, submit};
use super::extract::{Json, With};
use super::principal::{Principal, Who};
use super::problem::Problem;
use super::session::{CannotOpen, LASTS, TokenHash, hash};
use crate::app::App;
use crate::settings::Role;
use crate::shell::Connection;

/// Who wants a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// The agent's VDN; may be left out where there is only one.
    #[schema(example = 170)]
    vdn: Option<u16>,
    /// Who.
    #[schema(example = 1099)]
    agent: u32,
    /// The agent's password.
    #[schema(example = "demo-1099", format = Password)]
    password: String,
    /// Whether to sign the agent in as well, if it is not. Default true.
    sign_in: Option<bool>,
}

/// A session was opened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionOpened {
    /// Send it as `Authorization: Bearer TOKEN`. It is shown only now.
    token: String,
    /// For how long it can be used.
    expires_seconds: u64,
    /// The agent's VDN.
    vdn: u16,
    /// The agent.
    agent: u32,
    /// Whether this signed the agent in; not when it was already.
    signed_in: bool,
    /// The record up to which views must be true to show it.
    position: u64,
}

/// Opens a session for an agent, and signs it in as ready.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "sessions", request_body = Credentials, security(()), responses(
    (status = 201, description = "The session is open.", body = SessionOpened),
    (status = 400, description = "The body cannot be read.", body = Problem),
    (status = 401, description = "No such agent, or another password.", body = Problem),
    (status = 409, description = "The agent cannot be signed in.", body = Problem),
    (status = 429, description = "Too many wrong passwords, or too many sessions.", body = Problem),
    (status = 503, description = "The VDN cannot answer.", body = Problem)))]
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    connection: Option<Extension<Arc<Connection>>>,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    let source = connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |connection| connection.source);
    let vdn = vdn_of(&app, &credentials)?;
    let agent = AgentId(credentials.agent);
    let password = check(&app, source, (vdn, agent), &credentials.password)?;
    let node = app.nodes.get(&vdn).ok_or_else(Problem::not_signed_in)?;
    let (signed_in, position) = match credentials.sign_in {
        Some(false) => (false, node.read(|_, position| position)),
        _ => sign_in(node, agent).await?,
    };
    let max = app.current.load().settings.limits.sessions;
    let token = app.sessions.open(vdn, agent, password, max, Instant::now()).map_err(|cause| match cause {
        CannotOpen::Full => Problem::too_many("TooManySessions", format!("{max} sessions are open"), "60"),
        CannotOpen::Random => Problem::unavailable("NoRandomBytes", "the system gives no random bytes"),
    })?;
    tracing::info!(%vdn, %agent, %source, "session opened");
    let (vdn, agent) = (vdn.0, agent.0);
    let expires_seconds = LASTS.as_secs();
    let opened = SessionOpened { token, expires_seconds, vdn, agent, signed_in, position: position.0 };
    Ok(json(StatusCode::CREATED, &opened))
}

/// The VDN that is meant: the only one there is, when none is named.
fn vdn_of(app: &App, credentials: &Credentials) -> Result<VdnId, Problem> {
    let mut vdns = app.nodes.keys();
    match (credentials.vdn, vdns.next(), vdns.next()) {
        (Some(vdn), ..) => Ok(VdnId(vdn)),
        (None, Some(only), None) => Ok(*only),
        (None, ..) => Err(Problem::malformed("vdn is missing: there is more than one VDN")),
    }
}

/// Compares the password, as long as this address has not got too many wrong. An unknown agent looks like a wrong
/// password.
fn check(app: &App, source: IpAddr, agent: (VdnId, AgentId), given: &str) -> Result<TokenHash, Problem> {
    if !app.attempts.may_try(source, agent, Instant::now()) {
        return Err(Problem::too_many("TooManyAttempts", "too many wrong passwords: wait a minute", "60"));
    }
    let current = app.current.load();
    let password = current.passwords.get(&agent);
    let expected = password.map_or([0; 32], |password| password.hash);
    let is_right = bool::from(hash(given.as_bytes()).ct_eq(&expected));
    match password {
        Some(password) if is_right => Ok(password.hash),
        _ => {
            app.attempts.failed(source, agent, Instant::now());
            tracing::info!(vdn = %agent.0, agent = %agent.1, %source, "a password was wrong");
            let detail = "there is no such agent, or its password is another";
            Err(Problem::new(StatusCode::UNAUTHORIZED, "WrongPassword", detail))
        }
    }
}

/// Signs an agent in, unless it is: whether that changed anything, and the position that shows it.
async fn sign_in(node: &node::Node, agent: AgentId) -> Result<(bool, Position), Problem> {
    match submit(node, Command::SignIn { agent, by: ChangedBy::Agent }).await {
        Ok(position) => Ok((true, position)),
        Err(Refused::Rejected(Rejection::AgentAlreadySignedIn(_) | Rejection::AgentAlwaysSignedIn(_))) => {
            Ok((false, node.read(|_, position| position)))
        }
        Err(refused) => Err(refused.into()),
    }
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum PrincipalView {
    /// An agent with a session.
    Agent {
        /// Its VDN.
        vdn: u16,
        /// Who.
        agent: u32,
    },
    /// Somebody with an API key that can only read.
    Monitor {
        /// The key's name.
        name: String,
        /// What it may read.
        vdns: Vec<u16>,
    },
    /// Somebody with an API key that can act for anybody.
    Supervisor {
        /// The key's name.
        name: String,
        /// Where it may read and act.
        vdns: Vec<u16>,
    },
}

impl From<Who> for PrincipalView {
    fn from(who: Who) -> Self {
        let numbers = |vdns: Vec<VdnId>| vdns.into_iter().map(|vdn| vdn.0).collect();
        match who {
            Who::Agent { vdn, agent } => Self::Agent { vdn: vdn.0, agent: agent.0 },
            Who::Key { name, vdns, role: Role::Monitor } => Self::Monitor { name, vdns: numbers(vdns) },
            Who::Key { name, vdns, role: Role::Supervisor } => Self::Supervisor { name, vdns: numbers(vdns) },
        }
    }
}

/// Says whom the token stands for.
#[utoipa::path(get, path = "/api/v1/sessions/current", tag = "sessions", responses(
    (status = 200, description = "Whom the token stands for.", body = PrincipalView),
    (status = 401, description = "Nobody.", body = Problem)))]
pub(crate) fn current(principal: Principal) -> Ready<Response> {
    ready(json(StatusCode::OK, &PrincipalView::from(principal.who)))
}

/// What else to do when a session ends.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Closing {
    /// Whether to sign the agent out as well; if that is refused the session stays. Default false.
    sign_out: Option<bool>,
}

/// Ends the session.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "sessions", params(Closing), responses(
    (status = 204, description = "The token can no longer be used."),
    (status = 401, description = "It could not before.", body = Problem),
    (status = 403, description = "An API key is no session.", body = Problem),
    (status = 409, description = "The agent cannot be signed out.", body = Problem)))]
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    principal: Principal,
    With(closing): With<Closing>,
) -> Result<Response, Problem> {
    let Who::Agent { vdn, agent } = principal.who else {
        return Err(Problem::not_permitted("an API key is no session: take it out of the configuration"));
    };
    if closing.sign_out == Some(true) {
        let node = principal.node(&app, vdn.0)?;
        match submit(node, Command::SignOut { agent, by: ChangedBy::Agent }).await {
            Ok(_) | Err(Refused::Rejected(Rejection::AgentSignedOut(_))) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    app.sessions.close(&principal.token);
    Ok(StatusCode::NO_CONTENT.into_response())
}
