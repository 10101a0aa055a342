//! The vendor-shaped inside, BMS: the same question as the public face asks, without a signature, on the listener that
//! never faces the outside.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;

use crate::app::App;
use crate::cms::private_calls::{self, Asker};
use crate::cms::{BODY_MAX, is_json};
use crate::refusal;
use crate::shell::read_body;

/// The routes of this face.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/ccbms/ws/monitor/agentprivatecall", any(agentprivatecall))
}

async fn agentprivatecall(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if parts.method != Method::POST {
        return refusal::method("POST", path);
    }
    let body = match read_body(&parts.headers, body, BODY_MAX).await {
        Ok(body) => body,
        Err(error) => return refusal::body(error, path),
    };
    if !is_json(&parts.headers) {
        return refusal::content_type(path);
    }
    private_calls::answer(&app, app.current.load().settings.cc, &body, Asker::Inside)
}
