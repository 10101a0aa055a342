//! A phone that says what the test tells it to say, over real sockets on loopback.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use engine::VdnId;
use sip::admission::Admission;
use sip::digest::Authenticator;
use sip::directory::Directory;
use sip::settings::{Listen, Settings, Transport, Trunk, VdnSettings};
use sip::wire::{FromWire, Inbox, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// UDP and TCP on free ports, VDN 170, no phones, no trunks.
pub fn settings() -> Settings {
    let listen = [Transport::Udp, Transport::Tcp].map(|transport| Listen { transport, address: loopback(0) });
    let media = media::Settings::new(Ipv4Addr::LOCALHOST.into(), 20_000..=20_100);
    let mut settings = Settings::new(listen.to_vec(), media);
    settings.vdns.push(VdnSettings::new(VdnId(170), "demo.example"));
    settings
}

/// The same, with loopback as a trunk.
pub fn trusting() -> Settings {
    let mut settings = settings();
    settings.trunks.push(Trunk {
        name: "loopback".into(),
        sources: vec!["127.0.0.0/8".parse().unwrap()],
        vdn: VdnId(170),
        max_calls: None,
        outbound: Vec::new(),
    });
    settings
}

/// A wire under test.
pub struct Bench {
    pub wire: Wire,
    pub inbox: Inbox,
}

impl Bench {
    pub fn start(settings: Settings) -> Self {
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(settings.clone())));
        let admission = Admission::new(directory, Arc::new(Authenticator::new().unwrap()));
        let (wire, inbox) = Wire::start(&settings, Arc::new(admission), &sip::Vitals::default()).unwrap();
        Self { wire, inbox }
    }

    pub fn address(&self, transport: Transport) -> SocketAddr {
        self.wire.listening().iter().find(|listen| listen.transport == transport).unwrap().address
    }

    pub async fn phone(&self) -> Phone {
        Phone::new(self.address(Transport::Udp)).await
    }

    pub async fn next(&mut self) -> FromWire {
        tokio::time::timeout(PATIENCE, self.inbox.recv()).await.expect("nothing came in").expect("the wire is closed")
    }

    /// Nothing comes in for a while.
    pub async fn is_quiet(&mut self) {
        let came = tokio::time::timeout(Duration::from_millis(200), self.inbox.recv()).await;
        assert!(came.is_err(), "came in: {:?}", came.unwrap());
    }
}

/// A UDP phone.
pub struct Phone {
    socket: UdpSocket,
    pub server: SocketAddr,
}

impl Phone {
    pub async fn new(server: SocketAddr) -> Self {
        Self { socket: UdpSocket::bind(loopback(0)).await.unwrap(), server }
    }

    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub async fn send(&self, message: &str) {
        self.send_bytes(message.as_bytes()).await;
    }

    pub async fn send_bytes(&self, message: &[u8]) {
        self.socket.send_to(message, self.server).await.unwrap();
    }

    pub async fn receive(&self) -> String {
        self.receive_within(PATIENCE).await.expect("nothing was received")
    }

    pub async fn receive_within(&self, patience: Duration) -> Option<String> {
        let mut buffer = vec![0; 65_536];
        let received = tokio::time::timeout(patience, self.socket.recv_from(&mut buffer)).await;
        let (len, _) = received.ok()?.unwrap();
        Some(String::from_utf8_lossy(&buffer[..len]).into_owned())
    }

    /// Receives until a response with this status comes; what comes before must be provisional.
    pub async fn status(&self, wanted: u16) -> String {
        loop {
            let message = self.receive().await;
            match status(&message) {
                Some(status) if status == wanted => return message,
                Some(100..=199) => {}
                _ => panic!("wanted {wanted}, got {message}"),
            }
        }
    }

    /// An initial request, or one inside a dialog when `to` has a tag.
    pub fn request(&self, method: &str, uri: &str, more: &Request<'_>) -> String {
        let Request { call, cseq, to, headers, body } = more;
        let at = self.address();
        let branch = more.branch(method);
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {at};rport;branch={branch}\r\nMax-Forwards: 70\r\n\
             From: <sip:tester@demo.example>;tag=f{call}\r\nTo: <{uri}>{to}\r\nCall-ID: {call}\r\n\
             CSeq: {cseq} {}\r\nContact: <sip:tester@{at}>\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            method,
            body.len()
        )
    }

    /// Sends a request and gives its final answer.
    pub async fn ask(&self, method: &str, uri: &str, more: &Request<'_>) -> String {
        self.send(&self.request(method, uri, more)).await;
        loop {
            let answer = self.receive().await;
            if status(&answer).is_some_and(|status| status >= 200) {
                return answer;
            }
        }
    }
}

/// The particulars of a request.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub call: &'a str,
    pub cseq: u32,
    /// As in `;tag=x`.
    pub to: &'a str,
    /// Whole lines.
    pub headers: &'a str,
    pub body: &'a str,
}

impl<'a> Request<'a> {
    pub fn new(call: &'a str, cseq: u32) -> Self {
        Self { call, cseq, to: "", headers: "", body: "" }
    }

    pub fn with(self, headers: &'a str) -> Self {
        Self { headers, ..self }
    }

    /// CANCEL and the ACK of a refusal have the branch of their INVITE.
    fn branch(&self, method: &str) -> String {
        let kind = if method == "CANCEL" || method == "ACK" { "INVITE" } else { method };
        format!("z9hG4bK{kind}{}{}", self.call, self.cseq)
    }
}

pub fn status(message: &str) -> Option<u16> {
    message.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

pub fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message
        .split("\r\n")
        .find(|line| line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase())));
    line.unwrap_or_else(|| panic!("no {name} in {message}")).split_once(':').unwrap().1.trim()
}

pub fn has(message: &str, name: &str) -> bool {
    message.split("\r\n").any(|line| line.to_ascii_lowercase().starts_with(&format!("{}:", name.to_ascii_lowercase())))
}

/// A response to `request` as a phone makes it.
pub fn response(request: &str, status: &str, headers: &str) -> String {
    let copied = |name: &str| {
        let lines = request.split("\r\n").filter(|line| line.starts_with(&format!("{name}:")));
        lines.map(|line| format!("{line}\r\n")).collect::<String>()
    };
    let to = copied("To").trim_end().to_owned();
    let to = if to.contains("tag=") { to } else { format!("{to};tag=phone") };
    format!(
        "SIP/2.0 {status}\r\n{}{}{to}\r\n{}{}{headers}Content-Length: 0\r\n\r\n",
        copied("Via"),
        copied("From"),
        copied("Call-ID"),
        copied("CSeq")
    )
}

/// A TCP phone.
pub struct Line {
    pub stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    pub async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    pub async fn send(&mut self, message: &str) {
        self.stream.write_all(message.as_bytes()).await.unwrap();
    }

    /// The next message without body, or `None` when the connection was closed.
    pub async fn receive(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let message = self.buffer.drain(..at + 4).collect::<Vec<_>>();
                return Some(String::from_utf8(message).unwrap());
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
            if matches!(read.expect("nothing was received"), Ok(0) | Err(_)) {
                return None;
            }
        }
    }
}
