//! What every face works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use engine::VdnId;
use node::Node;

use crate::auth::Verifier;
use crate::faces::{CheckReadiness, RenderMetrics};
use crate::settings::Settings;

/// What every face works with.
pub(crate) struct App {
    /// The VDNs of this server.
    pub(crate) nodes: BTreeMap<VdnId, Node>,
    /// The settings of now.
    pub(crate) current: ArcSwap<Current>,
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
}

impl Current {
    pub(crate) fn new(settings: Settings) -> Self {
        let public = &settings.public;
        let verifier = Verifier::new(&public.access_keys, public.signature_window, public.refuse_replays);
        Self { settings, verifier }
    }
}

impl App {
    pub(crate) fn new(settings: Settings, nodes: Vec<Node>, render: RenderMetrics, ready: CheckReadiness) -> Arc<Self> {
        let nodes = nodes.into_iter().map(|node| (node.vdn(), node)).collect();
        Arc::new(Self { nodes, current: ArcSwap::from_pointee(Current::new(settings)), render, ready })
    }
}
