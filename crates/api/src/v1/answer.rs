//! What this face answers with when nothing was wrong.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use engine::{Command, State, Timestamp};
use node::{Node, Position, Refused, Submission};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::{COMMAND_MAX, reached};
use super::problem::Problem;
use crate::cms::desk::can_answer;

/// What was asked for is decided and durable.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// The record up to which views must be true to show it: `?after=POSITION` waits for that.
    pub(crate) position: u64,
}

/// JSON that nobody keeps.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).expect("our own types have string keys and no failing parts");
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], text).into_response()
}

/// Has a command decided, and answers when views show what it led to: 202 when they do not within a second.
pub(crate) async fn command(node: &Node, command: Command) -> Result<Response, Problem> {
    let position = submit(node, command).await?;
    let status = if node.reached(position).await { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(json(status, &Done { position: position.0 }))
}

/// Has a command decided.
pub(crate) async fn submit(node: &Node, command: Command) -> Result<Position, Refused> {
    match tokio::time::timeout(COMMAND_MAX, node.submit(Submission::wish(command))).await {
        Ok(decided) => decided.map(|receipt| receipt.position),
        Err(_) => Err(Refused::OutcomeUnknown),
    }
}

/// Answers with a view, true up to `after` or later: 202 with the position that is reached when that is not within a
/// second.
pub(crate) async fn view<T: Serialize>(
    node: &Node,
    after: Option<u64>,
    view: impl FnOnce(&State, Position, Timestamp) -> Result<T, Problem>,
) -> Result<Response, Problem> {
    if !can_answer(node) {
        return Err(Problem::unavailable("Unavailable", format!("VDN {} cannot answer now", node.vdn())));
    }
    if !reached(node, after).await {
        let Position(position) = node.read(|_, position| position);
        return Ok(json(StatusCode::ACCEPTED, &Done { position }));
    }
    let now = node.now();
    let view = node.read(|state, position| view(state, position, now))?;
    Ok(json(StatusCode::OK, &view))
}
