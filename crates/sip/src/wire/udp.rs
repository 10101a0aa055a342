//! Our UDP sockets under the library: large receive buffers, strangers counted and messages screened before they are
//! parsed, and sending that never waits.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt;
use rsipstack::platform::net::UdpSocket as LibrarySocket;
use rsipstack::transport::SipConnection;
use rsipstack::transport::udp::{UdpConnection, UdpInner};
use socket2::{Domain, Protocol, Type};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::message::sip_addr;
use super::screen::{Screened, screen};
use crate::admission::Admission;
use crate::place::Place;
use crate::settings::Transport;

/// What the kernel may keep for us while we are busy, in bytes; it may grant less.
const RECEIVE_BUFFER: usize = 4 << 20;

type Pending<'a, T> = Pin<Box<dyn Future<Output = rsipstack::Result<T>> + Send + 'a>>;

/// A bound socket.
#[derive(Debug)]
pub(super) struct Socket {
    /// Its address.
    pub(super) local: SocketAddr,
    socket: UdpSocket,
    admission: Arc<Admission>,
}

/// As the library reads from it.
struct Screening(Arc<Socket>);

/// Binds a listener.
pub(super) fn bind(address: SocketAddr, admission: Arc<Admission>) -> io::Result<Arc<Socket>> {
    let socket = socket2::Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    if let Err(error) = socket.set_recv_buffer_size(RECEIVE_BUFFER) {
        tracing::warn!(%error, "the UDP receive buffer stays as it is");
    }
    socket.bind(&address.into())?;
    let socket = UdpSocket::from_std(socket.into())?;
    Ok(Arc::new(Socket { local: socket.local_addr()?, socket, admission }))
}

/// Hands a socket to the library, which reads from it until the wire stops.
pub(super) fn attach(socket: Arc<Socket>, stop: CancellationToken) -> SipConnection {
    let addr = sip_addr(Transport::Udp, socket.local);
    let inner = UdpInner { conn: Arc::new(Screening(socket)), addr };
    let attached = UdpConnection::attach(inner, None, Some(stop)).now_or_never();
    SipConnection::Udp(attached.expect("attaching a socket waits for nothing"))
}

impl Socket {
    /// The next message that the library is to read, put into `buf`.
    async fn next(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        loop {
            let (len, source) = self.socket.recv_from(buf).await?;
            if !self.admission.admits(Place { transport: Transport::Udp, address: source }) {
                continue;
            }
            // A keep-alive (RFC 5626, 4.4.1), which the library answers.
            if buf[..len].iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
                return Ok((len, source));
            }
            match screen(&buf[..len], source) {
                Screened::Pass => return Ok((len, source)),
                Screened::Mended(message) if message.len() <= buf.len() => {
                    buf[..message.len()].copy_from_slice(&message);
                    return Ok((message.len(), source));
                }
                Screened::Answer(answer) => self.send(&answer, source),
                Screened::Mended(_) | Screened::Drop => {}
            }
        }
    }

    /// Sends, or loses it when the kernel has no room: it is a datagram.
    pub(super) fn send(&self, message: &[u8], to: SocketAddr) {
        if let Err(error) = self.socket.try_send_to(message, to) {
            tracing::debug!(%error, %to, "a datagram was lost on its way out");
        }
    }
}

impl LibrarySocket for Screening {
    fn recv_from<'a, 'b, 'c>(&'a self, buf: &'b mut [u8]) -> Pending<'c, (usize, SocketAddr)>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move { Ok(self.0.next(buf).await?) })
    }

    fn send_to<'a, 'b, 'c>(&'a self, buf: &'b [u8], addr: SocketAddr) -> Pending<'c, usize>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        self.0.send(buf, addr);
        let len = buf.len();
        Box::pin(async move { Ok(len) })
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.0.local)
    }
}
