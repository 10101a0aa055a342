//! Our TCP connections, handed to the library as channels.
//!
//! The library's own would let one peer that does not read hold up everybody, and fall over a length near 2⁶⁴. Here each
//! connection has a task that reads and one that writes; what cannot be written in time closes the connection. TLS and
//! WebSocket will use the same [`serve`] over their own streams.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use futures::FutureExt;
use rsipstack::sip::{self, HostWithPort, SipMessage};
use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::{SipAddr, SipConnection, TransportEvent};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::message::sip_addr;
use super::screen::{Screened, content_length, head_len, screen};
use crate::admission::Admission;
use crate::place::{Flow, Place};
use crate::settings::Transport;

/// A longer message closes its connection.
const MESSAGE_MAX: usize = 64 * 1024;
/// How many messages may wait for a peer that reads slowly.
const WAITING_MAX: usize = 2_000;
/// For how long a peer may read nothing while something waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// For how long a connection of nobody we know may be silent.
const IDLE_STRANGER: Duration = Duration::from_secs(30);
/// For how long any connection may be silent. Registrations are refreshed within an hour.
const IDLE: Duration = Duration::from_secs(4000);

/// Every open TCP connection.
#[derive(Debug)]
pub(super) struct Connections {
    admission: Arc<Admission>,
    open: Mutex<HashMap<u64, Connection>>,
    last: AtomicU64,
    max: usize,
    /// What was read, on its way to the library.
    inlet: UnboundedSender<TransportEvent>,
    /// Told of every connection that is gone.
    closed: UnboundedSender<Flow>,
    /// Cancelled when the wire stops.
    stop: CancellationToken,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    /// Which.
    pub(super) flow: Flow,
    /// As the library uses it.
    pub(super) channel: SipConnection,
    /// Cancelled when it is gone.
    pub(super) gone: CancellationToken,
    raw: Sender<Vec<u8>>,
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
    pub(super) fn new(
        admission: Arc<Admission>,
        max: usize,
        inlet: UnboundedSender<TransportEvent>,
        closed: UnboundedSender<Flow>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let (open, last) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { admission, open, last, max, inlet, closed, stop })
    }

    /// Accepts connections until the wire stops.
    pub(super) async fn accept(self: Arc<Self>, listener: TcpListener, local: SocketAddr) {
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, remote)) => {
                    let place = Place { transport: Transport::Tcp, address: remote };
                    if self.len() < self.max && self.admission.admits(place) {
                        self.serve(stream, local, remote);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a TCP connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// An open connection to this place, or a new one.
    pub(super) async fn connect(self: &Arc<Self>, to: SocketAddr) -> io::Result<Connection> {
        let open = || self.lock().values().find(|connection| connection.flow.remote == to).cloned();
        if let Some(connection) = open() {
            return Ok(connection);
        }
        let dialled = tokio::time::timeout(PATIENCE, TcpStream::connect(to)).await;
        let stream = dialled.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let local = stream.local_addr()?;
        Ok(self.serve(stream, local, to))
    }

    /// The connection with this number, while it is open.
    pub(super) fn get(&self, number: u64) -> Option<Connection> {
        self.lock().get(&number).cloned()
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The flow of a connection of the library's.
    pub(super) fn flow(&self, channel: &SipConnection) -> Option<Flow> {
        let number = number(channel.get_addr())?;
        self.lock().get(&number).map(|connection| connection.flow)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Connection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(self: &Arc<Self>, stream: TcpStream, local: SocketAddr, remote: SocketAddr) -> Connection {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let flow = Flow { transport: Transport::Tcp, local, remote, connection: number };
        let (outlet, messages) = unbounded_channel();
        let (raw, answers) = channel(16);
        let (_, never) = unbounded_channel();
        let channel = ChannelConnection::create_connection(never, outlet, name(number), None);
        let channel = channel.now_or_never().and_then(Result::ok).expect("making a channel waits for nothing");
        let gone = self.stop.child_token();
        let connection = Connection { flow, channel: SipConnection::Channel(channel), gone, raw };
        self.lock().insert(number, connection.clone());
        tokio::spawn(serve(self.clone(), connection.clone(), stream, Outbox { messages, answers }));
        connection
    }

    fn close(&self, connection: &Connection) {
        connection.gone.cancel();
        self.lock().remove(&connection.flow.connection);
        // Nobody listens any more when the wire has stopped.
        let _ = self.closed.send(connection.flow);
    }
}

/// How the library knows a connection: by a name that is no host's.
fn name(number: u64) -> SipAddr {
    let host = HostWithPort { host: sip::Host::Domain(format!("tcp-{number}").into()), port: None };
    SipAddr { r#type: Some(sip::Transport::Tcp), addr: host }
}

fn number(addr: &SipAddr) -> Option<u64> {
    match &addr.addr.host {
        sip::Host::Domain(domain) => domain.0.strip_prefix("tcp-")?.parse().ok(),
        sip::Host::IpAddr(_) => None,
    }
}

/// Reads and writes one connection until either side is done with it.
async fn serve(
    connections: Arc<Connections>,
    connection: Connection,
    stream: impl AsyncRead + AsyncWrite + Send + 'static,
    outbox: Outbox,
) {
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        () = connection.gone.cancelled() => {}
        () = read(&connections, &connection, reader) => {}
        () = write(writer, outbox) => {}
    }
    connections.close(&connection);
}

async fn read(connections: &Connections, connection: &Connection, mut reader: impl AsyncRead + Unpin) {
    let place = connection.flow.place();
    let mut buffer = BytesMut::new();
    loop {
        let patience = if connections.admission.knows(place) { IDLE } else { IDLE_STRANGER };
        buffer.reserve(2048);
        match tokio::time::timeout(patience, reader.read_buf(&mut buffer)).await {
            Ok(Ok(1..)) => {}
            Ok(Ok(0) | Err(_)) | Err(_) => return,
        }
        loop {
            match frame(&mut buffer, connection.flow.remote) {
                Frame::Incomplete => break,
                Frame::Raw(answer) => connection.send_raw(answer),
                Frame::Message(message) => {
                    if !connections.admission.admits(place) {
                        return;
                    }
                    let from = sip_addr(Transport::Tcp, connection.flow.remote);
                    let event = TransportEvent::Incoming(message, connection.channel.clone(), from);
                    if connections.inlet.send(event).is_err() {
                        return;
                    }
                }
                Frame::Broken(answer) => {
                    if let Some(answer) = answer {
                        connection.send_raw(answer);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                    return;
                }
            }
        }
    }
}

impl Connection {
    /// Sends bytes that the library knows nothing of; loses them when too much waits already.
    fn send_raw(&self, bytes: Vec<u8>) {
        if self.raw.try_send(bytes).is_err() {
            tracing::debug!(remote = %self.flow.remote, "an answer was lost on its way out");
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

/// What waits to be written.
struct Outbox {
    messages: UnboundedReceiver<TransportEvent>,
    answers: Receiver<Vec<u8>>,
}

impl Outbox {
    async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            tokio::select! {
                event = self.messages.recv() => match event? {
                    TransportEvent::Incoming(message, _, _) => return Some(message.to_bytes()),
                    TransportEvent::New(_) | TransportEvent::Closed(_) => {}
                },
                answer = self.answers.recv() => return answer,
            }
        }
    }
}

/// Writes what waits, until the peer stops reading or too much waits.
async fn write(mut writer: impl AsyncWrite + Unpin, mut outbox: Outbox) {
    while let Some(bytes) = outbox.next().await {
        let writing = tokio::time::timeout(PATIENCE, writer.write_all(&bytes));
        tokio::pin!(writing);
        loop {
            tokio::select! {
                written = &mut writing => match written {
                    Ok(Ok(())) => break,
                    Ok(Err(_)) | Err(_) => return,
                },
                () = tokio::time::sleep(Duration::from_millis(100)) => {}
            }
            if outbox.messages.len() > WAITING_MAX {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, MESSAGE_MAX, frame, name, number};
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

    #[test]
    fn a_connection_is_known_by_its_number() {
        assert_eq!(number(&name(17)), Some(17));
    }
}
