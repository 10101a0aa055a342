//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use futures::FutureExt;
use futures::future::{BoxFuture, Ready, ready};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, timeout};
use tokio_rustls::TlsAcceptor;
use tower::Service as _;

use super::lingering::Lingering;
use super::patience::{BEAT, Patience};
use super::tls::SharedTls;
use crate::refusal;

/// How long a TLS handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(5);
/// How long a client may take to send a request's head, and to begin with the next, give or take a [`BEAT`].
const HEAD_MAX: Duration = Duration::from_secs(10);
/// How long a connection that carries several requests at once may carry none.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// How long what we sent may stay unacknowledged.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);
/// Largest head: request line and headers.
const HEAD_BYTES_MAX: u32 = 16 * 1024;

/// What is known of a connection by those who serve its requests; stands in each request's extensions.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Where it comes from.
    pub(crate) source: IpAddr,
    served: AtomicU32,
    streams: AtomicU32,
}

/// An answer without an end in sight: its connection is not idle.
#[derive(Debug)]
pub(crate) struct OpenStream(Arc<Connection>);

impl Connection {
    /// Marks that an answer goes on after its head, until what is returned is dropped.
    pub(crate) fn open_stream(self: &Arc<Self>) -> OpenStream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        OpenStream(Arc::clone(self))
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How a server's life goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// As it is.
    Serving,
    /// Open requests run to their end, no new ones are taken.
    Finishing,
}

/// Serves one connection to its end. The end of `phase` ends it at once.
pub(super) async fn serve(
    stream: TcpStream,
    source: IpAddr,
    answers: Answers,
    tls: Option<SharedTls>,
    phase: watch::Receiver<Phase>,
) {
    let connection = Arc::new(Connection { source, served: AtomicU32::new(0), streams: AtomicU32::new(0) });
    let requests = Requests { answers, connection };
    // Both are refinements: a connection that refuses them serves as well.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX));
    let Some(tls) = tls else {
        return serve_http1(stream, requests, phase).await;
    };
    let acceptor = TlsAcceptor::from(tls.load_full());
    match timeout(HANDSHAKE_MAX, acceptor.accept(stream)).await {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            serve_http2(stream, requests, phase).await;
        }
        Ok(Ok(stream)) => serve_http1(stream, requests, phase).await,
        Ok(Err(error)) => tracing::debug!(%source, %error, "TLS handshake failed"),
        Err(_) => tracing::debug!(%source, "TLS handshake took too long"),
    }
}

async fn serve_http1(stream: impl AsyncRead + AsyncWrite + Unpin, requests: Requests, phase: watch::Receiver<Phase>) {
    let connection = Arc::clone(&requests.connection);
    let serving = http1::Builder::new()
        .timer(Patience)
        .header_read_timeout(HEAD_MAX)
        .max_header_size(HEAD_BYTES_MAX as usize)
        .serve_connection(TokioIo::new(Lingering::new(stream)), requests);
    drive(serving, &connection, phase).await;
}

async fn serve_http2(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    requests: Requests,
    phase: watch::Receiver<Phase>,
) {
    let connection = Arc::clone(&requests.connection);
    let serving = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .max_concurrent_streams(128)
        .max_header_list_size(HEAD_BYTES_MAX)
        .initial_stream_window_size(64 * 1024)
        .initial_connection_window_size(1024 * 1024)
        .max_send_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), requests);
    drive(serving, &connection, phase).await;
}

/// A connection that can be asked to end after its open requests.
trait Graceful: Future<Output = hyper::Result<()>> {
    fn finish(self: Pin<&mut Self>);
}

impl<I> Graceful for http1::Connection<I, Requests>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I> Graceful for http2::Connection<I, Requests, TokioExecutor>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Runs a connection until it ends, is idle for too long, or the server stops.
async fn drive(serving: impl Graceful, connection: &Connection, mut phase: watch::Receiver<Phase>) {
    let mut serving = pin!(serving);
    let mut beat = interval_at(Instant::now() + BEAT, BEAT);
    let mut look_at = Instant::now() + HEAD_MAX;
    let mut served_before = 0;
    let mut is_finishing = *phase.borrow() == Phase::Finishing;
    if is_finishing {
        serving.as_mut().finish();
    }
    loop {
        // What happens most is looked at first, and no lot is drawn.
        tokio::select! {
            biased;
            ended = serving.as_mut() => {
                return if let Err(error) = ended {
                    tracing::trace!(source = %connection.source, %error, "a connection ended early");
                };
            }
            changed = phase.changed(), if !is_finishing => match changed {
                Ok(()) => { is_finishing = true; serving.as_mut().finish(); }
                Err(_) => return,
            },
            now = beat.tick() => {
                if now < look_at {
                    continue;
                }
                look_at = now + IDLE_MAX;
                let served = connection.served.load(Ordering::Relaxed);
                let is_idle = served == served_before && connection.streams.load(Ordering::Relaxed) == 0;
                if is_idle && (is_finishing || served == 0) {
                    return;
                }
                if is_idle {
                    is_finishing = true;
                    serving.as_mut().finish();
                }
                served_before = served;
            }
        }
    }
}

/// What answers a listener's requests.
#[derive(Clone)]
pub(crate) struct Answers {
    /// Asked first.
    pub(crate) shortcuts: Option<Arc<dyn Shortcuts>>,
    /// Answers everything.
    pub(crate) router: Router,
}

/// Requests that are answered without the router, which takes its time.
pub(crate) trait Shortcuts: Send + Sync {
    /// Whether a request is one of these, and which.
    fn find(&self, method: &Method, path: &str) -> Option<usize>;

    /// Answers the one that was found, which came from `source`.
    fn answer(
        self: Arc<Self>,
        found: usize,
        request: Request<Incoming>,
        source: IpAddr,
    ) -> BoxFuture<'static, Response>;
}

/// Hands a connection's requests to what answers them.
struct Requests {
    answers: Answers,
    connection: Arc<Connection>,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.connection.served.fetch_add(1, Ordering::Relaxed);
        if let Some(refusal) = refusal::of_form(&request) {
            return Answering::Refused(ready(refusal));
        }
        if let Some(shortcuts) = &self.answers.shortcuts
            && let Some(found) = shortcuts.find(request.method(), request.uri().path())
        {
            let answer = Arc::clone(shortcuts).answer(found, request, self.connection.source);
            return Answering::Directly(answer);
        }
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Arc::clone(&self.connection));
        Answering::Routed(self.answers.router.clone().call(request))
    }
}

/// An answer on its way.
enum Answering {
    Refused(Ready<Response>),
    Directly(BoxFuture<'static, Response>),
    Routed(RouteFuture<Infallible>),
}

impl Future for Answering {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Refused(answer) => answer.poll_unpin(cx).map(Ok),
            Self::Directly(answer) => answer.poll_unpin(cx).map(Ok),
            Self::Routed(answer) => answer.poll_unpin(cx),
        }
    }
}
