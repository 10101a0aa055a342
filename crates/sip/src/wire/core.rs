//! What the parts of the wire share.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rsipstack::transaction::endpoint::EndpointInnerRef;
use rsipstack::transaction::key::TransactionKey;
use rsipstack::transport::{SipAddr, SipConnection};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::client::{Branch, Order};
use super::server::Request;
use super::tcp::Connections;
use super::{ClientTxn, FromWire, udp};
use crate::admission::Admission;
use crate::place::{Destination, Flow, Place};
use crate::settings::Transport;

/// 64·T1: for how long messages of a finished transaction may still come (RFC 3261, 17).
pub(super) const AFTERLIFE: Duration = Duration::from_secs(32);

pub(super) struct Core {
    pub(super) endpoint: EndpointInnerRef,
    pub(super) connections: Arc<Connections>,
    pub(super) admission: Arc<Admission>,
    pub(super) udp: Vec<(SocketAddr, SipConnection)>,
    pub(super) tcp: Vec<SocketAddr>,
    pub(super) advertise: Option<IpAddr>,
    pub(super) user_agent: String,
    pub(super) events: UnboundedSender<FromWire>,
    /// Requests of others that wait for an answer, and INVITEs whose 2xx may have to be repeated.
    pub(super) requests: Mutex<HashMap<u64, Request>>,
    /// How many of those wait.
    pub(super) waiting: AtomicUsize,
    pub(super) waiting_max: usize,
    pub(super) last: AtomicU64,
    /// INVITEs that were refused and whose ACK the library waits for.
    pub(super) refused: Mutex<HashSet<TransactionKey>>,
    /// Our requests under way.
    pub(super) orders: Mutex<HashMap<ClientTxn, UnboundedSender<Order>>>,
    /// Our INVITEs, for as long as a 2xx may come.
    pub(super) branches: Mutex<HashMap<Box<str>, Branch>>,
    /// What is to be forgotten when.
    pub(super) ageing: Mutex<VecDeque<(Instant, Ageing)>>,
    pub(super) stop: CancellationToken,
}

/// Something that is kept for [`AFTERLIFE`].
pub(super) enum Ageing {
    Request(u64),
    Branch(Box<str>),
}

/// How a request goes out.
pub(super) struct Way {
    pub(super) connection: SipConnection,
    pub(super) remote: SipAddr,
    pub(super) flow: Flow,
    /// Cancelled when its connection is gone.
    pub(super) gone: Option<CancellationToken>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    /// Tells the door. Nobody listens any more when the edge stops.
    pub(super) fn tell(&self, event: FromWire) {
        let _ = self.events.send(event);
    }

    /// The flow by which the library got a message.
    pub(super) fn flow(&self, connection: &SipConnection, from: &SipAddr) -> Option<Flow> {
        match udp::local(connection) {
            Some(local) => {
                let remote = from.get_socketaddr().ok()?;
                Some(Flow { transport: Transport::Udp, local, remote, connection: 0 })
            }
            None => self.connections.flow(connection),
        }
    }

    /// The way to a destination that needs no new connection.
    pub(super) fn way(&self, to: &Destination) -> Option<Way> {
        match to {
            Destination::Flow(flow) if flow.transport == Transport::Tcp => {
                self.connections.get(flow.connection).map(|connection| tcp_way(&connection))
            }
            Destination::Flow(flow) => {
                let listener = self.udp.iter().find(|(local, _)| *local == flow.local)?;
                Some(udp_way(listener, flow.remote))
            }
            Destination::Place(Place { transport: Transport::Udp, address }) => {
                let fits = |local: &SocketAddr| local.is_ipv4() == address.is_ipv4();
                let listener = self.udp.iter().find(|(local, _)| fits(local))?;
                Some(udp_way(listener, *address))
            }
            Destination::Place(Place { transport: Transport::Tcp, .. }) => None,
        }
    }

    /// The way to a destination, by a new connection if there is no other.
    pub(super) async fn new_way(&self, to: &Destination) -> Option<Way> {
        match (self.way(to), to) {
            (Some(way), _) => Some(way),
            (None, Destination::Place(Place { transport: Transport::Tcp, address })) => {
                let connection = self.connections.connect(*address).await;
                let connection = connection.inspect_err(|error| tracing::info!(%error, to = %address, "no connection"));
                connection.ok().map(|connection| tcp_way(&connection))
            }
            (None, _) => None,
        }
    }

    /// The address of ours that others are to use for what goes this way.
    pub(super) fn advertised(&self, transport: Transport, local: SocketAddr) -> SocketAddr {
        // A connection we opened has a port of its own, at which nobody listens.
        let listener = match transport {
            Transport::Udp => local,
            Transport::Tcp if self.tcp.contains(&local) => local,
            Transport::Tcp => {
                let same = self.tcp.iter().find(|listener| listener.is_ipv4() == local.is_ipv4());
                SocketAddr::new(local.ip(), same.map_or(5060, SocketAddr::port))
            }
        };
        SocketAddr::new(self.advertise.unwrap_or_else(|| listener.ip()), listener.port())
    }

    /// Has something forgotten in [`AFTERLIFE`].
    pub(super) fn age(&self, what: Ageing) {
        lock(&self.ageing).push_back((Instant::now() + AFTERLIFE, what));
    }

    /// Forgets what is old enough, once a second.
    pub(super) async fn forget(self: Arc<Self>) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            loop {
                let now = Instant::now();
                let due = lock(&self.ageing).pop_front_if(|(when, _)| *when <= now);
                match due {
                    None => break,
                    Some((_, Ageing::Request(number))) => self.forget_request(number),
                    Some((_, Ageing::Branch(branch))) => self.forget_branch(&branch),
                }
            }
        }
    }

    pub(super) fn next(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn udp_way((local, connection): &(SocketAddr, SipConnection), to: SocketAddr) -> Way {
    let flow = Flow { transport: Transport::Udp, local: *local, remote: to, connection: 0 };
    let remote = super::message::sip_addr(Transport::Udp, to);
    Way { connection: connection.clone(), remote, flow, gone: None }
}

fn tcp_way(connection: &super::tcp::Connection) -> Way {
    let remote = super::message::sip_addr(Transport::Tcp, connection.flow.remote);
    let gone = Some(connection.gone.clone());
    Way { connection: connection.channel.clone(), remote, flow: connection.flow, gone }
}
