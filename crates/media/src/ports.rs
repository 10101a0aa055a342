//! The numbers of the range that are free. Which one is next is left to chance, so that a stranger cannot aim.

use crate::error::MediaError;
use mio::net::UdpSocket;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Expedited forwarding (RFC 3246), shifted to its place in the traffic class octet.
const EXPEDITED: u32 = 46 << 2;

/// The free even ports of the range.
#[derive(Debug)]
pub(crate) struct PortPool {
    address: IpAddr,
    range: RangeInclusive<u16>,
    free: Mutex<Vec<u16>>,
}

/// A bound socket together with the right to its number.
#[derive(Debug)]
pub(crate) struct BoundSocket {
    // Fields are dropped in this order: the socket is closed before its number is free again.
    pub(crate) socket: UdpSocket,
    lease: Lease,
}

#[derive(Debug)]
struct Lease {
    number: u16,
    pool: Arc<PortPool>,
}

impl PortPool {
    pub(crate) fn new(address: IpAddr, range: RangeInclusive<u16>) -> Result<Arc<Self>, MediaError> {
        let free: Vec<u16> = range.clone().filter(|port| port % 2 == 0 && *port != 0).collect();
        if free.is_empty() {
            return Err(MediaError::EmptyRange { first: *range.start(), last: *range.end() });
        }
        Ok(Arc::new(Self { address, range, free: Mutex::new(free) }))
    }

    /// Binds a socket to a free port. Ports that another program holds are passed over.
    pub(crate) fn bind(self: &Arc<Self>) -> Result<BoundSocket, MediaError> {
        let mut taken_by_others = Vec::new();
        let outcome = loop {
            let lease = match self.lease() {
                Ok(lease) => lease,
                Err(error) => break Err(error),
            };
            let address = SocketAddr::new(self.address, lease.number);
            match bind(address) {
                Ok(socket) => break Ok(BoundSocket { socket, lease }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => taken_by_others.push(lease),
                Err(error) => break Err(MediaError::Socket { address, error }),
            }
        };
        drop(taken_by_others);
        outcome
    }

    fn lease(self: &Arc<Self>) -> Result<Lease, MediaError> {
        let chance = getrandom::u64().map_err(MediaError::Random)?;
        let mut free = self.free();
        if free.is_empty() {
            return Err(MediaError::NoPort { first: *self.range.start(), last: *self.range.end() });
        }
        let index = chance % free.len() as u64;
        let number = free.swap_remove(index as usize);
        Ok(Lease { number, pool: Arc::clone(self) })
    }

    fn free(&self) -> MutexGuard<'_, Vec<u16>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BoundSocket {
    /// The port number.
    pub(crate) fn local(&self) -> SocketAddr {
        SocketAddr::new(self.lease.pool.address, self.lease.number)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.free().push(self.number);
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    } else if let Err(error) = socket.set_tos_v4(EXPEDITED) {
        tracing::debug!(%error, "RTP packets leave without a traffic class");
    }
    socket.bind(&address.into())?;
    Ok(UdpSocket::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn only_even_ports_are_given_and_each_once() {
        let pool = PortPool::new(LOOPBACK, 21_001..=21_008).expect("range");
        let sockets: Vec<_> = std::iter::from_fn(|| pool.bind().ok()).collect();
        let mut numbers: Vec<_> = sockets.iter().map(|bound| bound.local().port()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [21_002, 21_004, 21_006, 21_008]);
        assert!(matches!(pool.bind(), Err(MediaError::NoPort { first: 21_001, last: 21_008 })));
    }

    #[test]
    fn a_dropped_socket_frees_its_number() {
        let pool = PortPool::new(LOOPBACK, 21_010..=21_010).expect("range");
        for _ in 0..3 {
            assert_eq!(pool.bind().expect("free again").local().port(), 21_010);
        }
    }

    #[test]
    fn a_port_held_by_another_program_is_passed_over() {
        let other = std::net::UdpSocket::bind("127.0.0.1:21022").expect("test port");
        let pool = PortPool::new(LOOPBACK, 21_020..=21_023).expect("range");
        let bound = pool.bind().expect("one is left");
        assert_eq!(bound.local().port(), 21_020);
        assert!(matches!(pool.bind(), Err(MediaError::NoPort { .. })));
        drop(other);
        assert_eq!(pool.bind().expect("given back by the other program").local().port(), 21_022);
    }

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "the mistake under test")]
    fn a_range_without_even_ports_is_refused() {
        for range in [21_031..=21_031, 0..=1, 21_035..=21_030] {
            assert!(matches!(PortPool::new(LOOPBACK, range), Err(MediaError::EmptyRange { .. })));
        }
    }
}
