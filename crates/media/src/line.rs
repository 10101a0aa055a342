//! A port as its thread sees it: the receiving half, and what to do with what comes in.

use crate::keys::KeyDetector;
use crate::orders::Source;
use crate::outlet::{Hears, Kind, Outlet};
use crate::packet::Incoming;
use crate::ports::BoundSocket;
use crate::room::Room;
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
    onward: Onward,
    keys: KeyDetector,
    /// A sound plays for this port, so it has to be looked at in its phase.
    pub(crate) plays: bool,
}

#[derive(Debug)]
enum Onward {
    Nobody,
    Peer(Arc<Outlet>),
    Room(Arc<Room>),
}

/// What became of a packet.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) key: Option<char>,
    /// How many packets left for it at once: none for audio that waits to be mixed.
    pub(crate) passed: Result<u64, DropCause>,
}

impl Line {
    pub(crate) fn new(bound: Arc<BoundSocket>, outlet: Arc<Outlet>) -> Self {
        outlet.lock().socket = Some(Arc::clone(&bound));
        Self { bound, outlet, remote: None, onward: Onward::Nobody, keys: KeyDetector::default(), plays: false }
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
        self.leave_room();
        self.onward = match source {
            Source::Audio(_) => Onward::Nobody,
            Source::Peer(peer) => Onward::Peer(peer),
            Source::Room(room) => {
                room.enter(Arc::clone(&self.outlet));
                Onward::Room(room)
            }
        };
    }

    fn leave_room(&self) {
        if let Onward::Room(room) = &self.onward {
            room.leave(self.outlet.id);
        }
    }

    /// Closes the socket for all threads that may use it. The line itself must be dropped next.
    pub(crate) fn close(&mut self) {
        self.leave_room();
        self.outlet.lock().socket = None;
    }

    /// Judges a datagram and passes it on. `buffer` may be rewritten.
    pub(crate) fn take_in(&mut self, buffer: &mut [u8], length: usize, from: SocketAddr, clock: u64) -> Taken {
        let (packet, kind) = match self.judge(&buffer[..length], from) {
            Ok(judged) => judged,
            Err(cause) => return Taken { key: None, passed: Err(cause) },
        };
        let key = match kind {
            Kind::Event => self.keys.take_in(&packet, &buffer[packet.payload.clone()], clock),
            Kind::Audio(_) => None,
        };
        let from = self.outlet.id;
        let passed = match &self.onward {
            Onward::Nobody => Err(DropCause::Unconnected),
            Onward::Peer(peer) => peer.lock().relay(from, &packet, kind, buffer, clock).map(|()| 1),
            Onward::Room(room) => room.take_in(from, &packet, kind, buffer, clock),
        };
        Taken { key, passed }
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
    use crate::media::PortId;
    use crate::ports::PortPool;
    use crate::stream::Stream;
    use std::net::{IpAddr, Ipv6Addr, SocketAddrV6};

    fn line(address: IpAddr, number: u16) -> Line {
        let pool = PortPool::new(address, number..=number).expect("range");
        let bound = Arc::new(pool.bind().expect("a port for this test"));
        Line::new(bound, Arc::new(Outlet::new(PortId(0), Stream::new(0).expect("chance"))))
    }

    fn remote(address: SocketAddr) -> Remote {
        let codec = Codec::Pcma;
        Remote { address, codec, payload_type: 96, telephone_event: Some(101), send: true, receive: true }
    }

    fn packet(payload_type: u8) -> Vec<u8> {
        [&[0x80, payload_type, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7][..], &[5, 10, 0, 160]].concat()
    }

    fn take_in(line: &mut Line, payload_type: u8, from: SocketAddr) -> (Option<char>, Result<u64, DropCause>) {
        let mut buffer = packet(payload_type);
        let length = buffer.len();
        let taken = line.take_in(&mut buffer, length, from, 0);
        (taken.key, taken.passed)
    }

    #[test]
    fn strangers_are_known_by_address_and_by_port_without_the_kernels_help() {
        let mut line = line(IpAddr::from([127, 0, 0, 1]), 21_100);
        let phone = SocketAddr::from(([127, 0, 0, 1], 9_000));
        assert_eq!(take_in(&mut line, 101, phone), (None, Err(DropCause::NoRemote)));
        line.set_remote(remote(phone));
        for stranger in [([127, 0, 0, 1], 9_001), ([127, 0, 0, 2], 9_000)] {
            assert_eq!(take_in(&mut line, 101, stranger.into()), (None, Err(DropCause::Stranger)));
        }
        assert_eq!(take_in(&mut line, 101, phone), (Some('5'), Err(DropCause::Unconnected)));
    }

    #[test]
    fn a_flow_label_makes_no_stranger() {
        let mut line = line(IpAddr::V6(Ipv6Addr::LOCALHOST), 21_102);
        line.set_remote(remote(SocketAddr::from((Ipv6Addr::LOCALHOST, 9_000))));
        let labelled = SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 9_000, 5, 0));
        assert_eq!(take_in(&mut line, 101, labelled), (Some('5'), Err(DropCause::Unconnected)));
    }

    #[test]
    fn payload_types_are_those_of_the_sdp_and_the_static_ones() {
        let remote = remote(SocketAddr::from(([127, 0, 0, 1], 9_000)));
        let expected = [
            (96, Some(Kind::Audio(Codec::Pcma))),
            (101, Some(Kind::Event)),
            (0, Some(Kind::Audio(Codec::Pcmu))),
            (8, Some(Kind::Audio(Codec::Pcma))),
            (13, None),
            (97, None),
        ];
        for (payload_type, is) in expected {
            assert_eq!(kind(&remote, payload_type), is, "{payload_type}");
        }
    }

    #[test]
    fn a_remote_out_of_reach_is_no_remote() {
        let mut line = line(IpAddr::from([127, 0, 0, 1]), 21_104);
        let elsewhere = SocketAddr::from((Ipv6Addr::LOCALHOST, 9_000));
        line.set_remote(remote(elsewhere));
        assert_eq!(take_in(&mut line, 101, elsewhere), (None, Err(DropCause::NoRemote)));
    }

    #[test]
    fn a_port_costs_less_than_a_kibibyte() {
        let bytes = size_of::<Option<Line>>() + size_of::<Outlet>() + size_of::<BoundSocket>();
        // Besides: two entries of maps, counters of references, and the allocator's rounding.
        assert!(bytes < 512, "{bytes}");
    }
}
