//! Refusals below and between the faces: by method, size, content type, signature. All have the one shape that clients
//! of the vendor's services know: `{timestamp, status, error, message, path}`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HOST, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Request, StatusCode, Version};
use axum::response::Response;
use serde::Serialize;

use crate::auth::SCHEME;
use crate::shell::BodyError;

/// The content type of every answer of the vendor-shaped faces.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");

#[derive(Serialize)]
struct Shape<'a> {
    timestamp: u64,
    status: u16,
    error: &'a str,
    message: &'a str,
    path: &'a str,
}

/// A refusal of what was asked at `path`.
pub(crate) fn refusal(status: StatusCode, message: &str, path: &str) -> Response {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let timestamp = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    let error = status.canonical_reason().unwrap_or_default();
    json(status, &Shape { timestamp, status: status.as_u16(), error, message, path })
}

/// An answer with this body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).expect("our own types have string keys and no failing parts");
    json_text(status, text)
}

/// An answer with this body, which is JSON already.
pub(crate) fn json_text(status: StatusCode, text: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// Anything but `allow` was asked.
pub(crate) fn method(allow: &'static str, path: &str) -> Response {
    let refusal = refusal(StatusCode::METHOD_NOT_ALLOWED, "This resource is for other methods.", path);
    with(refusal, ALLOW, allow)
}

/// The body could not be taken. The connection ends, for what is left of the body on it is no request.
pub(crate) fn body(error: BodyError, max: usize, path: &str) -> Response {
    let too_large = format!("The body is larger than {} KiB.", max / 1024);
    let (status, message) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, too_large.as_str()),
        BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The body did not come within 30 seconds."),
        BodyError::Broken => (StatusCode::BAD_REQUEST, "The body is not framed as announced."),
    };
    with(refusal(status, message, path), CONNECTION, "close")
}

/// The body is not JSON by its own account.
pub(crate) fn content_type(path: &str) -> Response {
    let message = "The content type must be application/json; charset=UTF-8.";
    refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, message, path)
}

/// The one answer to every fault of a signature.
pub(crate) fn signature(path: &str) -> Response {
    let message = "The request is not signed, or its signature is not accepted.";
    with(refusal(StatusCode::UNAUTHORIZED, message, path), WWW_AUTHENTICATE, SCHEME)
}

/// More was asked than there is room for, or than this client may ask; after `wait` it may be otherwise.
pub(crate) fn too_many(path: &str, wait: Duration) -> Response {
    let refusal = refusal(StatusCode::TOO_MANY_REQUESTS, "Too many requests: try again later.", path);
    retry_after(refusal, wait)
}

/// The address is locked out, for `wait` at most.
pub(crate) fn locked(path: &str, wait: Duration) -> Response {
    let message = "This address is locked: too many signatures were not accepted.";
    retry_after(refusal(StatusCode::FORBIDDEN, message, path), wait)
}

/// In whole seconds, and at least one.
fn retry_after(mut response: Response, wait: Duration) -> Response {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

/// There is nothing at `path`.
pub(crate) fn not_found(path: &str) -> Response {
    refusal(StatusCode::NOT_FOUND, "There is nothing at this path.", path)
}

/// The refusal of a request whose form we do not take: one written for a proxy, or with two different hosts.
pub(crate) fn of_form<B>(request: &Request<B>) -> Option<Response> {
    let authority = request.uri().authority();
    let host = request.headers().get(HOST);
    let message = match (request.version(), authority, host) {
        (Version::HTTP_2, Some(authority), Some(host)) if authority.as_str().as_bytes() != host.as_bytes() => {
            "The headers :authority and host differ."
        }
        (Version::HTTP_2, ..) | (_, None, _) => return None,
        (_, Some(_), _) => "This is no proxy: send the path alone as the request's target.",
    };
    Some(refusal(StatusCode::BAD_REQUEST, message, request.uri().path()))
}

fn with(mut response: Response, name: HeaderName, value: &'static str) -> Response {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
