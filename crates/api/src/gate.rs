//! The door of the signed face: who is let in, how often, and who hears of those who are not.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::http::request::Parts;
use axum::response::Response;

use crate::access::{NotPermitted, Refusal};
use crate::app::{App, Current};
use crate::auth::{Cause, Denied, Received, Verified};
use crate::failures::network;
use crate::refusal;
use crate::shell::Connection;

/// The refusal of an address that is locked out, before anything of its request is looked at.
pub(crate) fn locked(app: &App, current: &Current, parts: &Parts) -> Option<Response> {
    let (lock, connection) = (current.settings.public.lock?, connection(parts)?);
    let failures = app.bad_signatures.count(network(connection.source), lock.lasts, Instant::now());
    (failures >= lock.failures).then(|| {
        note(app, parts, None, "locked address");
        refusal::locked(parts.uri.path(), lock.lasts)
    })
}

/// Who signed a request, if it is one that we know and that asks no more often than it may.
pub(crate) fn admit<'a>(
    app: &App,
    current: &'a Current,
    parts: &Parts,
    body: &[u8],
) -> Result<Verified<'a>, Box<Response>> {
    let received = Received { method: &parts.method, uri: &parts.uri, headers: &parts.headers, body };
    let client = current
        .verifier
        .verify(&received, SystemTime::now().into())
        .map_err(|denied| Box::new(turn_away(app, current, parts, denied)))?;
    match client.rate.map_or(Ok(()), |rate| rate.admit()) {
        Ok(()) => Ok(client),
        Err(wait) => {
            note(app, parts, Some(client.ak.to_owned()), "too many requests");
            Err(Box::new(refusal::too_many(parts.uri.path(), wait)))
        }
    }
}

/// Has it noted that a client asked for what it was not given.
pub(crate) fn not_permitted(app: &App, parts: &Parts, client: &Verified<'_>, why: NotPermitted) {
    note(app, parts, Some(client.ak.to_owned()), why.name());
}

fn turn_away(app: &App, current: &Current, parts: &Parts, denied: Denied) -> Response {
    let Denied { ak, cause } = denied;
    let source = connection(parts).map(|connection| connection.source);
    tracing::info!(?ak, %cause, ?source, "a signature was not accepted");
    metrics::counter!("anteroom_signatures_refused_total").increment(1);
    note(app, parts, ak, cause.name());
    if cause == Cause::NoRoom {
        return refusal::too_many(parts.uri.path(), Duration::from_secs(1));
    }
    if let (Some(lock), Some(source)) = (current.settings.public.lock, source) {
        let failures = app.bad_signatures.failed(network(source), lock.lasts, Instant::now());
        if failures == lock.failures {
            tracing::warn!(%source, failures, lasts = ?lock.lasts, "locked an address out of the signed face");
        }
    }
    refusal::signature(parts.uri.path())
}

fn note(app: &App, parts: &Parts, ak: Option<String>, cause: &'static str) {
    if let Some(note) = app.note_refusal.get() {
        let source = connection(parts).map(|connection| connection.source);
        note(Refusal { ak, cause, source, interface: parts.uri.path().to_owned() });
    }
}

fn connection(parts: &Parts) -> Option<&Arc<Connection>> {
    parts.extensions.get()
}
