//! What every face works with.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use arc_swap::ArcSwap;
use engine::{AgentId, VdnId};
use node::Node;
use tokio::sync::watch;

use crate::auth::Verifier;
use crate::faces::{CheckReadiness, RenderMetrics};
use crate::settings::{AgentPassword, Settings};
use crate::v1::attempts::Attempts;
use crate::v1::session::{Sessions, TokenHash, hash};

/// What every face works with.
pub(crate) struct App {
    /// The VDNs of this server.
    pub(crate) nodes: BTreeMap<VdnId, Node>,
    /// The settings of now.
    pub(crate) current: ArcSwap<Current>,
    /// The sessions of `v1`.
    pub(crate) sessions: Sessions,
    /// Wrong passwords for `v1`.
    pub(crate) attempts: Attempts,
    /// How many event streams are open.
    pub(crate) streams: Arc<AtomicU32>,
    /// True when answers without an end must end.
    pub(crate) stopping: watch::Sender<bool>,
    /// For `/metrics`.
    pub(crate) render: RenderMetrics,
    /// For `/readyz`.
    pub(crate) ready: CheckReadiness,
}

/// The settings of now, and what was made of them.
pub(crate) struct Current {
    /// As they were given.
    pub(crate) settings: Settings,
    /// Knows the access keys.
    pub(crate) verifier: Verifier,
    /// The agents who can open sessions.
    pub(crate) passwords: HashMap<(VdnId, AgentId), Password>,
    /// Where in the settings the API key with this hash is.
    pub(crate) api_keys: HashMap<TokenHash, usize>,
}

/// What an agent's password is compared by.
pub(crate) struct Password {
    pub(crate) hash: TokenHash,
}

impl Current {
    pub(crate) fn new(settings: Settings) -> Self {
        let public = &settings.public;
        let verifier = Verifier::new(&public.access_keys, public.signature_window, public.refuse_replays);
        let password = |of: &AgentPassword| ((of.vdn, of.agent), Password { hash: hash(of.password.expose()) });
        let passwords = settings.passwords.iter().map(password).collect();
        let keys = settings.api_keys.iter().enumerate();
        let api_keys = keys.map(|(index, key)| (hash(key.key.expose()), index)).collect();
        Self { settings, verifier, passwords, api_keys }
    }
}

impl App {
    pub(crate) fn new(settings: Settings, nodes: Vec<Node>, render: RenderMetrics, ready: CheckReadiness) -> Arc<Self> {
        let nodes = nodes.into_iter().map(|node| (node.vdn(), node)).collect();
        let (stopping, _) = watch::channel(false);
        Arc::new(Self {
            nodes,
            current: ArcSwap::from_pointee(Current::new(settings)),
            sessions: Sessions::default(),
            attempts: Attempts::default(),
            streams: Arc::default(),
            stopping,
            render,
            ready,
        })
    }
}
