//! The edge as a whole: sockets, door, switchboard.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use media::{Media, MediaError};
use node::Node;

use crate::admission::Admission;
use crate::digest::Authenticator;
use crate::directory::Directory;
use crate::door::{self, Doorkeeper};
use crate::registrar::Registrar;
use crate::settings::{Listen, Mistake, Settings};
use crate::switchboard::{self, Channel, Switchboard};
use crate::vitals::Vitals;
use crate::wire::Wire;

/// The SIP edge of a server. Stops, without a word to its phones, when it is dropped; [`Edge::stop`] is the orderly way.
#[derive(Debug)]
pub struct Edge {
    wire: Wire,
    door: Doorkeeper,
    switchboard: Switchboard,
    directory: Arc<ArcSwap<Directory>>,
    registrar: Registrar,
    admission: Arc<Admission>,
    vitals: Vitals,
}

/// Why the edge could not be started, or not be given other settings.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings contradict themselves.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<Mistake>),
    /// A socket could not be opened.
    #[error("cannot listen on {} {}", .0.transport.as_str(), .0.address)]
    Listen(Listen, #[source] io::Error),
    /// The system has no randomness to give.
    #[error("the system gives no random numbers")]
    Chance(#[source] io::Error),
    /// A VDN of the settings has no node.
    #[error("VDN {0} is not served by this process")]
    NoNode(engine::VdnId),
    /// No audio can be had.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// How the edge does, for readiness and metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Where it listens, with the real port where 0 was asked for.
    pub listening: Vec<(&'static str, SocketAddr)>,
    /// Phones that are bound.
    pub bindings: usize,
    /// Requests of others that wait for our answer.
    pub transactions: usize,
    /// Calls that the switchboard holds.
    pub calls: usize,
    /// TCP connections that are open.
    pub connections: usize,
    /// Messages of strangers that were not read.
    pub turned_away: u64,
}

impl Edge {
    /// Opens the sockets and serves the VDNs of these nodes. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// When the settings cannot be used or a socket cannot be opened; nothing is left running then.
    pub async fn start(settings: Settings, nodes: Vec<Node>) -> Result<Self, StartError> {
        let mistakes = settings.mistakes();
        if !mistakes.is_empty() {
            return Err(StartError::Settings(mistakes));
        }
        for vdn in &settings.vdns {
            if !nodes.iter().any(|node| node.vdn() == vdn.vdn) {
                return Err(StartError::NoNode(vdn.vdn));
            }
        }
        let chance = |error: getrandom::Error| StartError::Chance(io::Error::other(error));
        let authenticator = Arc::new(Authenticator::new().map_err(chance)?);
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(chance)?;
        let directory = Arc::new(Directory::new(settings));
        let current = Arc::new(ArcSwap::new(Arc::clone(&directory)));
        let admission = Arc::new(Admission::new(Arc::clone(&current), Arc::clone(&authenticator)));
        let registrar = Registrar::new(Arc::clone(&admission));
        let channel = Channel::default();
        // Reads the hold audio.
        let (audio, events) = (directory.settings().media.clone(), channel.media_events());
        let media = tokio::task::spawn_blocking(move || Media::start(audio, events)).await;
        let media = media.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
        let vitals = Vitals::default();
        let (wire, inbox) = Wire::start(directory.settings(), Arc::clone(&admission), &vitals)?;
        let phones = {
            let (directory, registrar) = (Arc::clone(&current), registrar.clone());
            Box::new(move |vdn, agent| door::phones(&directory.load(), &registrar, vdn, agent))
        };
        let network = wire.clone();
        let made_of = switchboard::Parts {
            directory,
            nodes: nodes.clone(),
            phones,
            network,
            admission: Arc::clone(&admission),
            media,
            secret,
        };
        let switchboard = Switchboard::start(channel, made_of, &vitals);
        let inside = switchboard.entrance();
        let door = door::Parts {
            wire: wire.clone(),
            inbox,
            directory: Arc::clone(&current),
            authenticator,
            registrar: registrar.clone(),
            nodes,
            inside,
        };
        let door = Doorkeeper::start(door, &vitals);
        Ok(Self { wire, door, switchboard, directory: current, registrar, admission, vitals })
    }

    /// Swaps the settings. Listeners, media and limits stay as they were started; everything else counts from the next
    /// request on.
    ///
    /// # Errors
    /// When the settings cannot be used: the old ones go on.
    pub fn reload(&self, settings: Settings) -> Result<(), StartError> {
        let mistakes = settings.mistakes();
        if !mistakes.is_empty() {
            return Err(StartError::Settings(mistakes));
        }
        let directory = Arc::new(Directory::new(settings));
        self.directory.store(Arc::clone(&directory));
        self.switchboard.reload(directory);
        self.door.reload();
        Ok(())
    }

    /// How it does.
    #[must_use]
    pub fn status(&self) -> Status {
        let listening = self.wire.listening().iter();
        Status {
            listening: listening.map(|listen| (listen.transport.as_str(), listen.address)).collect(),
            bindings: self.registrar.len(),
            transactions: self.wire.waiting(),
            calls: self.switchboard.calls(),
            connections: self.wire.connections(),
            turned_away: self.admission.turned_away(),
        }
    }

    /// Whether its parts still run: for readiness, and for who ends the process when one does not.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        self.vitals.clone()
    }

    /// Takes no new calls, hangs up what is live, and closes the sockets; within 5 s.
    pub async fn stop(self) {
        self.vitals.stopping();
        self.switchboard.stop().await;
        self.door.stop().await;
        self.wire.stop();
    }
}
