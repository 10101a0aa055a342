//! A table at which a leg and its other side sit: what is said to the leg, and one line for each thing it does.
//!
//! Lines: `180 to 1 INVITE` is a response, `INVITE 5` a request (method and CSeq), `ACK 5`, `CANCEL`, and `* Answered`
//! an event. `table.then(&[..])` compares all lines since the last time.

use std::net::SocketAddr;
use std::time::Duration;

use leg::value::CSeq;
use leg::{
    ClientTxn, End, Failure, Headers, Incoming, Input, Leg, LegEvent, Method, Numbers, Outgoing, Output, Request,
    Response, ServerTxn, SessionTimers, Timestamp, Wish,
};

pub(crate) const CALL_ID: &str = "call-1";
pub(crate) const OUR_TAG: &str = "ours";
pub(crate) const THEIR_TAG: &str = "theirs";

/// Where the leg receives RTP.
pub(crate) fn our_media() -> SocketAddr {
    "192.0.2.1:20000".parse().unwrap()
}

/// A description of a phone at 192.0.2.9, port 4000.
pub(crate) fn phone_sdp(version: u64, audio: &str) -> Vec<u8> {
    format!("v=0\r\no=phone 77 {version} IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n{audio}")
        .into_bytes()
}

/// What most phones offer.
pub(crate) const AUDIO: &str = "m=audio 4000 RTP/AVP 9 0 8 96\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:8 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\n";

/// The same, holding the call.
pub(crate) const AUDIO_ON_HOLD: &str =
    "m=audio 4000 RTP/AVP 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\na=sendonly\r\n";

pub(crate) fn numbers() -> Numbers {
    Numbers { cseq: 5, sdp_session: 4711, sdp_version: 1, chance: 42 }
}

/// An INVITE from outside, without Contact, Via and body.
pub(crate) fn plain_invite() -> Request {
    Request::new(Method::Invite, "sip:8001@192.0.2.1")
        .with("Record-Route", "<sip:p2.example;lr>, <sip:p1.example;lr>")
        .with("Max-Forwards", "70")
        .with("From", "\"Anna\" <sip:0301@caller.example>;tag=theirs")
        .with("To", "<sip:8001@192.0.2.1>")
        .with("Call-ID", CALL_ID)
        .with("CSeq", "1 INVITE")
}

/// An INVITE from outside with an offer.
pub(crate) fn invite() -> Request {
    plain_invite()
        .with("Contact", "<sip:0301@192.0.2.9:5062>")
        .with("Allow", "INVITE, ACK, BYE, CANCEL")
        .with_body("application/sdp", phone_sdp(1, AUDIO))
}

pub(crate) fn incoming_settings() -> Incoming {
    Incoming {
        local_tag: OUR_TAG.into(),
        contact: "sip:anteroom@192.0.2.1:5060".into(),
        numbers: numbers(),
        timers: SessionTimers::default(),
    }
}

pub(crate) fn outgoing_settings() -> Outgoing {
    Outgoing {
        call_id: CALL_ID.into(),
        local_tag: OUR_TAG.into(),
        branch: "z9hG4bK-derived".into(),
        target: "sip:1099@192.0.2.9:5062;ob".into(),
        routes: Vec::new(),
        from_display: "Anna".into(),
        from: "sip:0301@demo.example".into(),
        to: "sip:1099@demo.example".into(),
        contact: "sip:anteroom@192.0.2.1:5060".into(),
        extra: Headers::new().with("P-Asserted-Identity", "<sip:0301@demo.example>"),
        media: our_media(),
        numbers: numbers(),
        timers: SessionTimers::default(),
        silent_after: Some(Duration::from_secs(4)),
        unanswered_after: Some(Duration::from_secs(60)),
    }
}

pub(crate) struct Table {
    pub(crate) leg: Leg,
    pub(crate) now: Timestamp,
    /// All that the leg asked for since the last [`Table::then`].
    pub(crate) outputs: Vec<Output>,
    /// CSeq of the other side's last request.
    pub(crate) their_cseq: u32,
    next_txn: u64,
    /// Our last request: its number, method and CSeq.
    pub(crate) last_sent: Option<(ClientTxn, Request)>,
}

impl Table {
    /// A leg that got this INVITE as transaction 0.
    pub(crate) fn invited(request: &Request) -> Self {
        Self::with(Leg::incoming(ServerTxn(0), request, &incoming_settings()).unwrap(), Vec::new())
    }

    /// An incoming leg, answered and acknowledged.
    pub(crate) fn answered() -> Self {
        let mut table = Self::invited(&invite());
        table.wish(Wish::Answer { media: our_media() });
        table.ack(1, &[]);
        table.outputs.clear();
        table
    }

    /// A leg that has sent its INVITE.
    pub(crate) fn calling(settings: Outgoing) -> Self {
        let (leg, outputs) = Leg::outgoing(Timestamp(0), settings);
        Self::with(leg, outputs)
    }

    /// An outgoing leg, answered by a phone that allows these methods.
    pub(crate) fn talking(allow: &str) -> Self {
        let mut table = Self::calling(outgoing_settings());
        let response = table.response(200).with("Allow", allow).with("Contact", "<sip:1099@192.0.2.9:5062>");
        table.hear(response.with_body("application/sdp", phone_sdp(1, AUDIO)));
        table.outputs.clear();
        table
    }

    fn with(leg: Leg, outputs: Vec<Output>) -> Self {
        let mut table =
            Self { leg, now: Timestamp(0), outputs: Vec::new(), their_cseq: 1, next_txn: 1, last_sent: None };
        table.take(outputs);
        table
    }

    fn take(&mut self, outputs: Vec<Output>) {
        for output in &outputs {
            if let Output::Send { txn, request, .. } = output {
                self.last_sent = Some((*txn, request.clone()));
            }
        }
        self.outputs.extend(outputs);
    }

    pub(crate) fn give(&mut self, input: Input) {
        let outputs = self.leg.handle(self.now, input);
        self.take(outputs);
    }

    pub(crate) fn wish(&mut self, wish: Wish) {
        self.give(Input::Wish(wish));
    }

    pub(crate) fn hang_up(&mut self) {
        self.wish(Wish::HangUp { reason: None });
    }

    /// A request of the other side in the dialog, with the next CSeq.
    pub(crate) fn request(&mut self, method: &str) -> Request {
        self.their_cseq += 1;
        let number = self.their_cseq;
        let from = if self.leg.remote_tag().is_empty() { THEIR_TAG } else { self.leg.remote_tag() };
        Request::new(Method::parse(method), "sip:anteroom@192.0.2.1:5060")
            .with("From", &format!("<sip:0301@caller.example>;tag={from}"))
            .with("To", &format!("<sip:8001@192.0.2.1>;tag={OUR_TAG}"))
            .with("Call-ID", CALL_ID)
            .with("CSeq", &format!("{number} {method}"))
    }

    /// The leg gets this request; tells its transaction.
    pub(crate) fn ask(&mut self, request: Request) -> ServerTxn {
        let txn = ServerTxn(self.next_txn);
        self.next_txn += 1;
        self.give(Input::Request { txn, request });
        txn
    }

    /// The other side offers anew.
    pub(crate) fn offer(&mut self, method: &str, audio: &str) -> ServerTxn {
        let request = self.request(method).with("Contact", "<sip:0301@192.0.2.9:5062>");
        let body = phone_sdp(u64::from(self.their_cseq), audio);
        self.ask(request.with_body("application/sdp", body))
    }

    pub(crate) fn ack(&mut self, number: u32, body: &[u8]) {
        let last = self.their_cseq;
        let mut ack = self.request("ACK");
        self.their_cseq = last;
        ack.headers.set("CSeq", &format!("{number} ACK"));
        self.give(Input::Ack(ack.with_body("application/sdp", body.to_vec())));
    }

    /// A response to our last request.
    pub(crate) fn response(&self, status: u16) -> Response {
        let (_, request) = self.last_sent.as_ref().unwrap();
        let tag = if status == 100 { String::new() } else { format!(";tag={THEIR_TAG}") };
        let to = request.headers.get("To").unwrap();
        let to = if to.contains(";tag=") { to.to_owned() } else { format!("{to}{tag}") };
        Response::new(status)
            .with("From", request.headers.get("From").unwrap())
            .with("To", &to)
            .with("Call-ID", CALL_ID)
            .with("CSeq", request.headers.get("CSeq").unwrap())
    }

    /// The leg gets a response to its last request.
    pub(crate) fn hear(&mut self, response: Response) {
        let txn = self.last_sent.as_ref().unwrap().0;
        self.give(Input::Response { txn, response });
    }

    pub(crate) fn hear_status(&mut self, status: u16) {
        self.hear(self.response(status));
    }

    pub(crate) fn fail(&mut self, why: Failure) {
        let txn = self.last_sent.as_ref().unwrap().0;
        self.give(Input::Failed { txn, why });
    }

    /// Lets time pass, with every deadline at its time.
    pub(crate) fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.leg.next_deadline().filter(|at| *at <= end) {
            assert!(at > self.now || self.outputs.is_empty(), "a deadline in the past");
            self.now = self.now.max(at);
            self.give(Input::Due);
            assert!(self.leg.next_deadline().is_none_or(|next| next > self.now), "a deadline that stays");
        }
        self.now = end;
    }

    pub(crate) fn wait_seconds(&mut self, seconds: u64) {
        self.wait(Duration::from_secs(seconds));
    }

    /// What the leg did since the last time, a line each.
    #[track_caller]
    pub(crate) fn then(&mut self, expected: &[&str]) {
        let lines = self.outputs.iter().map(line).collect::<Vec<_>>();
        assert_eq!(lines, expected);
        self.outputs.clear();
    }

    /// The last response of the leg.
    pub(crate) fn last_response(&self) -> &Response {
        let response = |output: &'_ Output| matches!(output, Output::Respond { .. });
        match self.outputs.iter().rfind(|output| response(output)) {
            Some(Output::Respond { response, .. }) => response,
            _ => panic!("no response among {:?}", self.outputs),
        }
    }

    /// The last request of the leg, an ACK too.
    pub(crate) fn last_request(&self) -> &Request {
        let request = |output: &'_ Output| matches!(output, Output::Send { .. } | Output::Ack { .. });
        match self.outputs.iter().rfind(|output| request(output)) {
            Some(Output::Send { request, .. } | Output::Ack { request }) => request,
            _ => panic!("no request among {:?}", self.outputs),
        }
    }

    /// The only event since the last time.
    pub(crate) fn events(&self) -> Vec<&LegEvent> {
        let events = self.outputs.iter().filter_map(|output| match output {
            Output::Event(event) => Some(event),
            _ => None,
        });
        events.collect()
    }
}

/// The body of a message as lines.
pub(crate) fn body_lines(body: &[u8]) -> Vec<&str> {
    std::str::from_utf8(body).unwrap().lines().collect()
}

fn line(output: &Output) -> String {
    match output {
        Output::Respond { response, .. } => {
            format!("{} to {}", response.status(), response.headers.get("CSeq").unwrap_or("?"))
        }
        Output::Send { request, .. } | Output::Ack { request } => {
            let cseq = CSeq::parse(request.headers.get("CSeq").unwrap()).unwrap();
            assert_eq!(cseq.method, request.method);
            format!("{} {}", request.method, cseq.number)
        }
        Output::Cancel { .. } => "CANCEL".to_owned(),
        Output::Event(LegEvent::Ended(end)) => format!("* Ended {}", end_name(end)),
        Output::Event(event) => {
            let text = format!("{event:?}");
            format!("* {}", text.split([' ', '(', '{']).next().unwrap())
        }
    }
}

fn end_name(end: &End) -> String {
    let text = format!("{end:?}");
    text.split([' ', '(', '{']).next().unwrap().to_owned()
}
