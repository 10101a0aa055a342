//! Accepting connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::connection::{self, Answers, Phase};
use super::sources::Sources;
use super::tls::SharedTls;
use crate::settings::Limits;

/// A running listener; its connections end at once when it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    /// Closed when no connection is left.
    gone: mpsc::Receiver<()>,
}

/// What a listener serves, and how.
pub(crate) struct Serve {
    /// For logs and metrics.
    pub(crate) name: &'static str,
    /// All faces of this listener.
    pub(crate) answers: Answers,
    /// None: plain HTTP.
    pub(crate) tls: Option<SharedTls>,
    /// Of the moment at which a connection comes.
    pub(crate) limits: Arc<ArcSwap<Limits>>,
}

impl Listener {
    /// Serves what comes in at `socket`.
    pub(crate) fn start(socket: TcpListener, serve: Serve) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let (phase, phases) = watch::channel(Phase::Serving);
        let (alive, gone) = mpsc::channel(1);
        let accepting = Accepting { socket, serve, sources: Arc::default(), phases, alive };
        tokio::spawn(accepting.run());
        Ok(Self { address, phase, gone })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connection and lets open requests run to their end for at most `grace`.
    pub(crate) async fn stop(mut self, grace: Duration) {
        self.phase.send_replace(Phase::Finishing);
        // What is still open after the grace ends when `phase` is dropped.
        let _ = timeout(grace, self.gone.recv()).await;
    }
}

/// The loop that accepts.
struct Accepting {
    socket: TcpListener,
    serve: Serve,
    sources: Arc<Sources>,
    phases: watch::Receiver<Phase>,
    alive: mpsc::Sender<()>,
}

impl Accepting {
    async fn run(mut self) {
        loop {
            tokio::select! {
                _ = self.phases.changed() => return,
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, source)) => self.take(stream, source),
                    Err(error) => {
                        tracing::warn!(listener = self.serve.name, %error, "cannot accept a connection");
                        // Mostly a lack of file descriptors, which only other connections' ends can mend.
                        sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
    }

    /// Serves a connection in a task of its own, or closes it when there are too many.
    fn take(&self, stream: TcpStream, source: SocketAddr) {
        let Limits { connections, connections_per_source, .. } = **self.serve.limits.load();
        let place = match self.sources.enter(source.ip(), connections, connections_per_source) {
            Ok(place) => place,
            Err(full) => {
                let labels = [("listener", self.serve.name), ("bound", full.name())];
                metrics::counter!("anteroom_connections_refused_total", &labels).increment(1);
                return;
            }
        };
        let (answers, tls) = (self.serve.answers.clone(), self.serve.tls.clone());
        let (phases, alive) = (self.phases.clone(), self.alive.clone());
        tokio::spawn(async move {
            connection::serve(stream, source.ip(), answers, tls, phases).await;
            drop((place, alive));
        });
    }
}
