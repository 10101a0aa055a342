//! A phone that follows a script: raw datagrams, its own reading and writing of SIP, nothing of the house in it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use md5::{Digest, Md5};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// How long a phone waits for what the script says comes next.
const PATIENCE: Duration = Duration::from_secs(8);

/// A SIP message as it came.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) start: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Message {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("a message has an empty line");
        let mut lines = head.split("\r\n");
        let start = lines.next().expect("a message has a first line").to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Self { start, headers, body: body.to_owned() }
    }

    /// 0 for a request.
    pub(crate) fn status(&self) -> u16 {
        let code = self.start.strip_prefix("SIP/2.0 ").and_then(|rest| rest.split(' ').next());
        code.map_or(0, |code| code.parse().expect("a status is a number"))
    }

    /// Empty for a response.
    pub(crate) fn method(&self) -> &str {
        if self.start.starts_with("SIP/") { "" } else { self.start.split(' ').next().unwrap_or("") }
    }

    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        &found.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// Where the body says audio goes.
    pub(crate) fn audio(&self) -> SocketAddr {
        let line = |start: &str| self.body.lines().find_map(|line| line.strip_prefix(start)).expect("an audio stream");
        let port = line("m=audio ").split(' ').next().expect("a port");
        format!("{}:{port}", line("c=IN IP4 ")).parse().expect("an address")
    }

    /// The URI in angle brackets of a header.
    pub(crate) fn uri(&self, name: &str) -> String {
        let value = self.header(name);
        let start = value.find('<').expect("brackets") + 1;
        value[start..start + value[start..].find('>').expect("brackets")].to_owned()
    }
}

/// What a phone remembers of a dialog.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    call_id: String,
    local: String,
    remote: String,
    target: String,
    cseq: u32,
    invite_branch: String,
}

impl Dialog {
    /// What `Replaces` in a Refer-To names this dialog by (RFC 3891, section 3).
    pub(crate) fn replaces(&self) -> String {
        let tag = |party: &str| party.split(";tag=").nth(1).unwrap_or_default().to_owned();
        format!("Replaces={}%3Bto-tag%3D{}%3Bfrom-tag%3D{}", self.call_id, tag(&self.remote), tag(&self.local))
    }

    /// The INVITE of this dialog once more, as it would come by another way.
    pub(crate) fn twin(&self) -> Self {
        let remote = self.remote.split(";tag").next().unwrap_or_default().to_owned();
        let target = remote.trim_matches(['<', '>']).to_owned();
        Self { remote, target, cseq: 0, ..self.clone() }
    }
}

/// A phone, or a trunk: whoever stands at an address.
pub(crate) struct Phone {
    pub(crate) user: String,
    socket: UdpSocket,
    edge: SocketAddr,
    rtp: UdpSocket,
    seen: HashSet<String>,
    count: u32,
    packets: u16,
}

impl Phone {
    pub(crate) async fn new(user: &str, edge: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let rtp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { user: user.to_owned(), socket, edge, rtp, seen: HashSet::new(), count: 0, packets: 0 }
    }

    /// Tells the phone where the edge is.
    pub(crate) fn stand_at(&mut self, edge: SocketAddr) {
        self.edge = edge;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(crate) fn uri(&self) -> String {
        format!("sip:{}@{}", self.user, self.address())
    }

    fn number(&mut self) -> String {
        self.count += 1;
        format!("{}x{}", self.address().port(), self.count)
    }

    pub(crate) fn sdp(&self, direction: &str) -> String {
        let rtp = self.rtp.local_addr().unwrap();
        format!(
            "v=0\r\no=- {n} {n} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 8 101\r\n\
             a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n",
            rtp.port(),
            n = self.count + 1
        )
    }

    /// Sends an INVITE to a number.
    pub(crate) async fn call(&mut self, number: &str) -> Dialog {
        let sdp = self.sdp("sendrecv");
        self.call_with(number, "", &sdp).await
    }

    pub(crate) async fn call_with(&mut self, number: &str, extra: &str, sdp: &str) -> Dialog {
        let unique = self.number();
        let mut dialog = Dialog {
            call_id: format!("call-{unique}"),
            local: format!("<sip:{}@{}>;tag=t{unique}", self.user, self.address()),
            remote: format!("<sip:{number}@{}>", self.edge),
            target: format!("sip:{number}@{}", self.edge),
            cseq: 0,
            invite_branch: String::new(),
        };
        self.request(&mut dialog, "INVITE", extra, sdp).await;
        dialog
    }

    /// Sends a request in a dialog, with a branch of its own.
    pub(crate) async fn request(&mut self, dialog: &mut Dialog, method: &str, extra: &str, body: &str) {
        dialog.cseq += 1;
        let branch = format!("z9hG4bK{}", self.number());
        if method == "INVITE" {
            dialog.invite_branch.clone_from(&branch);
        }
        self.send_request(dialog, method, &branch, dialog.cseq, extra, body).await;
    }

    async fn send_request(&self, dialog: &Dialog, method: &str, branch: &str, cseq: u32, extra: &str, body: &str) {
        let Dialog { call_id, local, remote, target, .. } = dialog;
        let (at, user) = (self.address(), &self.user);
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch={branch}\r\nMax-Forwards: 70\r\nFrom: {local}\r\n\
             To: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{user}@{at}>\r\n{extra}{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.socket.send_to(text.as_bytes(), self.edge).await.unwrap();
    }

    /// Registers, by the digest of RFC 2617 that every phone knows.
    pub(crate) async fn register(&mut self, realm: &str, password: &str) {
        let unique = self.number();
        let mut dialog = Dialog {
            call_id: format!("register-{unique}"),
            local: format!("<sip:{}@{realm}>;tag=r{unique}", self.user),
            remote: format!("<sip:{}@{realm}>", self.user),
            target: format!("sip:{realm}"),
            cseq: 0,
            invite_branch: String::new(),
        };
        self.request(&mut dialog, "REGISTER", "", "").await;
        let challenge = self.expect(&mut dialog, 401).await;
        let md5 = challenge.all("WWW-Authenticate").find(|value| value.contains("MD5")).expect("MD5 is offered");
        let nonce = md5.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a nonce");
        let digest = |text: String| Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let secret = digest(format!("{}:{realm}:{password}", self.user));
        let asked = digest(format!("REGISTER:sip:{realm}"));
        let answer = digest(format!("{secret}:{nonce}:00000001:c:auth:{asked}"));
        let authorization = format!(
            "Authorization: Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"sip:{realm}\", \
             response=\"{answer}\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"\r\n",
            self.user
        );
        self.request(&mut dialog, "REGISTER", &authorization, "").await;
        self.expect(&mut dialog, 200).await;
    }

    pub(crate) async fn ack(&mut self, dialog: &Dialog) {
        let branch = format!("z9hG4bK{}", self.number());
        self.send_request(dialog, "ACK", &branch, dialog.cseq, "", "").await;
    }

    pub(crate) async fn cancel(&self, dialog: &Dialog) {
        self.send_request(dialog, "CANCEL", &dialog.invite_branch, dialog.cseq, "", "").await;
    }

    /// The ACK of a refused INVITE, in its transaction.
    async fn ack_refusal(&self, response: &Message) {
        let call_id = response.header("Call-ID").to_owned();
        let branch = response.header("Via").split("branch=").nth(1).expect("a branch").split(';').next().unwrap_or("");
        let cseq = response.header("CSeq").split(' ').next().expect("a number").parse().unwrap();
        let dialog = Dialog {
            call_id,
            local: response.header("From").to_owned(),
            remote: response.header("To").to_owned(),
            target: format!("sip:{}", self.edge),
            cseq,
            invite_branch: String::new(),
        };
        self.send_request(&dialog, "ACK", branch, cseq, "", "").await;
    }

    /// Answers a request. A 1xx or 2xx to an INVITE makes the dialog that is given back.
    pub(crate) async fn answer(&mut self, request: &Message, status: u16, body: &str) -> Dialog {
        let to = request.header("To");
        let to = if to.contains("tag=") { to.to_owned() } else { format!("{to};tag=p{}", self.address().port()) };
        let vias = request.all("Via").map(|via| format!("Via: {via}\r\n")).collect::<String>();
        let (from, call_id, cseq) = (request.header("From"), request.header("Call-ID"), request.header("CSeq"));
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "SIP/2.0 {status} Said\r\n{vias}From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n\
             Contact: <{}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            self.uri(),
            body.len()
        );
        self.socket.send_to(text.as_bytes(), self.edge).await.unwrap();
        let target = if request.has("Contact") { request.uri("Contact") } else { String::new() };
        let (local, remote, call_id) = (to, from.to_owned(), call_id.to_owned());
        Dialog { call_id, local, remote, target, cseq: 100, invite_branch: String::new() }
    }

    /// The next message that was not seen before; 100 is passed over.
    pub(crate) async fn next(&mut self) -> Message {
        let message = timeout(PATIENCE, self.any()).await;
        message.unwrap_or_else(|_| panic!("nothing came for {}", self.user))
    }

    async fn any(&mut self) -> Message {
        let mut buffer = vec![0; 65_536];
        loop {
            let (length, _) = self.socket.recv_from(&mut buffer).await.unwrap();
            let message = Message::read(std::str::from_utf8(&buffer[..length]).unwrap());
            let name = format!("{} {} {}", message.start, message.header("CSeq"), message.header("Via"));
            if self.seen.insert(name) && message.status() != 100 {
                return message;
            }
        }
    }

    /// Whether nothing new comes for this long.
    pub(crate) async fn is_quiet_for(&mut self, span: Duration) -> bool {
        timeout(span, self.any()).await.is_err()
    }

    /// The next message must be a response of this status. What it settles is put into the dialog; a refused INVITE
    /// is acknowledged.
    pub(crate) async fn expect(&mut self, dialog: &mut Dialog, status: u16) -> Message {
        let message = self.settle(dialog).await;
        assert_eq!(message.status(), status, "{message:?}");
        message
    }

    /// The next message, and what it settles if it answers an INVITE.
    pub(crate) async fn settle(&mut self, dialog: &mut Dialog) -> Message {
        let message = self.next().await;
        let status = message.status();
        if status < 300 && message.header("CSeq").ends_with("INVITE") {
            dialog.remote = message.header("To").to_owned();
            dialog.target = message.uri("Contact");
        } else if message.header("CSeq").ends_with("INVITE") {
            self.ack_refusal(&message).await;
        }
        message
    }

    /// The next message must be a request of this method; any but INVITE and ACK is answered 200.
    pub(crate) async fn asked(&mut self, method: &str) -> Message {
        let message = self.next().await;
        assert_eq!(message.method(), method, "{message:?}");
        if !matches!(method, "INVITE" | "ACK") {
            self.answer(&message, 200, "").await;
        }
        message
    }

    /// Hangs up, and takes the answer.
    pub(crate) async fn hang_up(&mut self, dialog: &mut Dialog) {
        self.request(dialog, "BYE", "", "").await;
        self.expect(dialog, 200).await;
    }

    /// An RTP packet of ours; each is 20 ms later than the one before.
    async fn rtp(&mut self, to: SocketAddr, kind: u8, timestamp: u32, payload: &[u8]) {
        self.packets += 1;
        let mut packet = vec![0x80, kind];
        packet.extend(self.packets.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(u32::from(self.address().port()).to_be_bytes());
        packet.extend(payload);
        self.rtp.send_to(&packet, to).await.unwrap();
    }

    /// Sends a packet of audio, all of one byte.
    async fn say(&mut self, to: SocketAddr, byte: u8) {
        let timestamp = u32::from(self.packets) * 160;
        self.rtp(to, 8, timestamp, &[byte; 160]).await;
    }

    /// Presses a key (RFC 4733): its three end packets.
    pub(crate) async fn press(&mut self, to: SocketAddr, event: u8) {
        let timestamp = u32::from(self.packets) * 160;
        for _ in 0..3 {
            self.rtp(to, 101, timestamp, &[event, 0x80 | 10, 0x03, 0x20]).await;
        }
    }

    /// The audio of the next packet, its header taken off.
    pub(crate) async fn hear(&self) -> Vec<u8> {
        let mut buffer = [0; 2048];
        let heard = timeout(PATIENCE, self.rtp.recv_from(&mut buffer)).await;
        let (length, _) = heard.unwrap_or_else(|_| panic!("{} hears nothing", self.user)).unwrap();
        buffer[12..length].to_vec()
    }

    /// Talks to the house, which hears us at `to`, until the other phone hears it.
    pub(crate) async fn is_heard(&mut self, to: SocketAddr, other: &Self) {
        let byte = 1 + u8::try_from(self.address().port() % 100).unwrap();
        let heard = timeout(PATIENCE, async {
            loop {
                self.say(to, byte).await;
                let packet = timeout(Duration::from_millis(20), other.hear()).await;
                if packet.is_ok_and(|packet| packet.iter().all(|sample| *sample == byte)) {
                    return;
                }
            }
        });
        heard.await.unwrap_or_else(|_| panic!("{} does not hear {}", other.user, self.user));
    }
}
