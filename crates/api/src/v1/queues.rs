//! Queues: what waits in them, and who serves them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use engine::{Command, QueueId};

use super::answer::{Done, command, view};
use super::extract::{After, At, Listing, With};
use super::principal::Principal;
use super::problem::Problem;
use super::view::{QueueView, QueuesView};
use crate::app::App;

/// All queues of a VDN with their counts.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/queues", tag = "queues",
    params(("vdn" = u16, Path, description = "Which VDN."), After), responses(
    (status = 200, description = "All queues.", body = QueuesView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN.", body = Problem)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    principal: Principal,
    At(vdn): At<u16>,
    With(After { after }): With<After>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    view(node, after, |state, position, now| Ok(QueuesView::new(state, position, now))).await
}

/// A queue: its counts, its waiting calls in the order in which they will be served, and its agents.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/queues/{queue}", tag = "queues",
    params(("vdn" = u16, Path, description = "Which VDN."), ("queue" = u16, Path, description = "Which queue."), Listing),
    responses(
    (status = 200, description = "The queue.", body = QueueView),
    (status = 202, description = "The position asked for is not reached yet.", body = Done),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN or queue.", body = Problem)))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, queue)): At<(u16, u16)>,
    With(listing): With<Listing>,
) -> Result<Response, Problem> {
    let part = listing.part()?;
    let node = principal.node(&app, vdn)?;
    view(node, listing.after, |state, position, now| {
        let queue = QueueId(queue);
        let found = state.queue(queue).ok_or(engine::Rejection::NoSuchQueue(queue))?;
        Ok(QueueView::new(state, found, (position, now), part, principal.sight()))
    })
    .await
}

/// Closes a queue by hand, whatever its hours say: its waiting calls, and all that enter until it is opened again, meet
/// its treatment `closed`. Closed already, nothing changes.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/queues/{queue}/close", tag = "queues",
    params(("vdn" = u16, Path, description = "Which VDN."), ("queue" = u16, Path, description = "Which queue.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "For supervisors only.", body = Problem),
    (status = 404, description = "No such VDN or queue.", body = Problem)))]
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, queue)): At<(u16, u16)>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    principal.supervises()?;
    command(node, Command::CloseQueue { queue: QueueId(queue) }).await
}

/// Opens a queue again that was closed by hand; its hours hold as before. Not closed, nothing changes.
#[utoipa::path(post, path = "/api/v1/vdns/{vdn}/queues/{queue}/open", tag = "queues",
    params(("vdn" = u16, Path, description = "Which VDN."), ("queue" = u16, Path, description = "Which queue.")), responses(
    (status = 200, description = "Done, and views show it.", body = Done),
    (status = 202, description = "Done; views do not show it yet.", body = Done),
    (status = 403, description = "For supervisors only.", body = Problem),
    (status = 404, description = "No such VDN or queue.", body = Problem)))]
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    principal: Principal,
    At((vdn, queue)): At<(u16, u16)>,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?;
    principal.supervises()?;
    command(node, Command::OpenQueue { queue: QueueId(queue) }).await
}
