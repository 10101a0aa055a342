//! What `/readyz` says.

use std::sync::{Arc, Mutex, PoisonError};

use api::{Check, CheckReadiness, Readiness};
use node::{Health, Node};
use sip::Vitals;

/// Ready when every VDN serves, SIP listens and is not broken, and no stop has begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready(Arc<Mutex<Sip>>);

#[derive(Clone, Debug, Default)]
enum Sip {
    #[default]
    Starting,
    Listening(Vitals),
    Stopping,
}

impl Ready {
    /// From now on this server wants work, as long as SIP is not broken.
    pub(crate) fn starts(&self, vitals: Vitals) {
        self.set(Sip::Listening(vitals));
    }

    /// From now on it wants none.
    pub(crate) fn stops(&self) {
        if self.broken().is_none() {
            self.set(Sip::Stopping);
        }
    }

    /// The check for the internal face.
    pub(crate) fn check(&self, nodes: &[Node]) -> CheckReadiness {
        let (ready, nodes) = (self.clone(), nodes.to_vec());
        Arc::new(move || {
            let mut checks: Vec<Check> = nodes.iter().map(vdn).collect();
            checks.push(ready.sip());
            Readiness { checks }
        })
    }

    fn sip(&self) -> Check {
        let (is_met, says) = match (self.broken(), self.get()) {
            (Some(part), _) => (false, format!("broken: the {part} ended by a fault of ours; the server stops")),
            (None, Sip::Listening(_)) => (true, "SIP listens".to_owned()),
            (None, Sip::Starting) => (false, "starting".to_owned()),
            (None, Sip::Stopping) => (false, "stopping".to_owned()),
        };
        Check { name: "sip".to_owned(), is_met, says }
    }

    fn broken(&self) -> Option<&'static str> {
        match self.get() {
            Sip::Listening(vitals) => vitals.broken(),
            Sip::Starting | Sip::Stopping => None,
        }
    }

    fn get(&self) -> Sip {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, sip: Sip) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = sip;
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
