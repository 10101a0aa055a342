//! What every face works with.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use engine::{AgentId, VdnId};
use history::History;
use node::Node;
use tokio::sync::{Semaphore, watch};

use crate::access::NoteRefusal;
use crate::auth::Verifier;
use crate::faces::{CheckReadiness, RenderMetrics};
use crate::failures::Failures;
use crate::settings::{AgentPassword, Settings};
use crate::v1::attempts::Attempts;
use crate::v1::session::{Sessions, TokenHash, hash};

/// A question about days of many agents reads for seconds, and others have processors to use too.
const READINGS_MAX: usize = 4;

/// What every face works with.
pub(crate) struct App {
    /// The VDNs of this server.
    pub(crate) nodes: BTreeMap<VdnId, Node>,
    /// Their histories.
    pub(crate) histories: BTreeMap<VdnId, History>,
    /// How many questions may read the file of the history at a time.
    pub(crate) readings: Semaphore,
    /// The settings of now.
    pub(crate) current: ArcSwap<Current>,
    /// Held by whoever replaces `current`.
    replacing: Mutex<()>,
    /// The sessions of `v1`.
    pub(crate) sessions: Sessions,
    /// Wrong passwords for `v1`.
    pub(crate) attempts: Attempts,
    /// Signatures that were not accepted, by the network that they came from.
    pub(crate) bad_signatures: Failures<IpAddr>,
    /// Who hears of refusals of the signed face.
    pub(crate) note_refusal: OnceLock<NoteRefusal>,
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
    /// What is made of `settings`, in the place of `previous`.
    pub(crate) fn new(settings: Settings, previous: Option<&Self>) -> Self {
        let public = &settings.public;
        let per_second = NonZeroU32::new(settings.limits.requests_per_second).unwrap_or(NonZeroU32::MAX);
        let verifier = Verifier::new(&public.access_keys, public.signature_window, public.refuse_replays);
        let verifier = verifier.in_place_of(previous.map(|previous| &previous.verifier), per_second);
        let password = |of: &AgentPassword| ((of.vdn, of.agent), Password { hash: hash(of.password.expose()) });
        let passwords = settings.passwords.iter().map(password).collect();
        let keys = settings.api_keys.iter().enumerate();
        let api_keys = keys.map(|(index, key)| (hash(key.key.expose()), index)).collect();
        Self { settings, verifier, passwords, api_keys }
    }
}

impl App {
    pub(crate) fn new(
        settings: Settings,
        nodes: Vec<Node>,
        histories: Vec<History>,
        render: RenderMetrics,
        ready: CheckReadiness,
    ) -> Arc<Self> {
        let nodes = nodes.into_iter().map(|node| (node.vdn(), node)).collect();
        let histories = histories.into_iter().map(|history| (history.vdn(), history)).collect();
        let (stopping, _) = watch::channel(false);
        Arc::new(Self {
            nodes,
            histories,
            readings: Semaphore::new(READINGS_MAX),
            current: ArcSwap::from_pointee(Current::new(settings, None)),
            replacing: Mutex::default(),
            sessions: Sessions::default(),
            attempts: Attempts::default(),
            bad_signatures: Failures::default(),
            note_refusal: OnceLock::new(),
            streams: Arc::default(),
            stopping,
            render,
            ready,
        })
    }

    /// Swaps the settings for those that `change` makes of them.
    pub(crate) fn replace(&self, change: impl FnOnce(&Settings) -> Settings) {
        let _one_at_a_time = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.current.load_full();
        self.current.store(Arc::new(Current::new(change(&now.settings), Some(&now))));
    }
}
