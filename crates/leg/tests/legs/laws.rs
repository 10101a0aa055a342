//! What holds for a leg whatever it is told, by whomever, in whatever order.

use std::collections::BTreeMap;
use std::time::Duration;

use leg::sdp::Direction;
use leg::value::{CSeq, NameAddr};
use leg::{
    ClientTxn, Failure, Headers, Input, Leg, LegEvent, Method, Output, Request, Response, ServerTxn, Timestamp, Wish,
};
use proptest::prelude::*;

use crate::table::{
    AUDIO, AUDIO_ON_HOLD, CALL_ID, OUR_TAG, THEIR_TAG, incoming_settings, invite, our_media, outgoing_settings,
    phone_sdp, plain_invite,
};

/// One thing that happens to a leg.
#[derive(Clone, Debug)]
enum Step {
    /// A request: method, body, CSeq above (or not above) the last, whether the tags are right, more headers.
    Request {
        method: &'static str,
        body: &'static str,
        ahead: i8,
        stranger: bool,
        extra: usize,
    },
    Ack {
        number: u8,
        body: &'static str,
    },
    Cancel {
        which: u8,
    },
    /// A response to one of our requests, by its age: status, To tag, body, more headers.
    Response {
        which: u8,
        status: u16,
        fork: bool,
        body: &'static str,
        extra: usize,
    },
    Failed {
        which: u8,
    },
    Wish(Wish),
    Wait(u32),
}

const METHODS: [&str; 11] =
    ["INVITE", "INVITE", "UPDATE", "BYE", "REFER", "INFO", "OPTIONS", "NOTIFY", "MESSAGE", "CANCEL", "FOO"];
const BODIES: [&str; 6] = ["", AUDIO, AUDIO, AUDIO_ON_HOLD, "m=audio 4000 RTP/AVP 18\r\n", "m=video 1 x y\r\n"];
const STATUSES: [u16; 14] = [100, 180, 183, 200, 200, 200, 202, 302, 408, 422, 481, 486, 491, 500];
const EXTRAS: [&[(&str, &str)]; 8] = [
    &[],
    &[("Supported", "timer"), ("Session-Expires", "90;refresher=uac")],
    &[("Session-Expires", "100;refresher=uas"), ("Allow", "UPDATE")],
    &[("Min-SE", "4000"), ("Retry-After", "1"), ("Contact", "<sip:new@192.0.2.8>")],
    &[("Require", "100rel"), ("Contact", "<\"broken>")],
    &[("Refer-To", "<sip:1001@x?Replaces=a>"), ("Contact", "<sip:other@192.0.2.8>")],
    &[("Refer-To", "<sip:1001@x>"), ("Refer-Sub", "false")],
    &[("Record-Route", "<sip:strict>,<sip:p;lr>"), ("Reason", "Q.850;cause=16")],
];

fn wishes() -> impl Strategy<Value = Wish> {
    let media = our_media();
    prop_oneof![
        1 => Just(Wish::Ring),
        4 => Just(Wish::Answer { media }),
        1 => Just(Wish::Reject { status: 486, reason: None, retry_after: None }),
        1 => Just(Wish::HangUp { reason: None }),
        2 => Just(Wish::AnswerOffer { media }),
        1 => Just(Wish::RefuseOffer { status: 200 }),
        2 => prop::sample::select(vec![Direction::SendRecv, Direction::SendOnly])
            .prop_map(move |direction| Wish::Offer { media, direction }),
        1 => Just(Wish::AcceptRefer),
        1 => Just(Wish::RefuseRefer { status: 603, reason: None }),
        1 => any::<bool>().prop_map(|last| Wish::NotifyRefer { status: 200, last }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let body = || prop::sample::select(BODIES.to_vec());
    let request = (prop::sample::select(METHODS.to_vec()), body(), -1..3_i8, prop::bool::weighted(0.05), 0..8_usize)
        .prop_map(|(method, body, ahead, stranger, extra)| Step::Request { method, body, ahead, stranger, extra });
    let response = (0..4_u8, prop::sample::select(STATUSES.to_vec()), prop::bool::weighted(0.1), body(), 0..8_usize)
        .prop_map(|(which, status, fork, body, extra)| Step::Response { which, status, fork, body, extra });
    let step = prop_oneof![
        4 => request,
        4 => response,
        3 => (0..8_u8, body()).prop_map(|(number, body)| Step::Ack { number, body }),
        1 => (0..4_u8).prop_map(|which| Step::Cancel { which }),
        1 => (0..3_u8).prop_map(|which| Step::Failed { which }),
        4 => wishes().prop_map(Step::Wish),
        3 => (1..200_000_u32).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..40)
}

/// A leg under watch.
struct Watched {
    leg: Leg,
    now: Timestamp,
    their_cseq: u32,
    /// Our requests, the latest last.
    sent: Vec<(ClientTxn, Request)>,
    /// Requests of the other side: the method, and the final response once it came.
    asked: BTreeMap<ServerTxn, (Method, Option<Response>)>,
    /// Highest CSeq of our requests in the dialog.
    our_cseq: u32,
    /// INVITEs of ours without a final response, and whether they got a provisional one, and a CANCEL.
    open_invites: BTreeMap<ClientTxn, (bool, bool)>,
    version: u64,
    ended: u32,
    gone: u32,
    acknowledged: u32,
}

impl Watched {
    fn new(leg: Leg, outputs: Vec<Output>) -> Self {
        let mut watched = Self {
            leg,
            now: Timestamp(0),
            their_cseq: 1,
            sent: Vec::new(),
            asked: BTreeMap::from([(ServerTxn(0), (Method::Invite, None))]),
            our_cseq: 0,
            open_invites: BTreeMap::new(),
            version: 0,
            ended: 0,
            gone: 0,
            acknowledged: 0,
        };
        watched.watch(outputs);
        watched
    }

    fn give(&mut self, input: Input) {
        if let Input::Response { txn, response } = &input {
            match self.open_invites.get_mut(txn) {
                Some(open) if response.is_provisional() => open.0 = true,
                _ => drop(self.open_invites.remove(txn)),
            }
        }
        if let Input::Failed { txn, .. } = &input {
            self.open_invites.remove(txn);
        }
        let outputs = self.leg.handle(self.now, input);
        self.watch(outputs);
        assert!(self.leg.next_deadline().is_none_or(|at| at > self.now), "deadlines move on");
    }

    fn watch(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            if self.gone > 0 {
                assert!(matches!(&output, Output::Respond { response, .. } if response.status() >= 400), "{output:?}");
            }
            match output {
                Output::Respond { txn, response } => self.watch_response(txn, response),
                Output::Send { txn, request, .. } => self.watch_request(txn, request),
                Output::Ack { request } => assert_eq!(request.method, Method::Ack),
                Output::Cancel { txn, .. } => {
                    let open = self.open_invites.get_mut(&txn).expect("CANCEL of an open INVITE");
                    assert!(open.0, "CANCEL after a provisional");
                    assert!(!std::mem::replace(&mut open.1, true), "one CANCEL");
                }
                Output::Event(event) => self.watch_event(&event),
            }
        }
    }

    fn watch_response(&mut self, txn: ServerTxn, response: Response) {
        let (method, answered) = self.asked.get_mut(&txn).expect("an answer to something asked");
        match answered {
            Some(first) => {
                assert!(*method == Method::Invite && first.is_success(), "one final response");
                assert_eq!(*first, response, "a repeated 2xx is the same");
            }
            None if response.is_provisional() => assert_eq!(*method, Method::Invite),
            None => {
                Self::watch_body(&mut self.version, &response.body);
                *answered = Some(response);
            }
        }
    }

    fn watch_request(&mut self, txn: ClientTxn, request: Request) {
        let cseq = CSeq::parse(request.headers.get("CSeq").unwrap()).unwrap();
        assert_eq!(cseq.method, request.method);
        assert!(self.sent.iter().all(|(known, _)| *known != txn), "a number per request");
        let to = NameAddr::parse(request.headers.get("To").unwrap()).unwrap();
        if to.tag().unwrap_or("") == self.leg.remote_tag() || request.method == Method::Invite {
            assert!(cseq.number > self.our_cseq, "CSeq rises");
            self.our_cseq = cseq.number;
        }
        if request.method == Method::Invite {
            assert!(self.open_invites.is_empty(), "one INVITE at a time");
            self.open_invites.insert(txn, (false, false));
        }
        Self::watch_body(&mut self.version, &request.body);
        self.sent.push((txn, request));
    }

    /// Versions of our descriptions rise by one at most.
    fn watch_body(version: &mut u64, body: &[u8]) {
        let text = std::str::from_utf8(body).unwrap();
        if let Some(origin) = text.lines().find(|line| line.starts_with("o=")) {
            let next = origin.split(' ').nth(2).unwrap().parse().unwrap();
            assert!(*version == 0 || next == *version || next == *version + 1, "{version} then {next}");
            *version = next;
        }
    }

    fn watch_event(&mut self, event: &LegEvent) {
        match event {
            LegEvent::Ended(_) => {
                assert_eq!((self.ended, self.gone), (0, 0));
                self.ended = 1;
            }
            LegEvent::Gone => {
                assert_eq!((self.ended, self.gone), (1, 0));
                self.gone = 1;
            }
            LegEvent::Acknowledged => self.acknowledged += 1,
            LegEvent::Silent | LegEvent::Reserve { .. } => {}
            other => assert_eq!(self.ended, 0, "{other:?} after the end"),
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Request { method, body, ahead, stranger, extra } => {
                self.request(method, body, ahead, stranger, extra)
            }
            Step::Ack { number, body } => {
                let ack = self.in_dialog("ACK", u32::from(number), false);
                self.give(Input::Ack(with(ack, body, &[])));
            }
            Step::Cancel { which } => {
                let txn = *self.asked.keys().nth_back(usize::from(which)).unwrap_or(&ServerTxn(0));
                self.give(Input::Cancel { txn, headers: Headers::new() });
            }
            Step::Response { which, status, fork, body, extra } => self.response(which, status, fork, (body, extra)),
            Step::Failed { which } => {
                if let Some((txn, _)) = self.sent.iter().nth_back(usize::from(which)) {
                    self.give(Input::Failed { txn: *txn, why: Failure::Timeout });
                }
            }
            Step::Wish(wish) => self.give(Input::Wish(wish)),
            Step::Wait(millis) => self.wait(Duration::from_millis(millis.into())),
        }
    }

    fn in_dialog(&self, method: &str, number: u32, stranger: bool) -> Request {
        let tag = match self.leg.remote_tag() {
            _ if stranger => "stranger",
            "" => THEIR_TAG,
            known => known,
        };
        Request::new(Method::parse(method), "sip:anteroom@192.0.2.1")
            .with("From", &format!("<sip:0301@caller.example>;tag={tag}"))
            .with("To", &format!("<sip:8001@192.0.2.1>;tag={OUR_TAG}"))
            .with("Call-ID", CALL_ID)
            .with("CSeq", &format!("{number} {method}"))
    }

    fn request(&mut self, method: &str, body: &str, ahead: i8, stranger: bool, extra: usize) {
        let number = self.their_cseq.saturating_add_signed(ahead.into());
        self.their_cseq = self.their_cseq.max(number);
        let request = with(self.in_dialog(method, number, stranger), body, EXTRAS[extra]);
        let txn = ServerTxn(u64::try_from(self.asked.len()).unwrap());
        self.asked.insert(txn, (request.method.clone(), None));
        self.give(Input::Request { txn, request });
    }

    fn response(&mut self, which: u8, status: u16, fork: bool, (body, extra): (&str, usize)) {
        let Some((txn, request)) = self.sent.iter().nth_back(usize::from(which)) else { return };
        let (txn, to) = (*txn, request.headers.get("To").unwrap());
        let tag = if fork { "fork" } else { THEIR_TAG };
        let to = if to.contains(";tag=") { to.to_owned() } else { format!("{to};tag={tag}") };
        let mut response = Response::new(status)
            .with("From", request.headers.get("From").unwrap())
            .with("To", &to)
            .with("Call-ID", CALL_ID)
            .with("CSeq", request.headers.get("CSeq").unwrap());
        for (name, value) in EXTRAS[extra] {
            response.headers.push(name, value);
        }
        if !body.is_empty() {
            response = response.with_body("application/sdp", phone_sdp(1, body));
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

    /// The house hangs up, and nobody answers any more: the leg comes to its end.
    fn finish(&mut self) {
        self.give(Input::Wish(Wish::HangUp { reason: None }));
        self.wait(Duration::from_secs(100));
        assert_eq!((self.ended, self.gone), (1, 1), "{:?}", self.leg);
        assert!(self.leg.is_gone() && self.leg.next_deadline().is_none());
        for (txn, (method, answer)) in &self.asked {
            assert!(answer.is_some() || *txn == ServerTxn(0), "{method} {txn:?} was never answered");
        }
    }
}

fn with(request: Request, body: &str, extra: &[(&str, &str)]) -> Request {
    let request = extra.iter().fold(request, |request, (name, value)| request.with(name, value));
    if body.is_empty() { request } else { request.with_body("application/sdp", phone_sdp(2, body)) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_incoming_leg_keeps_the_rules(steps in steps(), offerless in any::<bool>()) {
        let invite = if offerless { plain_invite().with("Contact", "<sip:a@192.0.2.9>") } else { invite() };
        let mut watched = Watched::new(Leg::incoming(ServerTxn(0), &invite, &incoming_settings()).unwrap(), Vec::new());
        for step in steps {
            watched.step(step);
        }
        watched.finish();
        let first = watched.asked[&ServerTxn(0)].1.as_ref().expect("the INVITE is answered");
        let hung_up = watched.sent.iter().any(|(_, request)| request.method == Method::Bye);
        let heard_bye = watched.asked.values().any(|(method, answer)| {
            *method == Method::Bye && answer.as_ref().is_some_and(Response::is_success)
        });
        if first.is_success() {
            prop_assert!(watched.acknowledged == 1 || hung_up || heard_bye, "a 200 ends in an ACK or a BYE");
        } else {
            prop_assert_eq!(watched.acknowledged, 0);
        }
    }

    #[test]
    fn an_outgoing_leg_keeps_the_rules(steps in steps()) {
        let (leg, outputs) = Leg::outgoing(Timestamp(0), outgoing_settings());
        let mut watched = Watched::new(leg, outputs);
        for step in steps {
            watched.step(step);
        }
        watched.finish();
    }

    #[test]
    fn any_bytes_are_a_body(body in prop::collection::vec(any::<u8>(), 0..200), sdp in any::<String>()) {
        let settings = incoming_settings();
        for body in [body, format!("v=0\r\n{sdp}").into_bytes(), phone_sdp(1, &sdp)] {
            let _ = Leg::incoming(ServerTxn(0), &invite().with_body("application/sdp", body), &settings);
        }
    }

    #[test]
    fn any_text_is_a_header(
        fields in prop::collection::vec((prop::sample::select(vec![
            "From", "To", "Call-ID", "CSeq", "Contact", "Record-Route", "Require", "Session-Expires", "Min-SE",
            "Supported", "Content-Type", "Allow", "Refer-To", "Reason", "Event",
        ]), "([a-z0-9<>\";,:@=% ]{0,30}|\\PC{0,10})"), 1..4),
        method in prop::sample::select(METHODS.to_vec()),
    ) {
        let mut request = invite();
        for (name, value) in &fields {
            request.headers.set(name, value);
        }
        let leg = Leg::incoming(ServerTxn(0), &request, &incoming_settings());
        let mut watched = Watched::new(
            leg.or_else(|_| Leg::incoming(ServerTxn(0), &invite(), &incoming_settings())).unwrap(),
            Vec::new(),
        );
        watched.step(Step::Wish(Wish::Answer { media: our_media() }));
        let mut damaged = watched.in_dialog(method, 2, false);
        for (name, value) in &fields {
            damaged.headers.set(name, value);
        }
        watched.asked.insert(ServerTxn(1), (damaged.method.clone(), None));
        watched.give(Input::Request { txn: ServerTxn(1), request: damaged });
        watched.finish();
    }
}
