//! Lines between our legs and those of phones.
//!
//! Transactions are modelled, not run: a request and its final response arrive once in the end, later when datagrams got
//! lost, and not at all when the receiver is not there for 32 s. What RFC 3261 leaves to the legs gets lost, or comes
//! twice: provisional responses, a 2xx to an INVITE, its ACK.

use std::time::Duration;

use engine::AgentId;
use leg::message::{Headers, Method, Request, Response};
use leg::{ClientTxn, Failure, Input, Output};

use crate::sometimes::Situation;
use crate::world::{Due, World};

/// One SIP dialog between us and a phone, from its INVITE on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineId(pub(crate) u32);

/// Which end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// Ours.
    House,
    /// The phone's.
    Phone,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::House => Self::Phone,
            Self::Phone => Self::House,
        }
    }
}

/// A request under way: which line, who sent it, its number there.
pub(crate) type TxnKey = (LineId, Side, u32);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Txn {
    is_invite: bool,
    is_delivered: bool,
    is_answered: bool,
    has_provisional: bool,
}

/// A message to one end of a line.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) to: Side,
    pub(crate) line: LineId,
    pub(crate) payload: Payload,
    /// How often it was sent in vain.
    pub(crate) tries: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Request { txn: u32, request: Request },
    Response { txn: u32, response: Response },
    Ack(Request),
    Cancel { txn: u32, headers: Headers },
    Register { agent: AgentId, is_on: bool },
}

const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
const TXN_MAX: Duration = Duration::from_secs(32);

/// So many repetitions fit into 32 s.
const TRIES_MAX: u32 = 10;

impl World {
    pub(crate) const fn new_line(&mut self) -> LineId {
        self.lines_made += 1;
        LineId(self.lines_made)
    }

    /// Sends what a leg at this end wants sent, except for its events, which are handed back.
    pub(crate) fn send_outputs(&mut self, from: Side, line: LineId, outputs: Vec<Output>) -> Vec<leg::LegEvent> {
        let mut events = Vec::new();
        for output in outputs {
            match output {
                Output::Respond { txn, response } => {
                    self.answered_by(from, line, u32::try_from(txn.0).unwrap_or(0), &response);
                    let txn = u32::try_from(txn.0).unwrap_or(0);
                    self.send(from, line, Payload::Response { txn, response });
                }
                Output::Send { txn, mut request, branch: _ } => {
                    self.number_of_phone(from, line, &mut request);
                    self.send_request(from, line, txn.0, request);
                }
                Output::Ack { mut request } => {
                    self.number_of_phone(from, line, &mut request);
                    self.send(from, line, Payload::Ack(request));
                }
                Output::Cancel { txn, reason } => {
                    let headers = reason.map(|reason| Headers::new().with("Reason", &reason.to_string()));
                    let headers = headers.unwrap_or_default();
                    self.send(from, line, Payload::Cancel { txn: txn.0, headers });
                }
                Output::Event(event) => events.push(event),
            }
        }
        events
    }

    pub(crate) fn send_request(&mut self, from: Side, line: LineId, txn: u32, request: Request) {
        let is_invite = request.method == Method::Invite;
        self.txns.insert((line, from, txn), Txn { is_invite, ..Txn::default() });
        self.after(TXN_MAX, Due::TxnEnd((line, from, txn)));
        self.send(from, line, Payload::Request { txn, request });
    }

    pub(crate) fn send(&mut self, from: Side, line: LineId, payload: Payload) {
        let is_once = is_once(&payload);
        if is_once && self.may_go_wrong(self.faults.twice) {
            self.meet(Situation::MessageTwice);
            self.under_way(Packet { to: from.other(), line, payload: payload.clone(), tries: 0 });
        }
        self.under_way(Packet { to: from.other(), line, payload, tries: 0 });
    }

    fn may_go_wrong(&mut self, permille: u64) -> bool {
        !self.is_calm() && self.chance.is(permille)
    }

    fn under_way(&mut self, packet: Packet) {
        if self.may_go_wrong(self.faults.loss) {
            self.meet(Situation::MessageLost);
            return self.send_again(packet);
        }
        let is_late = self.may_go_wrong(self.faults.late);
        let delay = if is_late { self.chance.millis(200, 2000) } else { self.chance.micros(500, 30_000) };
        self.after(delay, Due::Deliver(Box::new(packet)));
    }

    /// It was lost, or nobody was there: what is repeated below the legs comes later.
    fn send_again(&mut self, mut packet: Packet) {
        if is_once(&packet.payload) || packet.tries >= TRIES_MAX {
            return;
        }
        let pause = T1.saturating_mul(1 << packet.tries).min(T2);
        packet.tries += 1;
        self.after(pause, Due::Deliver(Box::new(packet)));
    }

    pub(crate) fn deliver(&mut self, packet: Packet) {
        let is_there = match packet.to {
            Side::House => self.is_up && self.edge.is_open,
            Side::Phone => self.phone_is_there(packet.line),
        };
        if !is_there {
            return self.send_again(packet);
        }
        let Packet { to, line, payload, tries: _ } = packet;
        let is_cancel = matches!(payload, Payload::Cancel { .. });
        let is_bye = matches!(&payload, Payload::Request { request, .. } if request.method == Method::Bye);
        if to == Side::House && (is_cancel || is_bye) {
            self.crosses(line, is_cancel);
        }
        match payload {
            Payload::Request { txn, request } => self.deliver_request(to, line, txn, request),
            Payload::Response { txn, response } => self.deliver_response(to, line, txn, response),
            Payload::Ack(request) => self.leg_turn(to, line, Input::Ack(request)),
            Payload::Cancel { txn, headers } => {
                self.leg_turn(to, line, Input::Cancel { txn: leg::ServerTxn(txn.into()), headers });
            }
            Payload::Register { agent, is_on } => self.registered(agent, is_on),
        }
    }

    fn deliver_request(&mut self, to: Side, line: LineId, txn: u32, request: Request) {
        let Some(known) = self.txns.get_mut(&(line, to.other(), txn)) else { return };
        if std::mem::replace(&mut known.is_delivered, true) {
            return;
        }
        let is_first = known.is_invite && !has_to_tag(&request);
        if is_first && !self.stays_silent(to, line) {
            self.send(to, line, Payload::Response { txn, response: Response::new(100) });
        }
        let server = leg::ServerTxn(txn.into());
        match (to, is_first) {
            (Side::House, true) => self.invited(line, server, &request),
            (Side::Phone, true) => self.phone_rings(line, server, &request),
            _ if self.knows(to, line) => self.leg_turn(to, line, Input::Request { txn: server, request }),
            _ => {
                let response = Response::new(481).with("CSeq", request.headers.get("CSeq").unwrap_or("1 BYE"));
                self.send(to, line, Payload::Response { txn, response });
            }
        }
    }

    fn deliver_response(&mut self, to: Side, line: LineId, txn: u32, response: Response) {
        if let Some(known) = self.txns.get_mut(&(line, to, txn)) {
            known.has_provisional |= response.is_provisional();
            known.is_answered |= !response.is_provisional();
        }
        self.leg_turn(to, line, Input::Response { txn: ClientTxn(txn), response });
    }

    /// 32 s are over. An INVITE that got a provisional response may take longer.
    pub(crate) fn txn_end(&mut self, key: TxnKey) {
        let Some(txn) = self.txns.remove(&key) else { return };
        let goes_on = txn.is_answered || (txn.is_invite && txn.has_provisional);
        if !goes_on {
            let (line, side, number) = key;
            self.leg_turn(side, line, Input::Failed { txn: ClientTxn(number), why: Failure::Timeout });
        }
    }

    fn leg_turn(&mut self, side: Side, line: LineId, input: Input) {
        match side {
            Side::House => self.edge_turn(line, input),
            Side::Phone => self.phone_turn(line, input),
        }
    }

    fn knows(&self, side: Side, line: LineId) -> bool {
        match side {
            Side::House => self.edge.legs.contains_key(&line),
            Side::Phone => self.phones.contains_key(&line),
        }
    }
}

/// Whether nobody below the legs repeats it.
fn is_once(payload: &Payload) -> bool {
    match payload {
        Payload::Ack(_) => true,
        Payload::Response { response, .. } => {
            let of_invite = response.headers.get("CSeq").is_some_and(|cseq| cseq.ends_with("INVITE"));
            // A lost 100 comes again with the repeated INVITE.
            let is_ringing = response.is_provisional() && response.status() > 100;
            is_ringing || (response.is_success() && of_invite)
        }
        Payload::Request { .. } | Payload::Cancel { .. } | Payload::Register { .. } => false,
    }
}

fn has_to_tag(request: &Request) -> bool {
    request.headers.get("To").is_some_and(|to| to.contains(";tag="))
}
