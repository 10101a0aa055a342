//! The door of the signed face: who is let in, how often, and who hears of those who are not.

use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use axum::http::request::Parts;
use axum::response::Response;

use crate::access::{NotPermitted, Refusal};
use crate::app::{App, Current};
use crate::auth::{Cause, Denied, Received, Verified};
use crate::failures::network;
use crate::refusal;

/// A request at the door: all of it but the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) parts: &'a Parts,
    /// Where it comes from, if that is known.
    pub(crate) source: Option<IpAddr>,
}

impl<'a> Asking<'a> {
    pub(crate) fn path(self) -> &'a str {
        self.parts.uri.path()
    }
}

/// The refusal of an address that is locked out, before anything of its request is looked at.
pub(crate) fn locked(app: &App, current: &Current, asking: Asking<'_>) -> Option<Response> {
    let (lock, source) = (current.settings.public.lock?, asking.source?);
    let failures = app.bad_signatures.count(network(source), lock.lasts, Instant::now());
    (failures >= lock.failures).then(|| {
        note(app, asking, None, "locked address");
        refusal::locked(asking.path(), lock.lasts)
    })
}

/// Who signed a request, if it is one that we know and that asks no more often than it may.
pub(crate) fn admit<'a>(
    app: &App,
    current: &'a Current,
    asking: Asking<'_>,
    body: &[u8],
) -> Result<Verified<'a>, Box<Response>> {
    let parts = asking.parts;
    let received = Received { method: &parts.method, uri: &parts.uri, headers: &parts.headers, body };
    let client = current
        .verifier
        .verify(&received, SystemTime::now().into())
        .map_err(|denied| Box::new(turn_away(app, current, asking, denied)))?;
    match client.rate.map_or(Ok(()), |rate| rate.admit()) {
        Ok(()) => Ok(client),
        Err(wait) => {
            note(app, asking, Some(client.ak.to_owned()), "too many requests");
            Err(Box::new(refusal::too_many(asking.path(), wait)))
        }
    }
}

/// Has it noted that a client asked for what it was not given.
pub(crate) fn not_permitted(app: &App, asking: Asking<'_>, client: &Verified<'_>, why: NotPermitted) {
    note(app, asking, Some(client.ak.to_owned()), why.name());
}

fn turn_away(app: &App, current: &Current, asking: Asking<'_>, denied: Denied) -> Response {
    let Denied { ak, cause } = denied;
    let source = asking.source;
    tracing::info!(?ak, %cause, ?source, "a signature was not accepted");
    metrics::counter!("anteroom_signatures_refused_total").increment(1);
    note(app, asking, ak, cause.name());
    if cause == Cause::NoRoom {
        return refusal::too_many(asking.path(), Duration::from_secs(1));
    }
    if let (Some(lock), Some(source)) = (current.settings.public.lock, source) {
        let failures = app.bad_signatures.failed(network(source), lock.lasts, Instant::now());
        if failures == lock.failures {
            tracing::warn!(%source, failures, lasts = ?lock.lasts, "locked an address out of the signed face");
        }
    }
    refusal::signature(asking.path())
}

fn note(app: &App, asking: Asking<'_>, ak: Option<String>, cause: &'static str) {
    if let Some(note) = app.note_refusal.get() {
        note(Refusal { ak, cause, source: asking.source, interface: asking.path().to_owned() });
    }
}
