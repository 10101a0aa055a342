//! The vendor-shaped monitoring interface, CC-CMS: signed, on the public listener.
//!
//! Order of checks: method (405), size (413), content type (415), signature (401), body. Nothing of the body is
//! interpreted before the signature holds. What is wrong below the interface itself is answered in the shape of
//! [`crate::refusal`]; the interface's own answers are in [`answer`].

pub(crate) mod answer;
mod code;
mod group;
pub(crate) mod private_calls;
mod question;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use axum::routing::any;

use crate::access::NotPermitted;
use crate::app::App;
use crate::gate;
use crate::refusal;
use crate::shell::read_body;
use code::Code;
use private_calls::Asker;

pub use group::{Group, Groups, NoSuchGroup};

/// Largest body of an interface that asks about one thing: 64 KiB.
pub(crate) const BODY_MAX: usize = 64 * 1024;

/// The routes of this face.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/rest/cmsapp/v1/openapi/agent/agentprivatecall", any(agentprivatecall))
}

async fn agentprivatecall(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if parts.method != Method::POST {
        return refusal::method("POST", path);
    }
    if let Some(refusal) = gate::locked(&app, &app.current.load(), &parts) {
        return refusal;
    }
    let body = match read_body(&parts.headers, body, BODY_MAX).await {
        Ok(body) => body,
        Err(error) => return refusal::body(error, path),
    };
    if !is_json(&parts.headers) {
        return refusal::content_type(path);
    }
    let current = app.current.load();
    let client = match gate::admit(&app, &current, &parts, &body) {
        Ok(client) => client,
        Err(refusal) => return *refusal,
    };
    if !client.groups.contains(Group::Agents) {
        gate::not_permitted(&app, &parts, &client, NotPermitted::Group(Group::Agents));
        return answer::failure(Code::NotPermitted, "this access key may not use the interfaces of the group agents");
    }
    private_calls::answer(&app, current.settings.cc, &body, Asker::Client(client.vdns))
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
mod tests {
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
