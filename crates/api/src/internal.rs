//! What operators' tools ask on the internal listener: `/metrics`, `/healthz`, `/readyz`.

use std::future::{self, Ready};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use crate::app::App;
use crate::refusal::json;

/// The text format of Prometheus, version 0.0.4.
const PROMETHEUS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/metrics", get(metrics)).route("/healthz", get(alive)).route("/readyz", get(ready))
}

fn metrics(State(app): State<Arc<App>>) -> Ready<Response> {
    future::ready(([(CONTENT_TYPE, PROMETHEUS)], (app.render)()).into_response())
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
}

/// Whether the process answers at all.
fn alive() -> Ready<Response> {
    future::ready(json(StatusCode::OK, &Alive { status: "alive" }))
}

#[derive(Serialize)]
struct ReadyView {
    status: &'static str,
    checks: Vec<ReadyCheck>,
}

#[derive(Serialize)]
struct ReadyCheck {
    name: String,
    met: bool,
    says: String,
}

/// Whether the process should be sent work: 200, else 503, with every check.
fn ready(State(app): State<Arc<App>>) -> Ready<Response> {
    let readiness = (app.ready)();
    let (status, word) =
        if readiness.is_ready() { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    let checks = readiness.checks.into_iter();
    let checks = checks.map(|check| ReadyCheck { name: check.name, met: check.is_met, says: check.says }).collect();
    future::ready(json(status, &ReadyView { status: word, checks }))
}
