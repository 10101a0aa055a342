//! The transactions' timers, with a clock of the test's own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use leg::{Failure, Headers, Method, Request, Response, ServerTxn};
use proptest::prelude::*;

use super::{Layer, Outgoing, Output, Standing};
use crate::place::Flow;
use crate::settings::Transport;
use crate::wire::{ClientTxn, FromWire};

struct Bench {
    layer: Layer,
    start: Instant,
    now: Instant,
}

fn flow(transport: Transport) -> Flow {
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let connection = u64::from(transport == Transport::Tcp);
    Flow { transport, local: at(5060), remote: at(5070), connection }
}

fn message(method: Method) -> Request {
    let cseq = format!("1 {method}");
    Request::new(method, "sip:8001@h")
        .with("From", "<sip:a@h>;tag=a")
        .with("To", "<sip:8001@h>")
        .with("Call-ID", "c")
        .with("CSeq", &cseq)
}

impl Bench {
    fn new() -> Self {
        let now = Instant::now();
        Self { layer: Layer::new("", 100), start: now, now }
    }

    fn comes(&mut self, method: Method, transport: Transport) -> Vec<Output> {
        let vias = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n";
        self.layer.request(self.now, message(method), vias, flow(transport), Standing::Known)
    }

    fn goes(&mut self, method: Method, transport: Transport) -> Vec<Output> {
        let (txn, branch, local) = (ClientTxn(1), "z9hG4bKo".into(), SocketAddr::from(([127, 0, 0, 1], 5060)));
        let request = message(method);
        self.layer.send(self.now, Outgoing { txn, branch, request, flow: flow(transport), local })
    }

    fn answered(&mut self, status: u16, method: &str) -> Vec<Output> {
        let response = Response::new(status).with("To", "<sip:8001@h>;tag=b").with("CSeq", &format!("1 {method}"));
        self.layer.response(self.now, response, "z9hG4bKo")
    }

    /// Lets time pass; the seconds at which something was sent, and what was told.
    fn pass(&mut self, seconds: u64) -> (Vec<f64>, Vec<FromWire>) {
        let end = self.now + Duration::from_secs(seconds);
        let (mut sent, mut told) = (Vec::new(), Vec::new());
        while let Some(next) = self.layer.next_due().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            for output in self.layer.tick(self.now) {
                match output {
                    Output::Send(..) => sent.push((self.now - self.start).as_secs_f64()),
                    Output::Tell(event) => told.push(event),
                }
            }
        }
        self.now = end;
        (sent, told)
    }
}

fn text(output: &Output) -> &str {
    match output {
        Output::Send(_, bytes) => std::str::from_utf8(bytes).unwrap(),
        Output::Tell(event) => panic!("told {event:?}"),
    }
}

fn is_timeout(told: &[FromWire]) -> bool {
    matches!(told, [FromWire::Failed { txn: ClientTxn(1), why: Failure::Timeout }])
}

#[test]
fn an_invite_is_repeated_with_timer_a_until_timer_b() {
    let mut bench = Bench::new();
    bench.goes(Method::Invite, Transport::Udp);
    let (sent, told) = bench.pass(40);
    assert_eq!(sent, [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]);
    assert!(is_timeout(&told), "{told:?}");
    bench.pass(40);
    assert_eq!(bench.layer.kept(), (0, 0));
}

#[test]
fn another_request_is_repeated_with_timer_e_until_timer_f() {
    let mut bench = Bench::new();
    bench.goes(Method::Bye, Transport::Udp);
    let (sent, told) = bench.pass(40);
    assert_eq!(sent, [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
    assert!(is_timeout(&told) && bench.layer.kept() == (0, 0));
}

#[test]
fn nothing_is_repeated_by_a_stream() {
    for method in [Method::Invite, Method::Bye] {
        let mut bench = Bench::new();
        bench.goes(method, Transport::Tcp);
        let (sent, told) = bench.pass(33);
        assert!(sent.is_empty() && is_timeout(&told));
    }
}

#[test]
fn a_provisional_answer_stops_an_invites_timers_and_slows_the_others() {
    let mut bench = Bench::new();
    bench.goes(Method::Invite, Transport::Udp);
    assert!(matches!(bench.answered(180, "INVITE")[..], [Output::Tell(FromWire::Response { .. })]));
    let (sent, told) = bench.pass(590);
    assert!(sent.is_empty() && told.is_empty());
    assert!(is_timeout(&bench.pass(20).1), "timer C");
    let mut bench = Bench::new();
    bench.goes(Method::Bye, Transport::Udp);
    bench.answered(100, "BYE");
    assert_eq!(bench.pass(40).0, [4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0]);
}

#[test]
fn a_cancelled_invite_ends_within_64_t1_and_cancels_once() {
    let mut bench = Bench::new();
    bench.goes(Method::Invite, Transport::Udp);
    bench.answered(180, "INVITE");
    let out = bench.layer.cancel_ours(bench.now, ClientTxn(1), &Headers::new());
    assert!(text(&out[0]).starts_with("CANCEL sip:8001@h SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKo"));
    assert!(bench.layer.cancel_ours(bench.now, ClientTxn(1), &Headers::new()).is_empty());
    assert!(bench.answered(200, "CANCEL").is_empty());
    let (sent, told) = bench.pass(33);
    assert!(sent.is_empty() && is_timeout(&told));
}

#[test]
fn a_refusal_goes_out_with_timer_g_until_timer_h() {
    let mut bench = Bench::new();
    assert_eq!(bench.comes(Method::Invite, Transport::Udp).len(), 2);
    bench.layer.respond(bench.now, ServerTxn(1), &Response::new(486));
    assert_eq!(bench.pass(40).0, [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]);
    assert_eq!(bench.layer.kept(), (0, 0));
    bench.comes(Method::Invite, Transport::Tcp);
    bench.layer.respond(bench.now, ServerTxn(2), &Response::new(486));
    assert!(bench.pass(40).0.is_empty());
}

#[test]
fn a_success_is_not_repeated_here_but_answers_repeated_invites() {
    let mut bench = Bench::new();
    bench.comes(Method::Invite, Transport::Udp);
    bench.layer.respond(bench.now, ServerTxn(1), &Response::new(200));
    assert!(bench.pass(10).0.is_empty());
    assert!(text(&bench.comes(Method::Invite, Transport::Udp)[0]).starts_with("SIP/2.0 200"));
    assert!(bench.layer.respond(bench.now, ServerTxn(1), &Response::new(486)).is_empty(), "it has been answered");
    // The ACK of a 2xx has a branch of its own.
    let ack = bench.layer.request(
        bench.now,
        message(Method::Ack),
        "Via: SIP/2.0/UDP h;branch=z9hG4bK2\r\n",
        flow(Transport::Udp),
        Standing::Known,
    );
    assert!(matches!(ack[..], [Output::Tell(FromWire::Ack { .. })]));
    assert!(bench.comes(Method::Invite, Transport::Udp).is_empty(), "a straggler is no new call");
    bench.pass(40);
    assert_eq!((bench.layer.kept(), bench.layer.unacknowledged.len()), ((0, 0), 0));
}

#[test]
fn a_strangers_request_leaves_nothing_behind() {
    let mut bench = Bench::new();
    let vias = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n";
    for number in 1..=2 {
        let invite = message(Method::Invite);
        let out = bench.layer.request(bench.now, invite, vias, flow(Transport::Udp), Standing::Stranger);
        assert!(matches!(out[..], [Output::Tell(FromWire::Request { .. })]), "no 100, and known by nothing");
        assert_eq!(bench.layer.respond(bench.now, ServerTxn(number), &Response::new(403)).len(), 1);
    }
    assert_eq!((bench.layer.kept(), bench.layer.waiting(), bench.pass(60).0.len()), ((0, 0), 0, 0));
    bench.layer.request(bench.now, message(Method::Options), vias, flow(Transport::Udp), Standing::Stranger);
    bench.pass(33);
    assert_eq!((bench.layer.kept(), bench.layer.waiting()), ((0, 0), 0), "nor does one that nobody answered");
}

proptest! {
    /// Whatever comes in whatever order, nothing is kept for ever, and each of our requests ends at most once.
    #[test]
    fn everything_ends(steps in prop::collection::vec((0..12_u8, 0..20_u64), 1..60)) {
        let mut bench = Bench::new();
        let mut ends = 0;
        for (step, seconds) in steps {
            let now = bench.now;
            let out = match step {
                0 => bench.comes(Method::Invite, Transport::Udp),
                1 => bench.comes(Method::Cancel, Transport::Udp),
                2 => bench.comes(Method::Ack, Transport::Udp),
                3 => bench.comes(Method::Bye, Transport::Tcp),
                4 => bench.layer.respond(now, ServerTxn(seconds), &Response::new(200)),
                5 => bench.layer.respond(now, ServerTxn(seconds), &Response::new(486)),
                6 if bench.layer.clients.is_empty() => { ends = 0; bench.goes(Method::Invite, Transport::Udp) }
                7 => bench.answered(180, "INVITE"),
                8 => bench.answered(486, "INVITE"),
                9 => bench.layer.cancel_ours(now, ClientTxn(1), &Headers::new()),
                10 => { bench.layer.abandon(now, ClientTxn(1)); Vec::new() }
                _ => Vec::new(),
            };
            let told = out.into_iter().filter_map(|output| match output {
                Output::Tell(event) => Some(event),
                Output::Send(..) => None,
            });
            let told = told.collect::<Vec<_>>().into_iter().chain(bench.pass(seconds).1);
            ends += told.filter(|event| match event {
                FromWire::Failed { .. } => true,
                FromWire::Response { response, .. } => !response.is_provisional(),
                _ => false,
            }).count();
            prop_assert!(ends <= 1);
        }
        for number in 1..=bench.layer.last {
            bench.layer.respond(bench.now, ServerTxn(number), &Response::new(200));
        }
        bench.pass(700);
        prop_assert_eq!((bench.layer.kept(), bench.layer.waiting()), ((0, 0), 0));
        prop_assert!(bench.layer.by_print.is_empty() && bench.layer.unacknowledged.is_empty());
        prop_assert!(bench.layer.ours.is_empty() && bench.layer.due.is_empty());
    }
}
