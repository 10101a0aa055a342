//! A leg that is told anything, by anybody, in any order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use leg::sdp::Direction;
use leg::{
    ClientTxn, Failure, Headers, Incoming, Input, Leg, LegEvent, Method, Numbers, Outgoing, Output, Request, Response,
    ServerTxn, SessionTimers, Timestamp, Wish,
};

use crate::chance::Chance;

/// How many things a leg is told at most.
const INPUTS_MAX: usize = 200;
/// How much one turn may have to say.
const OUTPUTS_MAX: usize = 16;

const METHODS: [&str; 11] =
    ["INVITE", "INVITE", "UPDATE", "BYE", "REFER", "INFO", "OPTIONS", "NOTIFY", "MESSAGE", "PRACK", "FOO"];
const STATUSES: [u16; 14] = [100, 180, 183, 200, 200, 200, 202, 302, 408, 422, 481, 486, 491, 500];
const AUDIO: [&str; 6] = [
    "m=audio 4000 RTP/AVP 9 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\n",
    "m=audio 4000 RTP/AVP 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\na=sendonly\r\n",
    "m=audio 4000 RTP/AVP 8\r\na=inactive\r\n",
    "m=audio 4000 RTP/AVP 18\r\n",
    "m=audio 0 RTP/AVP 8\r\n",
    "m=video 1 x y\r\nm=audio 4002 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n",
];
const FIELDS: [(&str, &str); 18] = [
    ("Supported", "timer"),
    ("Session-Expires", "90;refresher=uac"),
    ("Session-Expires", "100;refresher=uas"),
    ("Min-SE", "4000"),
    ("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE"),
    ("Contact", "<sip:new@192.0.2.8>"),
    ("Contact", "<\"broken>"),
    ("Require", "100rel"),
    ("Retry-After", "1"),
    ("Refer-To", "<sip:1001@x?Replaces=a>"),
    ("Refer-To", "<sip:1001@x>"),
    ("Refer-Sub", "false"),
    ("Record-Route", "<sip:strict>,<sip:p;lr>"),
    ("Reason", "Q.850;cause=16"),
    ("Event", "refer"),
    ("Content-Type", "application/dtmf-relay"),
    ("From", "<sip:0301@caller.example>;tag=stranger"),
    ("To", "<sip:8001@192.0.2.1>"),
];

/// A leg keeps its promises: every request is answered once, deadlines move on, a turn has little to say, and in the end
/// it is gone.
pub fn leg(bytes: &[u8], is_planted: bool) {
    leg_by(&mut Chance::of_bytes(bytes), INPUTS_MAX, is_planted);
}

/// As [`leg`], by any chance and with so many inputs at most.
pub fn leg_by(chance: &mut Chance, inputs: usize, is_planted: bool) {
    let Some(mut watched) = Watched::begin(chance) else { return };
    watched.is_planted = is_planted;
    for _ in 0..inputs {
        if chance.is_over() {
            break;
        }
        watched.step(chance);
    }
    watched.finish();
}

/// A leg, and what it still owes.
#[derive(Debug)]
struct Watched {
    leg: Leg,
    now: Timestamp,
    their_cseq: u32,
    /// Our requests, the latest last.
    sent: Vec<(ClientTxn, Request)>,
    /// What the other side asked, and the final answer.
    asked: BTreeMap<ServerTxn, (Method, Option<Response>)>,
    ended: u32,
    gone: u32,
    is_planted: bool,
}

impl Watched {
    fn begin(chance: &mut Chance) -> Option<Self> {
        let (leg, outputs) = if chance.is(500) {
            let invite = drawn(request("INVITE", 1, "theirs", "").with("Contact", "<sip:0301@192.0.2.9>"), chance);
            (Leg::incoming(ServerTxn(0), &invite, &incoming()).ok()?, Vec::new())
        } else {
            Leg::outgoing(Timestamp(0), outgoing(chance))
        };
        let mut watched = Self {
            leg,
            now: Timestamp(0),
            their_cseq: 1,
            sent: Vec::new(),
            asked: BTreeMap::from([(ServerTxn(0), (Method::Invite, None))]),
            ended: 0,
            gone: 0,
            is_planted: false,
        };
        watched.watch(outputs);
        Some(watched)
    }

    fn step(&mut self, chance: &mut Chance) {
        match chance.weighted(&[4, 4, 3, 1, 1, 4, 3]) {
            0 => self.asks(chance),
            1 => self.responds(chance),
            2 => {
                let number = u32::try_from(chance.below(8)).unwrap_or(0);
                let ack = drawn(request("ACK", number, self.their_tag(), ";tag=ours"), chance);
                self.give(Input::Ack(ack));
            }
            3 => {
                let known: Vec<ServerTxn> = self.asked.keys().copied().collect();
                let txn = chance.one_of(&known).copied().unwrap_or(ServerTxn(0));
                self.give(Input::Cancel { txn, headers: Headers::new() });
            }
            4 => {
                if let Some((txn, _)) = chance.one_of(&self.sent).cloned() {
                    let why = if chance.is(500) { Failure::Timeout } else { Failure::Transport };
                    self.give(Input::Failed { txn, why });
                }
            }
            5 => self.give(Input::Wish(wish(chance))),
            _ => {
                let span = Duration::from_millis([5, 600, 5000, 40_000, 2_000_000][chance.index(5)]);
                self.wait(span);
            }
        }
    }

    fn their_tag(&self) -> &str {
        match self.leg.remote_tag() {
            "" => "theirs",
            known => known,
        }
    }

    fn asks(&mut self, chance: &mut Chance) {
        let method = METHODS[chance.index(METHODS.len())];
        let number = (self.their_cseq + 2).saturating_sub([1, 1, 1, 2, 3, 0][chance.index(6)]);
        self.their_cseq = self.their_cseq.max(number);
        let request = drawn(request(method, number, self.their_tag(), ";tag=ours"), chance);
        let txn = ServerTxn(self.asked.len() as u64);
        self.asked.insert(txn, (request.method.clone(), None));
        let is_lost = self.is_planted && method == "BYE" && self.sent.len() > 1;
        if !is_lost {
            self.give(Input::Request { txn, request });
        }
    }

    fn responds(&mut self, chance: &mut Chance) {
        let Some((txn, request)) = chance.one_of(&self.sent).cloned() else { return };
        let to = request.headers.get("To").unwrap_or_default();
        let tag = if chance.is(100) { "fork" } else { "theirs" };
        let to = if to.contains(";tag=") { to.to_owned() } else { format!("{to};tag={tag}") };
        let mut response = Response::new(STATUSES[chance.index(STATUSES.len())]).with("To", &to);
        for name in ["From", "Call-ID", "CSeq"] {
            response.headers.push(name, request.headers.get(name).unwrap_or_default());
        }
        for (name, value) in fields(chance) {
            response.headers.push(name, &value);
        }
        if let Some(sdp) = body(chance) {
            response = response.with_body("application/sdp", sdp);
        }
        self.give(Input::Response { txn, response });
    }

    fn wait(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.leg.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.give(Input::Due);
        }
        self.now = end;
    }

    fn give(&mut self, input: Input) {
        let outputs = self.leg.handle(self.now, input);
        self.watch(outputs);
        assert!(self.leg.next_deadline().is_none_or(|at| at > self.now), "a deadline does not move on");
    }

    fn watch(&mut self, outputs: Vec<Output>) {
        assert!(outputs.len() <= OUTPUTS_MAX, "one turn has {} things to say", outputs.len());
        for output in outputs {
            match output {
                Output::Respond { txn, response } => self.is_answered(txn, response),
                Output::Send { txn, request, .. } => {
                    assert!(self.sent.iter().all(|(known, _)| *known != txn), "two requests are {txn:?}");
                    self.sent.push((txn, request));
                }
                Output::Ack { request } => assert_eq!(request.method, Method::Ack),
                Output::Cancel { .. } => {}
                Output::Event(LegEvent::Ended(_)) => self.ended += 1,
                Output::Event(LegEvent::Gone) => self.gone += 1,
                Output::Event(event) => {
                    let is_late = matches!(event, LegEvent::Silent | LegEvent::Reserve { .. } | LegEvent::Acknowledged);
                    assert!(self.ended == 0 || is_late, "{event:?} after the end");
                }
            }
        }
        assert!(self.ended <= 1 && self.gone <= self.ended, "it ends {} times and is gone {}", self.ended, self.gone);
    }

    fn is_answered(&mut self, txn: ServerTxn, response: Response) {
        let (method, answer) = self.asked.get_mut(&txn).expect("only what was asked is answered");
        match answer {
            Some(first) => {
                assert!(*method == Method::Invite && first.is_success(), "a {method:?} is answered twice");
                assert!(*first == response, "a repeated answer is another");
            }
            None if response.is_provisional() => assert_eq!(*method, Method::Invite),
            None => *answer = Some(response),
        }
    }

    /// The house hangs up, and nobody answers any more.
    fn finish(&mut self) {
        self.give(Input::Wish(Wish::HangUp { reason: None }));
        self.wait(Duration::from_secs(100));
        assert!((self.ended, self.gone) == (1, 1), "it is not gone: {:?}", self.leg);
        assert!(self.leg.is_gone() && self.leg.next_deadline().is_none(), "it is gone and waits for something");
        let owed = self.asked.iter().find(|(txn, (_, answer))| answer.is_none() && **txn != ServerTxn(0));
        assert!(owed.is_none(), "{owed:?} was never answered");
    }
}

fn wish(chance: &mut Chance) -> Wish {
    let media = media();
    match chance.below(11) {
        0 => Wish::Ring,
        1..=3 => Wish::Answer { media },
        4 => Wish::Reject { status: 486, reason: None, retry_after: None },
        5 => Wish::AnswerOffer { media },
        6 => Wish::RefuseOffer { status: 488 },
        7 => {
            let directions = [Direction::SendRecv, Direction::SendOnly, Direction::Inactive];
            Wish::Offer { media, direction: directions[chance.index(3)] }
        }
        8 => Wish::AcceptRefer,
        9 => Wish::NotifyRefer { status: 200, last: chance.is(500) },
        _ if chance.is(300) => Wish::HangUp { reason: None },
        _ => Wish::RefuseRefer { status: 603, reason: None },
    }
}

fn request(method: &str, number: u32, their_tag: &str, our_tag: &str) -> Request {
    Request::new(Method::parse(method), "sip:anteroom@192.0.2.1")
        .with("From", &format!("<sip:0301@caller.example>;tag={their_tag}"))
        .with("To", &format!("<sip:8001@192.0.2.1>{our_tag}"))
        .with("Call-ID", "call-1")
        .with("CSeq", &format!("{number} {method}"))
}

/// With more headers, some of them instead of the right ones, and a body.
fn drawn(mut request: Request, chance: &mut Chance) -> Request {
    for (name, value) in fields(chance) {
        request.headers.set(name, &value);
    }
    match body(chance) {
        Some(sdp) => request.with_body("application/sdp", sdp),
        None => request,
    }
}

fn fields(chance: &mut Chance) -> Vec<(&'static str, String)> {
    let count = chance.weighted(&[6, 3, 2, 1]);
    let field = |chance: &mut Chance| {
        let (name, value) = FIELDS[chance.index(FIELDS.len())];
        let value = if chance.is(150) { text(chance) } else { value.to_owned() };
        (name, value)
    };
    (0..count).map(|_| field(chance)).collect()
}

/// Any text of one line.
fn text(chance: &mut Chance) -> String {
    let bytes: Vec<u8> = (0..chance.below(24)).map(|_| u8::try_from(chance.below(256)).unwrap_or(0)).collect();
    String::from_utf8_lossy(&bytes).replace(['\r', '\n'], " ")
}

/// What a phone describes, or anything.
fn body(chance: &mut Chance) -> Option<Vec<u8>> {
    let version = chance.below(4);
    match chance.weighted(&[3, 6, 1]) {
        0 => None,
        1 => {
            let audio = AUDIO[chance.index(AUDIO.len())];
            let session = format!("v=0\r\no=phone 77 {version} IN IP4 192.0.2.9\r\ns=-\r\n");
            Some(format!("{session}c=IN IP4 192.0.2.9\r\nt=0 0\r\n{audio}").into_bytes())
        }
        _ => Some((0..chance.below(64)).map(|_| u8::try_from(chance.below(256)).unwrap_or(0)).collect()),
    }
}

fn media() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 20_000))
}

const fn numbers() -> Numbers {
    Numbers { cseq: 5, sdp_session: 4711, sdp_version: 1, chance: 42 }
}

fn incoming() -> Incoming {
    Incoming {
        local_tag: "ours".into(),
        contact: "sip:anteroom@192.0.2.1:5060".into(),
        numbers: numbers(),
        timers: SessionTimers::default(),
    }
}

fn outgoing(chance: &mut Chance) -> Outgoing {
    Outgoing {
        call_id: "call-1".into(),
        local_tag: "ours".into(),
        branch: "z9hG4bK-derived".into(),
        target: "sip:1099@192.0.2.9:5062;ob".into(),
        routes: Vec::new(),
        from_display: "Anna".into(),
        from: "sip:0301@demo.example".into(),
        to: "sip:1099@demo.example".into(),
        contact: "sip:anteroom@192.0.2.1:5060".into(),
        extra: Headers::new(),
        media: media(),
        numbers: numbers(),
        timers: SessionTimers::default(),
        silent_after: chance.is(500).then(|| Duration::from_secs(4)),
        unanswered_after: chance.is(500).then(|| Duration::from_secs(60)),
    }
}
