//! The vendor-shaped monitoring interfaces, CC-CMS: signed, on the public listener.
//!
//! [`table`] has them all. Order of checks: method (405), size (413), content type (415), signature (401), body. Nothing
//! of the body is interpreted before the signature holds. What is wrong below the interface itself is answered in the
//! shape of [`crate::refusal`]; the interfaces' own answers are in [`answer`].

mod agents;
pub(crate) mod answer;
mod calls;
mod code;
mod codes;
pub(crate) mod desk;
mod document;
pub(crate) mod field;
mod fields;
mod group;
mod index;
pub(crate) mod interface;
mod past;
mod skills;
mod table;
#[cfg(test)]
mod tests;
mod vdn;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Bytes, HttpBody as Body};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::{any, get};
use futures::future::BoxFuture;
use hyper::body::Incoming;

pub(crate) use document::PATH as DOCUMENT_PATH;
pub use document::openapi_document;
pub use field::{Asked, Field, Kind, Ranges};
pub use group::{Group, Groups, NoSuchGroup};
pub use interface::{About, Entry, Envelope, Form, Verb};
pub use table::interfaces;

use crate::access::NotPermitted;
use crate::app::{App, Current};
use crate::auth::Verified;
use crate::gate::{self, Asking};
use crate::refusal;
use crate::shell::{Connection, Shortcuts, read_body};
use code::Code;
use desk::{Asker, Desk};
use interface::{Refused, Written};

/// The routes of this face.
pub(crate) fn routes() -> Router<Arc<App>> {
    let document = Router::new().route(document::PATH, get(async || document::serve()));
    interfaces().iter().fold(document, |router, entry| {
        let routed = move |State(app): State<Arc<App>>, request: Request| async move {
            let source = request.extensions().get().map(|connection: &Arc<Connection>| connection.source);
            serve(entry, &app, source, request).await
        };
        router.route(entry.about.path, any(routed))
    })
}

/// Interfaces that are asked as they must be, at exactly their path: the router would find the same.
impl Shortcuts for App {
    fn find(&self, method: &Method, path: &str) -> Option<usize> {
        asked_at(method, path)
    }

    fn answer(
        self: Arc<Self>,
        found: usize,
        request: axum::http::Request<Incoming>,
        source: IpAddr,
    ) -> BoxFuture<'static, Response> {
        Box::pin(async move { serve(&interfaces()[found], &self, Some(source), request).await })
    }
}

/// Where in the table it is.
fn asked_at(method: &Method, path: &str) -> Option<usize> {
    static BY_PATH: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
        let table = interfaces().iter().enumerate();
        let by_post = table.filter(|(_, entry)| entry.about.verb == Verb::Post);
        by_post.map(|(index, entry)| (entry.about.path, index)).collect()
    });
    if method == Method::POST { BY_PATH.get(path).copied() } else { None }
}

/// Answers a request to an interface, which came from `source`.
async fn serve<B>(entry: &'static Entry, app: &App, source: Option<IpAddr>, request: axum::http::Request<B>) -> Response
where
    B: Body<Data = Bytes>,
{
    let (parts, body) = request.into_parts();
    let asking = Asking { parts: &parts, source };
    let path = parts.uri.path();
    if parts.method.as_str() != entry.about.verb.name() {
        // A body that is left on the connection would end it, and with it what the client asks next.
        let _ = read_body(&parts.headers, body, entry.body_max()).await;
        return refusal::method(entry.about.verb.name(), path);
    }
    if let Some(refusal) = gate::locked(app, &app.current.load(), asking) {
        return refusal;
    }
    let max = entry.body_max();
    let body = match read_body(&parts.headers, body, max).await {
        Ok(body) => body,
        Err(error) => return refusal::body(error, max, path),
    };
    if parts.method == Method::POST && !is_json(&parts.headers) {
        return refusal::content_type(path);
    }
    let current = app.current.load();
    let client = match gate::admit(app, &current, asking, &body) {
        Ok(client) => client,
        Err(refusal) => return *refusal,
    };
    let _reading = app.reading(entry).await;
    let found = answer_to(entry, app, &current, &client, path, &body);
    if let Err(Refused { code: Code::NotPermitted, .. }) = found {
        let group = entry.about.group;
        let has_group = client.groups.contains(group);
        let why = if has_group { NotPermitted::Vdn } else { NotPermitted::Group(group) };
        gate::not_permitted(app, asking, &client, why);
    }
    answer::response(entry.about.envelope, found)
}

/// Answers a client's question, if the interface is of a group that it was given.
fn answer_to(
    entry: &Entry,
    app: &App,
    current: &Current,
    client: &Verified<'_>,
    path: &str,
    body: &[u8],
) -> Result<Written, Refused> {
    let group = entry.about.group;
    if !client.groups.contains(group) {
        let sentence = format!("this access key may not use the interfaces of the group {group}");
        return Err(Refused { code: Code::NotPermitted, sentence });
    }
    let values = match entry.about.verb {
        Verb::Post => entry.read_body(body)?,
        Verb::Get => entry.read_path(path),
    };
    let desk = Desk { floors: app, settings: &current.settings, asker: Asker::Client(client.vdns) };
    entry.answer(&desk, values)
}

/// Whether the content type is JSON in UTF-8, which is also what JSON is in when nothing is said.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    if value == refusal::JSON {
        return true;
    }
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let is_charset = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
        && parts.all(|parameter| parameter.is_empty() || is_charset(parameter))
}

#[cfg(test)]
mod without_the_router {
    use super::*;

    #[test]
    fn every_interface_is_found_that_is_asked_by_post() {
        for entry in interfaces() {
            let About { path, verb, .. } = entry.about;
            let found = asked_at(&Method::POST, path).map(|found| interfaces()[found].about.path);
            assert_eq!(found, (verb == Verb::Post).then_some(path), "{path}");
            assert!(asked_at(&Method::GET, path).is_none(), "the router has it: {path}");
            assert!(asked_at(&Method::POST, &format!("{path}/")).is_none(), "{path}");
        }
    }
}

#[cfg(test)]
mod of_content_types {
    use super::*;

    #[test]
    fn json_in_utf_8_is_recognised_however_it_is_written() {
        let is_json = |value: &str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]));
        for right in [
            "application/json",
            "application/json; charset=UTF-8",
            "application/json;charset=utf-8",
            "APPLICATION/JSON ; CharSet=\"Utf-8\";",
        ] {
            assert!(is_json(right), "{right}");
        }
        for wrong in [
            "",
            "text/json",
            "application/json, application/json",
            "application/jsonp",
            "application/json; charset=latin1",
            "application/json; charset",
            "application/json; boundary=x",
        ] {
            assert!(!is_json(wrong), "{wrong}");
        }
        assert!(!super::is_json(&HeaderMap::new()));
    }
}
