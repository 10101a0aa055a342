//! The server, running: what `serve` and `demo` do once they have a configuration.

mod descriptors;
mod floor_metrics;
mod keys;
mod logging;
mod metrics;
mod open;
mod readiness;
mod server;
mod threads;
mod tls;
mod wait_metrics;

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command::Failure;
use crate::config::{self, Config, LoadError};

pub(crate) use server::{Server, make_private};
pub(crate) use threads::{Runtimes, give_way};
pub(crate) use tls::{CERTIFICATE, install_cryptography};

/// How long an orderly stop may take before the process ends anyway.
const STOP_MAX: Duration = Duration::from_secs(15);

/// The file that the configuration comes from, and what the command line says instead.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    pub(crate) data: Option<PathBuf>,
    pub(crate) threads: Option<usize>,
}

impl ConfigFile {
    /// Reads and checks the file.
    pub(crate) fn load(&self) -> Result<Config, LoadError> {
        let mut config = config::load(&self.path)?;
        if let Some(data) = &self.data {
            config.journal.data.clone_from(data);
        }
        config.threads = self.threads.or(config.threads);
        Ok(config)
    }
}

/// Runs until a signal ends it, or what `ready` gives back; SIGHUP reads `file` again. `ready` is called once everything
/// listens.
pub(crate) fn serve<Until>(
    config: Config,
    file: Option<&ConfigFile>,
    ready: impl FnOnce(&Server) -> Until,
) -> Result<(), Failure>
where
    Until: Future<Output = Result<(), Failure>>,
{
    logging::start(config.log);
    descriptors::check(&config);
    let render = metrics::install()?;
    tls::install_cryptography();
    let Runtimes { edge, faces } = Runtimes::start(config.threads)?;
    let result = edge.block_on(async {
        let signals = Signals::listen()?;
        let server = Server::start(config, render, faces.handle()).await?;
        let until = ready(&server);
        signals.serve(server, file, until).await
    });
    edge.shutdown_timeout(Duration::from_secs(1));
    faces.shutdown_timeout(Duration::from_secs(1));
    result
}

/// The signals we act on.
struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on none of them ends the process by itself.
    fn listen() -> Result<Self, Failure> {
        let on = |kind| signal(kind).map_err(|error| Failure::of(&error));
        Ok(Self {
            hangup: on(SignalKind::hangup())?,
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
        })
    }

    /// Reloads at each SIGHUP, stops at the first SIGTERM or SIGINT, and at once at the second. Stops by itself, and
    /// fails, when SIP breaks: nobody could be called any more, and only a start gets it back. Stops when `until` is over,
    /// and fails as that does.
    async fn serve(
        mut self,
        mut server: Server,
        file: Option<&ConfigFile>,
        until: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let vitals = server.vitals();
        let mut until = Box::pin(until);
        let mut over = Ok(());
        let broken = loop {
            tokio::select! {
                _ = self.hangup.recv() => reload(&mut server, file).await,
                _ = self.terminate.recv() => break None,
                _ = self.interrupt.recv() => break None,
                part = vitals.breaks() => break Some(part),
                end = &mut until => {
                    over = end;
                    break None;
                }
            }
        };
        drop(until);
        match broken {
            None => tracing::info!("stopping; a second signal stops at once"),
            Some(part) => tracing::error!(
                part,
                "SIP broke by a fault of ours, so the server stops; start it again, keep the log and the journal, and report it"
            ),
        }
        tokio::select! {
            () = server.stop() => tracing::info!("stopped"),
            () = tokio::time::sleep(STOP_MAX) => tracing::warn!(after = ?STOP_MAX, "stopping takes too long; the rest is cut off"),
            _ = self.terminate.recv() => tracing::warn!("stopped at once"),
            _ = self.interrupt.recv() => tracing::warn!("stopped at once"),
        }
        broken.map_or(over, |part| Err(Failure::Broken(format!("the {part} of SIP ended by a fault of ours"))))
    }
}

async fn reload(server: &mut Server, file: Option<&ConfigFile>) {
    match file.map(ConfigFile::load) {
        None => tracing::warn!("the demo has no file to read again"),
        Some(Err(mistakes)) => tracing::error!("the configuration is not taken, the old one goes on:\n{mistakes}"),
        Some(Ok(config)) => match server.reload(config).await {
            Ok(()) => tracing::info!("the configuration was read again"),
            Err(failure) => tracing::error!("the configuration is not taken as a whole: {failure}"),
        },
    }
}
