//! The vendor-shaped inside, BMS: the same questions as the public face asks, without a signature, on the listener that
//! never faces the outside. A name that several interfaces of the public face stand for is the first one's.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;

use crate::app::App;
use crate::cms::desk::{Asker, Desk};
use crate::cms::{Entry, answer, interfaces, is_json};
use crate::refusal;
use crate::shell::read_body;

/// What every path of this face begins with.
const ROOT: &str = "/ccbms/ws/monitor/";

/// The routes of this face.
pub(crate) fn routes() -> Router<Arc<App>> {
    names().into_iter().fold(Router::new(), |router, (name, entry)| {
        router.route(&format!("{ROOT}{name}"), any(move |app, request| serve(entry, app, request)))
    })
}

/// Which interface answers which name.
pub(crate) fn names() -> BTreeMap<&'static str, &'static Entry> {
    let mut names = BTreeMap::new();
    for entry in interfaces() {
        entry.about.bms.iter().for_each(|name| _ = names.entry(*name).or_insert(entry));
    }
    names
}

async fn serve(entry: &'static Entry, State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if parts.method != Method::POST {
        // A body that is left on the connection would end it, and with it what the client asks next.
        let _ = read_body(&parts.headers, body, entry.body_max()).await;
        return refusal::method("POST", path);
    }
    let max = entry.body_max();
    let body = match read_body(&parts.headers, body, max).await {
        Ok(body) => body,
        Err(error) => return refusal::body(error, max, path),
    };
    if !is_json(&parts.headers) {
        return refusal::content_type(path);
    }
    let current = app.current.load();
    let _reading = app.reading(entry).await;
    let desk = Desk { floors: &*app, settings: &current.settings, asker: Asker::Inside };
    let found = entry.read_body(&body).and_then(|values| entry.answer(&desk, values));
    answer::response(entry.about.envelope, found)
}
