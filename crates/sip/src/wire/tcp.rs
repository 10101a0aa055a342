//! TCP connections: one task each, which reads what comes and writes what waits.
//!
//! The library's own are not used: one peer that does not read would hold up everybody, and a length near 2⁶⁴ would end
//! a connection's task without its socket. TLS and WebSocket will use the same [`serve`] over their own streams.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use rsipstack::sip::{self, SipMessage};
use rsipstack::transport::SipConnection;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;

use super::core::Core;
use super::screen::{Screened, content_length, head_len, screen};
use crate::place::{Flow, Place};
use crate::settings::Transport;

/// A longer message closes its connection.
const MESSAGE_MAX: usize = 64 * 1024;
/// How many messages may wait for a peer that reads slowly; one more closes its connection.
const WAITING_MAX: usize = 1_000;
/// For how long a peer may read nothing while something waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// For how long a connection of nobody we know may be silent.
const IDLE_STRANGER: Duration = Duration::from_secs(30);
/// For how long any connection may be silent. Registrations are refreshed within an hour.
const IDLE: Duration = Duration::from_secs(4000);

/// Every open TCP connection.
#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<HashMap<u64, Connection>>,
    last: AtomicU64,
    max: usize,
}

/// One of them.
#[derive(Debug)]
struct Connection {
    flow: Flow,
    outbox: Sender<Bytes>,
    /// Cancelled to close it.
    close: CancellationToken,
}

/// What is to be done with a connection's bytes.
enum Frame {
    Message(SipMessage),
    Raw(Vec<u8>),
    Incomplete,
    Broken(Option<Vec<u8>>),
}

/// Binds a listener.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

impl Connections {
    pub(super) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), last: AtomicU64::new(0), max })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether the connection with this number is open.
    pub(super) fn is_open(&self, number: u64) -> bool {
        self.lock().contains_key(&number)
    }

    /// An open connection to this address.
    pub(super) fn to(&self, remote: SocketAddr) -> Option<Flow> {
        self.lock().values().find(|connection| connection.flow.remote == remote).map(|connection| connection.flow)
    }

    /// Sends. What a closed connection is given goes nowhere; one that has too much waiting is closed.
    pub(super) fn send(&self, number: u64, message: Bytes) {
        if let Some(connection) = self.lock().get(&number)
            && connection.outbox.try_send(message).is_err()
        {
            connection.close.cancel();
        }
    }
}

/// Accepts connections until the wire stops.
pub(super) async fn accept(core: Arc<Core>, listener: TcpListener, local: SocketAddr) {
    loop {
        let accepted = tokio::select! {
            () = core.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => {
                let place = Place { transport: Transport::Tcp, address: remote };
                if core.connections.len() < core.connections.max && core.admission.admits(place) {
                    open(&core, stream, local, remote);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a TCP connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Opens a connection to this address.
pub(super) async fn connect(core: &Arc<Core>, to: SocketAddr) -> io::Result<Flow> {
    let dialled = tokio::time::timeout(PATIENCE, TcpStream::connect(to)).await;
    let stream = dialled.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    let local = stream.local_addr()?;
    Ok(open(core, stream, local, to))
}

fn open(core: &Arc<Core>, stream: TcpStream, local: SocketAddr, remote: SocketAddr) -> Flow {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let number = core.connections.last.fetch_add(1, Ordering::Relaxed) + 1;
    let flow = Flow { transport: Transport::Tcp, local, remote, connection: number };
    let (outbox, waiting) = channel(WAITING_MAX);
    let close = core.stop.child_token();
    let connection = Connection { flow, outbox: outbox.clone(), close: close.clone() };
    core.connections.lock().insert(number, connection);
    let core = core.clone();
    tokio::spawn(async move {
        serve(&core, flow, stream, outbox, waiting, close).await;
        core.connections.lock().remove(&number);
        core.closed(flow);
    });
    flow
}

/// Reads and writes one connection until either side is done with it.
async fn serve(
    core: &Core,
    flow: Flow,
    stream: impl AsyncRead + AsyncWrite,
    outbox: Sender<Bytes>,
    waiting: Receiver<Bytes>,
    close: CancellationToken,
) {
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        () = close.cancelled() => {}
        () = read(core, flow, reader, outbox) => {}
        () = write(writer, waiting) => {}
    }
}

async fn read(core: &Core, flow: Flow, mut reader: impl AsyncRead + Unpin, outbox: Sender<Bytes>) {
    let place = flow.place();
    let mut buffer = BytesMut::new();
    loop {
        let patience = if core.admission.knows(place) { IDLE } else { IDLE_STRANGER };
        buffer.reserve(2048);
        match tokio::time::timeout(patience, reader.read_buf(&mut buffer)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return,
        }
        loop {
            match frame(&mut buffer, flow.remote) {
                Frame::Incomplete => break,
                // Who does not read its pongs gets none.
                Frame::Raw(answer) => drop(outbox.try_send(answer.into())),
                Frame::Message(message) => {
                    if !core.admission.admits(place) {
                        return;
                    }
                    core.received(message, flow);
                }
                Frame::Broken(answer) => {
                    if let Some(answer) = answer {
                        drop(outbox.try_send(answer.into()));
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    return;
                }
            }
        }
    }
}

/// Writes what waits, until the peer stops reading.
async fn write(mut writer: impl AsyncWrite + Unpin, mut waiting: Receiver<Bytes>) {
    while let Some(message) = waiting.recv().await {
        let written = tokio::time::timeout(PATIENCE, writer.write_all(&message)).await;
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
    }
}

/// Takes the next message off the buffer (RFC 3261, 18.3: a stream needs `Content-Length`).
fn frame(buffer: &mut BytesMut, source: SocketAddr) -> Frame {
    loop {
        // Keep-alives (RFC 5626, 4.4.1), and the blank lines that some phones put between messages.
        if buffer.starts_with(b"\r\n\r\n") {
            buffer.advance(4);
            return Frame::Raw(b"\r\n".to_vec());
        }
        if b"\r\n\r\n".starts_with(buffer) {
            return Frame::Incomplete;
        }
        if buffer.starts_with(b"\r\n") {
            buffer.advance(2);
        }
        let Some(head) = head_len(buffer) else {
            return if buffer.len() > MESSAGE_MAX { Frame::Broken(None) } else { Frame::Incomplete };
        };
        let whole = match content_length(&buffer[..head]) {
            Ok(Some(length)) if head + length <= MESSAGE_MAX => head + length,
            // Where the next message begins cannot be told any more.
            Ok(_) | Err(()) => return Frame::Broken(refusal(&buffer[..head], source)),
        };
        if buffer.len() < whole {
            return Frame::Incomplete;
        }
        let message = buffer.split_to(whole);
        let parsed = match screen(&message, source) {
            Screened::Pass => SipMessage::try_from(&message[..]),
            Screened::Mended(mended) => SipMessage::try_from(&mended[..]),
            Screened::Answer(answer) => return Frame::Raw(answer),
            Screened::Drop => continue,
        };
        let via = |message| SipConnection::update_msg_received(message, source, sip::Transport::Tcp).ok();
        if let Some(message) = parsed.ok().and_then(via) {
            return Frame::Message(message);
        }
    }
}

/// What to say to a header section whose length lies.
fn refusal(head: &[u8], source: SocketAddr) -> Option<Vec<u8>> {
    match screen(head, source) {
        Screened::Answer(answer) => Some(answer),
        Screened::Pass | Screened::Mended(_) | Screened::Drop => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, MESSAGE_MAX, frame};
    use bytes::BytesMut;
    use std::net::SocketAddr;

    const MESSAGE: &str = "OPTIONS sip:demo SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@d>;tag=1\r\n\
                           To: <sip:b@d>\r\nCall-ID: x\r\nCSeq: 7 OPTIONS\r\nContent-Length: 3\r\n\r\nabc";

    fn source() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 5099))
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_messages() {
        let stream = format!("\r\n{MESSAGE}\r\n\r\n{MESSAGE}{MESSAGE}");
        for cut in 1..40 {
            let (mut buffer, mut messages, mut pongs) = (BytesMut::new(), 0, 0);
            for piece in stream.as_bytes().chunks(cut) {
                buffer.extend_from_slice(piece);
                loop {
                    match frame(&mut buffer, source()) {
                        Frame::Message(_) => messages += 1,
                        Frame::Raw(_) => pongs += 1,
                        Frame::Incomplete => break,
                        Frame::Broken(_) => panic!("broken at {cut}"),
                    }
                }
            }
            assert_eq!((messages, pongs, buffer.len()), (3, 1, 0), "cut into {cut}");
        }
    }

    #[test]
    fn a_length_that_lies_ends_the_stream() {
        for length in ["", "x", "-1", "99999999", "18446744073709551615", "3\r\nContent-Length: 4"] {
            let text = MESSAGE.replace("Content-Length: 3", &format!("Content-Length: {length}"));
            let mut buffer = BytesMut::from(text.as_bytes());
            assert!(matches!(frame(&mut buffer, source()), Frame::Broken(_)), "{length}");
        }
        let missing = MESSAGE.replace("Content-Length: 3\r\n", "");
        assert!(matches!(frame(&mut BytesMut::from(missing.as_bytes()), source()), Frame::Broken(_)));
        let endless = vec![b'x'; MESSAGE_MAX + 1];
        assert!(matches!(frame(&mut BytesMut::from(&endless[..]), source()), Frame::Broken(None)));
    }
}
