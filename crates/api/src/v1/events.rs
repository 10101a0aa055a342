//! A VDN's events as server-sent events (WHATWG HTML, 9.2): a snapshot with its position, then every entry after it, in
//! order, without gap or repeat. A client that lost its connection resumes after the last `id` it saw.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use node::{Node, Position, Record, Subscription, SubscriptionError, TooOld};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, Interval, interval_at};
use utoipa::IntoParams;

use super::extract::{At, With};
use super::principal::Principal;
use super::problem::{Problem, Values};
use super::view::{EntryView, Numbers, Snapshot};
use crate::app::App;
use crate::cms::desk::can_answer;
use crate::shell::{Connection, OpenStream};

/// How often a quiet stream shows that it lives, and whether its asker may still see it.
const QUIET_MAX: Duration = Duration::from_secs(15);

/// Where a stream begins.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Resume {
    /// The position after which to go on; the header `Last-Event-ID` comes first. Without either, the stream starts
    /// with a snapshot.
    after: Option<u64>,
}

/// All events of a VDN, from now on or from a position.
///
/// The message `snapshot` comes first unless a position is given; every other message is an `entry`, whose `id` is its
/// position. A comment or a bare `id` every 15 seconds shows that the stream lives. The message `gone` says that the
/// client fell too far behind and must begin with a fresh snapshot.
#[utoipa::path(get, path = "/api/v1/vdns/{vdn}/events", tag = "events",
    params(("vdn" = u16, Path, description = "Which VDN."), Resume,
        ("Last-Event-ID" = Option<u64>, Header, description = "The last position seen, as browsers send it.")),
    responses(
    (status = 200, description = "`snapshot` and `entry` messages; here the shape of an entry.", body = EntryView,
        content_type = "text/event-stream"),
    (status = 401, description = "Not signed in.", body = Problem),
    (status = 404, description = "No such VDN.", body = Problem),
    (status = 410, description = "Entries that old are no longer kept, or the position is not of this journal.",
        body = Problem),
    (status = 429, description = "Too many streams are open.", body = Problem)))]
pub(crate) async fn stream(
    State(app): State<Arc<App>>,
    principal: Principal,
    connection: Option<Extension<Arc<Connection>>>,
    At(vdn): At<u16>,
    With(Resume { after }): With<Resume>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let node = principal.node(&app, vdn)?.clone();
    if !can_answer(&node) {
        return Err(Problem::unavailable("Unavailable", format!("VDN {vdn} cannot answer now")));
    }
    let place = StreamPlace::enter(&app)?;
    let (first, subscription) = match last_seen(&headers)?.or(after) {
        None => begin(&node, &principal)?,
        Some(position) => (None, resume(&node, Position(position)).await?),
    };
    let events = Events {
        first,
        subscription,
        numbers: principal.sight().numbers,
        principal,
        quiet: interval_at(Instant::now() + QUIET_MAX, QUIET_MAX),
        last: None,
        stopping: app.stopping.subscribe(),
        app,
        is_over: false,
        _open: connection.map(|connection| connection.open_stream()),
        _place: place,
    };
    let messages = futures::stream::unfold(events, Events::next);
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")];
    Ok((StatusCode::OK, headers, Body::from_stream(messages)).into_response())
}

fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let position = value.to_str().ok().and_then(|text| text.parse().ok());
    position.map(Some).ok_or_else(|| Problem::malformed("Last-Event-ID is not a position"))
}

/// A snapshot, and what comes after it.
fn begin(node: &Node, principal: &Principal) -> Result<(Option<Bytes>, Subscription), Problem> {
    let now = node.now();
    let (snapshot, position) =
        node.read(|state, position| (Snapshot::new(state, node.vdn(), position, now, principal.sight()), position));
    let subscription = node.subscribe(position).map_err(|too_old| gone(node, &too_old))?;
    Ok((Some(message("snapshot", position, &snapshot)), subscription))
}

/// What comes after a position that the client has seen.
async fn resume(node: &Node, after: Position) -> Result<Subscription, Problem> {
    if !node.reached(after).await {
        let detail = format!("position {after} is not of this journal, or not reached yet");
        let values = Values { position: Some(node.read(|_, position| position).0), ..fresh(node) };
        return Err(Problem::new(StatusCode::GONE, "PositionUnknown", detail).with(values));
    }
    let follower = node.clone();
    // A position that is far behind is looked up in the journal's file.
    let subscribed = spawn_blocking(move || follower.subscribe(after)).await;
    let subscribed = subscribed.map_err(|_| Problem::unavailable("Stopped", "the server is stopping"))?;
    subscribed.map_err(|too_old| gone(node, &too_old))
}

fn gone(node: &Node, too_old: &TooOld) -> Problem {
    let values = Values { kept_after: Some(too_old.kept_after.0), ..fresh(node) };
    Problem::new(StatusCode::GONE, "PositionTooOld", too_old.to_string()).with(values)
}

/// Where a stream begins with a fresh snapshot.
fn fresh(node: &Node) -> Values {
    Values { snapshot: Some(format!("/api/v1/vdns/{}/events", node.vdn())), ..Values::default() }
}

/// One of the open streams that there may be.
struct StreamPlace(Arc<AtomicU32>);

impl StreamPlace {
    fn enter(app: &App) -> Result<Self, Problem> {
        let max = app.current.load().settings.limits.event_streams;
        let place = Self(Arc::clone(&app.streams));
        if place.0.fetch_add(1, Ordering::Relaxed) < max {
            Ok(place)
        } else {
            Err(Problem::too_many("TooManyStreams", format!("{max} event streams are open"), "10"))
        }
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An open stream.
struct Events {
    first: Option<Bytes>,
    subscription: Subscription,
    numbers: Numbers,
    principal: Principal,
    quiet: Interval,
    /// The last record seen, if it was not told of.
    last: Option<Position>,
    stopping: watch::Receiver<bool>,
    app: Arc<App>,
    is_over: bool,
    _open: Option<OpenStream>,
    _place: StreamPlace,
}

/// A message for the client, or something that ends the stream.
enum Next {
    Record(Result<Arc<Record>, SubscriptionError>),
    Quiet,
    Stopping,
}

impl Events {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if let Some(first) = self.first.take() {
            return Some((Ok(first), self));
        }
        while !self.is_over {
            let next = tokio::select! {
                biased;
                _ = self.stopping.wait_for(|is_stopping| *is_stopping) => Next::Stopping,
                record = self.subscription.next() => Next::Record(record),
                _ = self.quiet.tick() => Next::Quiet,
            };
            if let Some(bytes) = self.render(next) {
                return Some((Ok(bytes), self));
            }
        }
        None
    }

    /// What the client is told; marks the stream as over when nothing can follow.
    fn render(&mut self, next: Next) -> Option<Bytes> {
        match next {
            Next::Record(Ok(record)) => {
                let entry = EntryView::new(&record, self.numbers);
                self.last = entry.is_none().then_some(record.position);
                entry.map(|entry| message("entry", record.position, &entry))
            }
            Next::Record(Err(SubscriptionError::TooOld(too_old))) => {
                self.is_over = true;
                Some(message("gone", too_old.asked, &Gone { kept_after: too_old.kept_after.0 }))
            }
            Next::Record(Err(_)) | Next::Stopping => {
                self.is_over = true;
                None
            }
            Next::Quiet => {
                self.is_over = Principal::find(&self.app, self.principal.token).is_none();
                let sign = self.last.take().map_or_else(|| ":\n\n".to_owned(), |last| format!("id: {last}\n\n"));
                (!self.is_over).then(|| sign.into())
            }
        }
    }
}

#[derive(Serialize)]
struct Gone {
    kept_after: u64,
}

/// One message: JSON has no line feed unescaped, so its data is one line.
fn message(event: &str, id: Position, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("our own types have string keys and no failing parts");
    format!("event: {event}\nid: {id}\ndata: {data}\n\n").into()
}
