//! The faces, running.

use std::fmt;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::http::Uri;
use axum::response::Response;
use history::History;
use node::Node;
use tokio::net::TcpListener;

use crate::access::{AccessKey, NoteRefusal, check_access_keys};
use crate::app::App;
use crate::settings::{Limits, Settings, SettingsError};
use crate::shell::{Answers, Listener, Serve, SharedTls, tls_config};
use crate::{bms, cms, docs, internal, refusal, v1};

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
    public: Listener,
    internal: Listener,
    tls: SharedTls,
    limits: Arc<ArcSwap<Limits>>,
    app: Arc<App>,
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
        let (public, internal) = (self.public_address(), self.internal_address());
        f.debug_struct("Faces").field("public", &public).field("internal", &internal).finish_non_exhaustive()
    }
}

impl Faces {
    /// Listens on both addresses and serves every face for the VDNs of `nodes`, what was from their `histories`. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the settings are wrong or an address cannot be taken; nothing runs then.
    pub async fn start(
        settings: Settings,
        nodes: Vec<Node>,
        histories: Vec<History>,
        render: RenderMetrics,
        ready: CheckReadiness,
    ) -> Result<Self, StartError> {
        settings.check()?;
        let tls: SharedTls = Arc::new(ArcSwap::from_pointee(tls_config(&settings.public.tls)?));
        let limits = Arc::new(ArcSwap::from_pointee(settings.limits));
        let public = bind(settings.public.listen).await?;
        let internal = bind(settings.internal.listen).await?;
        let app = App::new(settings, nodes, histories, render, ready);
        let (outside, inside) = (Arc::clone(&limits), Arc::clone(&limits));
        // What wallboards ask without end is found before the router.
        let to_the_public = Answers { shortcuts: Some(Arc::clone(&app) as _), router: public_routes(&app) };
        let to_the_inside = Answers { shortcuts: None, router: internal_routes(&app) };
        let outside = Serve { name: "public", answers: to_the_public, tls: Some(Arc::clone(&tls)), limits: outside };
        let inside = Serve { name: "internal", answers: to_the_inside, tls: None, limits: inside };
        Ok(Self { public: listen(public, outside)?, internal: listen(internal, inside)?, tls, limits, app })
    }

    /// Where the public listener listens: the port it took, if the settings said 0.
    #[must_use]
    pub fn public_address(&self) -> SocketAddr {
        self.public.address()
    }

    /// Where the internal listener listens.
    #[must_use]
    pub fn internal_address(&self) -> SocketAddr {
        self.internal.address()
    }

    /// Swaps the settings for requests and connections to come: keys, passwords, certificate, window and limits. The
    /// addresses stay as they were started. Sessions stay, unless the agent's password changed or went.
    ///
    /// # Errors
    /// When the settings are wrong; the old ones go on then.
    pub fn reload(&self, settings: Settings) -> Result<(), SettingsError> {
        settings.check()?;
        let tls = tls_config(&settings.public.tls)?;
        self.tls.store(Arc::new(tls));
        self.limits.store(Arc::new(settings.limits));
        self.app.replace(|_| settings);
        Ok(())
    }

    /// For whoever keeps the access keys.
    #[must_use]
    pub fn access(&self) -> Access {
        Access(Arc::clone(&self.app))
    }

    /// Takes no new connection, lets open requests run to their end for at most `grace`, then closes.
    pub async fn stop(self, grace: Duration) {
        self.app.stopping.send_replace(true);
        futures::future::join(self.public.stop(grace), self.internal.stop(grace)).await;
    }
}

/// The door of the signed face, for whoever keeps its access keys. Once the faces have stopped it leads nowhere.
#[derive(Clone)]
pub struct Access(Arc<App>);

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access")
    }
}

impl Access {
    /// Swaps all access keys for requests to come; nothing else changes.
    ///
    /// # Errors
    /// When a key cannot be used; the old ones go on then.
    pub fn replace(&self, keys: Vec<AccessKey>) -> Result<(), SettingsError> {
        check_access_keys(&keys)?;
        self.0.replace(|now| {
            let mut settings = now.clone();
            settings.public.access_keys = keys;
            settings
        });
        Ok(())
    }

    /// Has `note` hear of every refusal from now on. Only the first time counts.
    pub fn on_refusal(&self, note: NoteRefusal) {
        // Somebody hears of them already: so it stays.
        let _ = self.0.note_refusal.set(note);
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn listen(socket: TcpListener, serve: Serve) -> Result<Listener, StartError> {
    let unspecified = SocketAddr::from(([0, 0, 0, 0], 0));
    let address = socket.local_addr().unwrap_or(unspecified);
    Listener::start(socket, serve).map_err(|source| StartError::Listen { address, source })
}

fn public_routes(app: &Arc<App>) -> Router {
    cms::routes()
        .merge(v1::routes())
        .merge(docs::routes())
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(app))
}

fn internal_routes(app: &Arc<App>) -> Router {
    bms::routes()
        .merge(internal::routes())
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(Arc::clone(app))
}

fn nothing_here(uri: Uri) -> Ready<Response> {
    let is_ours = uri.path().starts_with(v1::ROOT);
    ready(if is_ours { v1::nothing_here() } else { refusal::not_found(uri.path()) })
}

fn wrong_method(uri: Uri) -> Ready<Response> {
    let is_ours = uri.path().starts_with(v1::ROOT);
    ready(if is_ours { v1::wrong_method() } else { refusal::method("GET, HEAD", uri.path()) })
}
