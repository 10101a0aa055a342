//! What `/readyz` says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::{Check, CheckReadiness, Readiness};
use node::{Health, Node};

/// Ready when every VDN serves, SIP listens, and no stop has begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready(Arc<AtomicBool>);

impl Ready {
    /// Says whether this server wants work.
    pub(crate) fn set(&self, is_ready: bool) {
        self.0.store(is_ready, Ordering::Relaxed);
    }

    /// The check for the internal face.
    pub(crate) fn check(&self, nodes: &[Node]) -> CheckReadiness {
        let (wants_work, nodes) = (self.clone(), nodes.to_vec());
        Arc::new(move || {
            let mut checks: Vec<Check> = nodes.iter().map(vdn).collect();
            let is_met = wants_work.0.load(Ordering::Relaxed);
            let says = if is_met { "SIP listens" } else { "starting or stopping" };
            checks.push(Check { name: "sip".to_owned(), is_met, says: says.to_owned() });
            Readiness { checks }
        })
    }
}

fn vdn(node: &Node) -> Check {
    let (is_met, says) = match node.health() {
        Health::Serving => (true, "serving".to_owned()),
        Health::Recovering => (false, "being rebuilt from the journal".to_owned()),
        Health::JournalFull => (false, "the journal is full".to_owned()),
        Health::Stopped(why) => (false, format!("stopped: {why}")),
    };
    Check { name: format!("vdn {}", node.vdn()), is_met, says }
}
