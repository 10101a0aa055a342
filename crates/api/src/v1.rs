//! Our own face: JSON resources below `/api/v1` on the public listener, described by the OpenAPI document that it serves
//! at `/api/v1/openapi.json`.
//!
//! Whoever asks shows a bearer token: an agent's session, opened with its password, or an API key of the configuration;
//! [`principal`] says who may do what. A command's answer carries the position of its record and comes once views show
//! it; every view takes `after=POSITION`.

mod agents;
mod answer;
pub(crate) mod attempts;
mod calls;
mod document;
mod events;
mod extract;
mod principal;
mod problem;
mod queues;
mod rests;
pub(crate) mod session;
mod sessions;
mod transfers;
mod view;
mod waits;

use std::future::{Ready, ready};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use utoipa::OpenApi;

use crate::app::App;
use document::{Bearer, Refusals};

/// What every path of this face begins with.
pub(crate) const ROOT: &str = "/api/v1";

/// Where the OpenAPI document is served.
pub(crate) const DOCUMENT_PATH: &str = "/api/v1/openapi.json";

/// The routes of this face.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(DOCUMENT_PATH, get(openapi))
        .route("/api/v1/sessions", post(sessions::open))
        .route("/api/v1/sessions/current", get(sessions::current).delete(sessions::close))
        .route("/api/v1/vdns/{vdn}/agents", get(agents::list))
        .route("/api/v1/vdns/{vdn}/agents/{agent}", get(agents::one))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/sign-in", post(agents::sign_in))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/sign-out", post(agents::sign_out))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/sign-out-preview", get(agents::sign_out_preview))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/presence", put(agents::presence))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/end-wrap-up", post(agents::end_wrap_up))
        .route("/api/v1/vdns/{vdn}/calls/{call}/why", get(waits::why))
        .route("/api/v1/vdns/{vdn}/queues/{queue}/expected-wait", get(waits::of_queue))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/expected-wait", get(waits::of_agent))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/transfer", post(transfers::transfer))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/transfer-preview", post(transfers::preview))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/complete-transfer", post(transfers::complete_transfer))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/join-talk", post(transfers::join_talk))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/take-back", post(transfers::take_back))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/rest", post(rests::ask).delete(rests::cancel))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/rest/grant", post(rests::grant))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/rest/deny", post(rests::deny))
        .route("/api/v1/vdns/{vdn}/agents/{agent}/force", post(rests::force))
        .route("/api/v1/vdns/{vdn}/queues", get(queues::list))
        .route("/api/v1/vdns/{vdn}/queues/{queue}", get(queues::one))
        .route("/api/v1/vdns/{vdn}/queues/{queue}/close", post(queues::close))
        .route("/api/v1/vdns/{vdn}/queues/{queue}/open", post(queues::open))
        .route("/api/v1/vdns/{vdn}/calls/{call}", get(calls::one))
        .route("/api/v1/vdns/{vdn}/calls/{call}/cancel-queuing", post(calls::cancel_queuing))
        .route("/api/v1/vdns/{vdn}/events", get(events::stream))
}

/// There is nothing at this path of the face.
pub(crate) fn nothing_here() -> Response {
    problem::Problem::nothing_here().into_response()
}

/// The resource is for other methods.
pub(crate) fn wrong_method() -> Response {
    problem::Problem::method().into_response()
}

/// The OpenAPI document of `/api/v1`, as it is served: JSON, indented.
#[must_use]
pub fn openapi_document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        let document = Document::openapi().to_pretty_json();
        document.expect("our own types have string keys and no failing parts") + "\n"
    });
    &DOCUMENT
}

fn openapi() -> Ready<Response> {
    ready((StatusCode::OK, [(CONTENT_TYPE, "application/json")], openapi_document()).into_response())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "anteroom",
        description = "Agents, queues, calls and events of a contact centre.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(
        sessions::open,
        sessions::current,
        sessions::close,
        agents::list,
        agents::one,
        agents::sign_in,
        agents::sign_out,
        agents::sign_out_preview,
        agents::presence,
        agents::end_wrap_up,
        transfers::transfer,
        transfers::preview,
        waits::why,
        waits::of_queue,
        waits::of_agent,
        transfers::complete_transfer,
        transfers::join_talk,
        transfers::take_back,
        rests::ask,
        rests::cancel,
        rests::grant,
        rests::deny,
        rests::force,
        queues::list,
        queues::one,
        queues::close,
        queues::open,
        calls::one,
        calls::cancel_queuing,
        events::stream
    ),
    components(schemas(view::Snapshot)),
    security(("bearer" = [])),
    modifiers(&Bearer, &Refusals),
    tags(
        (name = "sessions", description = "Tokens for agents."),
        (name = "agents", description = "Agents, their private queues, and what is done for them."),
        (name = "queues", description = "What waits in queues, and who serves them."),
        (name = "calls", description = "Live calls."),
        (name = "events", description = "What happens, as it happens.")
    )
)]
struct Document;
