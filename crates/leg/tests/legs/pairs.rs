//! Two legs that talk to each other over a line that delays, reorders and loses.
//!
//! The transactions between them are as good as the library's: requests and final responses arrive in the end, each
//! once. What RFC 3261 leaves to the legs can get lost: a 2xx to an INVITE and its ACK.

use std::collections::BTreeMap;
use std::time::Duration;

use leg::sdp::Direction;
use leg::{ClientTxn, Headers, Input, Leg, LegEvent, Output, Request, Response, ServerTxn, Timestamp, Wish};
use proptest::prelude::*;

use crate::table::{incoming_settings, our_media, outgoing_settings};

/// The caller is 0, who is called 1.
type Side = usize;

#[derive(Clone, Debug)]
enum Message {
    Request(ServerTxn, Request),
    Ack(Request),
    Cancel(ServerTxn),
    Response(ClientTxn, Response),
    Wish(Wish),
}

struct Line {
    legs: [Option<Leg>; 2],
    now: Timestamp,
    /// What arrives when; the second number keeps the order of what was sent.
    under_way: BTreeMap<(Timestamp, u64), (Side, Message)>,
    /// Which request of which side a server transaction stands for.
    transactions: Vec<(Side, ClientTxn)>,
    chance: u64,
    loss_percent: u64,
    count: u64,
    events: [Vec<LegEvent>; 2],
}

impl Line {
    fn new(seed: u64, loss_percent: u64) -> Self {
        let (caller, outputs) = Leg::outgoing(Timestamp(0), outgoing_settings());
        let mut line = Self {
            legs: [Some(caller), None],
            now: Timestamp(0),
            under_way: BTreeMap::new(),
            transactions: Vec::new(),
            chance: seed,
            loss_percent,
            count: 0,
            events: [Vec::new(), Vec::new()],
        };
        line.carry(0, outputs);
        line
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % bound
    }

    fn post(&mut self, to: Side, message: Message) {
        let delay = Duration::from_millis(1 + self.below(300));
        self.post_at(self.now + delay, to, message);
    }

    fn post_at(&mut self, at: Timestamp, to: Side, message: Message) {
        self.count += 1;
        self.under_way.insert((at, self.count), (to, message));
    }

    fn is_lost(&mut self) -> bool {
        self.below(100) < self.loss_percent
    }

    fn carry(&mut self, from: Side, outputs: Vec<Output>) {
        let to = 1 - from;
        for output in outputs {
            match output {
                Output::Send { txn, request, .. } => {
                    let server = ServerTxn(u64::try_from(self.transactions.len()).unwrap());
                    self.transactions.push((from, txn));
                    self.post(to, Message::Request(server, request));
                }
                Output::Respond { txn, response } => {
                    let (client, number) = self.transactions[usize::try_from(txn.0).unwrap()];
                    let cseq = response.headers.get("CSeq").unwrap();
                    let may_get_lost = response.is_success() && cseq.ends_with("INVITE");
                    assert_eq!(client, to);
                    if !(may_get_lost && self.is_lost()) {
                        self.post(to, Message::Response(number, response));
                    }
                }
                Output::Ack { request } => {
                    if !self.is_lost() {
                        self.post(to, Message::Ack(request));
                    }
                }
                Output::Cancel { txn, .. } => {
                    let server = self.transactions.iter().position(|known| *known == (from, txn)).unwrap();
                    self.post(to, Message::Cancel(ServerTxn(u64::try_from(server).unwrap())));
                }
                Output::Event(event) => self.events[from].push(event),
            }
        }
    }

    fn deliver(&mut self, to: Side, message: Message) {
        let input = match message {
            Message::Request(txn, request) if self.legs[to].is_none() => {
                let leg = Leg::incoming(txn, &request, &incoming_settings()).unwrap();
                self.legs[to] = Some(leg);
                return;
            }
            Message::Request(txn, request) => Input::Request { txn, request },
            Message::Ack(request) => Input::Ack(request),
            Message::Cancel(txn) => Input::Cancel { txn, headers: Headers::new() },
            Message::Response(txn, response) => Input::Response { txn, response },
            Message::Wish(wish) => Input::Wish(wish),
        };
        self.turn(to, input);
    }

    fn turn(&mut self, side: Side, input: Input) {
        let Some(leg) = &mut self.legs[side] else { return };
        let outputs = leg.handle(self.now, input);
        let offered = outputs.iter().any(|o| matches!(o, Output::Event(LegEvent::Offered { .. })));
        self.carry(side, outputs);
        if offered {
            self.post(side, Message::Wish(Wish::AnswerOffer { media: our_media() }));
        }
    }

    fn run(&mut self, until: Timestamp) {
        loop {
            let message = self.under_way.keys().next().copied();
            let due = |side: Side| self.legs[side].as_ref().and_then(Leg::next_deadline).map(|at| (at, side));
            let deadline = due(0).into_iter().chain(due(1)).min();
            match (message, deadline) {
                (Some(key), deadline) if key.0 <= until && deadline.is_none_or(|(at, _)| key.0 <= at) => {
                    let (to, message) = self.under_way.remove(&key).unwrap();
                    self.now = self.now.max(key.0);
                    self.deliver(to, message);
                }
                (_, Some((at, side))) if at <= until => {
                    self.now = self.now.max(at);
                    self.turn(side, Input::Due);
                }
                _ => break,
            }
        }
        self.now = until;
    }

    fn told(&self, side: Side, what: impl Fn(&LegEvent) -> bool) -> usize {
        self.events[side].iter().filter(|event| what(event)).count()
    }

    fn wish_at(&mut self, millis: i64, side: Side, wish: Wish) {
        self.post_at(Timestamp(millis * 1000), side, Message::Wish(wish));
    }
}

fn hang_up() -> Wish {
    Wish::HangUp { reason: None }
}

fn offer(direction: Direction) -> Wish {
    Wish::Offer { media: our_media(), direction }
}

fn ended(event: &LegEvent) -> bool {
    matches!(event, LegEvent::Ended(_))
}

fn gone(event: &LegEvent) -> bool {
    *event == LegEvent::Gone
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Answered, then both sides change the session at will: in the end both mean the same.
    #[test]
    fn both_sides_agree(
        seed in any::<u64>(),
        loss in 0..30_u64,
        offers in prop::collection::vec((10_000..40_000_i64, 0..2_usize, any::<bool>()), 0..6),
    ) {
        let mut line = Line::new(seed, loss);
        line.wish_at(2_000, 1, Wish::Ring);
        line.wish_at(3_000, 1, Wish::Answer { media: our_media() });
        for (at, side, hold) in offers {
            line.wish_at(at, side, offer(if hold { Direction::SendOnly } else { Direction::SendRecv }));
        }
        line.run(Timestamp(200_000_000));
        let lost = line.told(1, ended) > 0;
        prop_assert!(loss > 0 || !lost, "{:?}", line.events);
        if !lost {
            let [caller, called] = [0, 1].map(|side| line.legs[side].as_ref().unwrap().agreed().unwrap());
            prop_assert_eq!(caller.direction, called.direction.mirrored());
            prop_assert_eq!(caller.codec, called.codec);
            prop_assert_eq!(line.told(0, |event| *event == LegEvent::Answered), 1);
            prop_assert_eq!(line.told(1, |event| *event == LegEvent::Acknowledged), 1);
        }
        line.wish_at(200_000, 0, hang_up());
        line.run(Timestamp(300_000_000));
        for side in [0, 1] {
            prop_assert_eq!((line.told(side, ended), line.told(side, gone)), (1, 1), "{:?}", line.events[side]);
        }
    }

    /// Hung up at any time by either side, or both: both legs end, and nothing is left.
    #[test]
    fn both_sides_end(
        seed in any::<u64>(),
        loss in 0..60_u64,
        answer in prop::option::of(0..3_000_i64),
        ends in prop::collection::vec((0..4_000_i64, 0..2_usize), 1..4),
    ) {
        let mut line = Line::new(seed, loss);
        line.wish_at(0, 1, Wish::Ring);
        line.run(Timestamp(310_000));
        line.deliver(1, Message::Wish(Wish::Ring));
        if let Some(at) = answer {
            line.wish_at(310 + at, 1, Wish::Answer { media: our_media() });
        }
        for (at, side) in ends {
            line.wish_at(310 + at, side, hang_up());
        }
        line.run(Timestamp(400_000_000));
        for side in [0, 1] {
            prop_assert_eq!((line.told(side, ended), line.told(side, gone)), (1, 1), "{:?}", line.events[side]);
            prop_assert!(line.legs[side].as_ref().unwrap().is_gone());
        }
        prop_assert!(line.under_way.is_empty());
    }
}

#[test]
fn a_session_lives_on_by_its_refreshes() {
    let mut line = Line::new(1, 0);
    line.wish_at(1_000, 1, Wish::Answer { media: our_media() });
    line.run(Timestamp(86_400_000_000));
    assert!(line.legs.iter().flatten().all(Leg::is_talking));
    assert!(line.transactions.len() > 90, "a refresh every quarter of an hour");
}
