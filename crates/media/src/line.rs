//! A port as its thread sees it: the receiving half, and what to do with what comes in.

use crate::keys::KeyDetector;
use crate::orders::Source;
use crate::outlet::{Hears, Kind, Outlet};
use crate::packet::Incoming;
use crate::ports::BoundSocket;
use crate::settings::{Audio, Codec, Remote};
use crate::tally::DropCause;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// The largest datagram we read. Audio packets are far smaller.
pub(crate) const DATAGRAM_MAX: usize = 1500;

/// The receiving half of a port.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) bound: Arc<BoundSocket>,
    pub(crate) outlet: Arc<Outlet>,
    remote: Option<Remote>,
    /// Where what comes in goes on to.
    peer: Option<Arc<Outlet>>,
    keys: KeyDetector,
    /// A sound plays for this port, so it has to be looked at in its phase.
    pub(crate) plays: bool,
}

/// What became of a packet.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) key: Option<char>,
    pub(crate) relayed: Result<(), DropCause>,
}

impl Line {
    pub(crate) fn new(bound: Arc<BoundSocket>, outlet: Arc<Outlet>) -> Self {
        outlet.lock().socket = Some(Arc::clone(&bound));
        Self { bound, outlet, remote: None, peer: None, keys: KeyDetector::default(), plays: false }
    }

    /// Sets or changes the other side. The socket is connected to it, so that the kernel turns strangers away.
    pub(crate) fn set_remote(&mut self, remote: Remote) {
        let was = self.remote.replace(remote);
        let moved = was.is_none_or(|was| was.address != remote.address);
        if moved && let Err(error) = self.bound.socket.connect(remote.address) {
            tracing::warn!(%error, remote = %remote.address, "an RTP port has no way to its remote");
            self.remote = None;
        }
        self.outlet.lock().set_remote(self.remote);
    }

    pub(crate) fn set_source(&mut self, source: Source) {
        let hears = source.hears();
        self.plays = matches!(hears, Hears::Audio(Audio::Hold | Audio::Ringback));
        self.outlet.lock().hear(hears);
        self.peer = match source {
            Source::Peer(peer) => Some(peer),
            Source::Audio(_) => None,
        };
    }

    /// Closes the socket for both threads that may use it. The line itself must be dropped next.
    pub(crate) fn close(&mut self) {
        self.outlet.lock().socket = None;
    }

    /// Judges a datagram and passes it on. `buffer` may be rewritten.
    pub(crate) fn take_in(&mut self, buffer: &mut [u8], length: usize, from: SocketAddr, clock: u64) -> Taken {
        let (packet, kind) = match self.judge(&buffer[..length], from) {
            Ok(judged) => judged,
            Err(cause) => return Taken { key: None, relayed: Err(cause) },
        };
        let key = match kind {
            Kind::Event => self.keys.take_in(&packet, &buffer[packet.payload.clone()], clock),
            Kind::Audio(_) => None,
        };
        let relayed = match &self.peer {
            Some(peer) => peer.lock().relay(self.outlet.id, &packet, kind, buffer, clock),
            None => Err(DropCause::Unconnected),
        };
        Taken { key, relayed }
    }

    fn judge(&self, datagram: &[u8], from: SocketAddr) -> Result<(Incoming, Kind), DropCause> {
        let remote = self.remote.ok_or(DropCause::NoRemote)?;
        // Addresses of version 6 carry a flow label and a scope too, which do not say who somebody is.
        if (from.ip(), from.port()) != (remote.address.ip(), remote.address.port()) {
            return Err(DropCause::Stranger);
        }
        if !remote.receive {
            return Err(DropCause::NotReceiving);
        }
        if datagram.len() > DATAGRAM_MAX {
            return Err(DropCause::Malformed);
        }
        let packet = Incoming::parse(datagram).ok_or(DropCause::Malformed)?;
        let kind = kind(&remote, packet.payload_type).ok_or(DropCause::PayloadType)?;
        Ok((packet, kind))
    }
}

fn kind(remote: &Remote, payload_type: u8) -> Option<Kind> {
    if payload_type == remote.payload_type {
        return Some(Kind::Audio(remote.codec));
    }
    if Some(payload_type) == remote.telephone_event {
        return Some(Kind::Event);
    }
    let is_static = |codec: &Codec| codec.static_payload_type() == payload_type;
    [Codec::Pcma, Codec::Pcmu].into_iter().find(is_static).map(Kind::Audio)
}

/// Whether a socket error is only the echo of an earlier packet that nobody took (ICMP), or of a signal.
pub(crate) fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | ConnectionReset | HostUnreachable | Interrupted | NetworkUnreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_costs_less_than_a_kibibyte() {
        let bytes = size_of::<Option<Line>>() + size_of::<Outlet>() + size_of::<BoundSocket>();
        // Besides: two entries of maps, counters of references, and the allocator's rounding.
        assert!(bytes < 512, "{bytes}");
    }
}
