//! Our 2xx to an INVITE, repeated until its ACK comes (RFC 3261, 13.3.1.4).

use std::time::Duration;

use super::turn::Turn;
use super::{Leg, Phase};
use crate::message::{Request, Response};
use crate::port::{End, LegEvent, ServerTxn};
use crate::sdp::{Description, Ours};
use crate::time::Timestamp;
use crate::value::{CSeq, Reason};

/// RFC 3261, 17.1.1.1.
pub(super) const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);

/// How long a transaction may take.
pub(super) const TRANSACTION_MAX: Duration = Duration::from_secs(32);

/// A 2xx of ours without an ACK yet.
#[derive(Clone, Debug)]
pub(super) struct Unacked {
    txn: ServerTxn,
    cseq: u32,
    response: Response,
    /// Whether it answers the INVITE that made the leg.
    is_first: bool,
    /// Our offer in it, when the INVITE had none: the ACK carries the answer.
    offered: Option<Ours>,
    interval: Duration,
    next_at: Timestamp,
    give_up_at: Timestamp,
}

impl Unacked {
    pub(super) fn next_deadline(&self) -> Timestamp {
        self.next_at.min(self.give_up_at)
    }

    pub(super) fn awaits_answer(&self) -> bool {
        self.offered.is_some()
    }

    pub(super) fn is_first(&self) -> bool {
        self.is_first
    }
}

impl Leg {
    /// Sends a 2xx to an INVITE and keeps it until the ACK.
    pub(super) fn send_2xx(&mut self, turn: &mut Turn, txn: ServerTxn, cseq: u32, sent: (Response, Option<Ours>)) {
        let (response, offered) = sent;
        turn.respond(txn, response.clone());
        let is_first = matches!(self.phase, Phase::Invited(_));
        self.unacked = Some(Box::new(Unacked {
            txn,
            cseq,
            response,
            is_first,
            offered,
            interval: T1,
            next_at: turn.now + T1,
            give_up_at: turn.now + TRANSACTION_MAX,
        }));
    }

    /// Repeats the 2xx when it is time, T1 doubling to T2; gives up after 64·T1.
    pub(super) fn repeat_unacked(&mut self, turn: &mut Turn) {
        let Some(unacked) = &mut self.unacked else { return };
        if turn.now >= unacked.give_up_at {
            self.unacked = None;
            self.send_bye(turn, Some(Reason::sip(408, "No ACK")));
            self.end(turn, End::NoAck);
        } else if turn.now >= unacked.next_at {
            unacked.interval = (unacked.interval * 2).min(T2);
            unacked.next_at = turn.now + unacked.interval;
            turn.respond(unacked.txn, unacked.response.clone());
        }
    }

    pub(super) fn on_ack(&mut self, turn: &mut Turn, ack: &Request) {
        let number = ack.headers.get("CSeq").and_then(CSeq::parse).map(|cseq| cseq.number);
        if !self.dialog.owns(ack) || self.unacked.as_ref().is_none_or(|unacked| Some(unacked.cseq) != number) {
            return;
        }
        let answer = Description::read(&ack.body).ok();
        self.acknowledged(turn, answer.as_ref());
    }

    /// The other side has our 2xx. `answer` is what its ACK describes.
    pub(super) fn acknowledged(&mut self, turn: &mut Turn, answer: Option<&Description>) {
        let Some(unacked) = self.unacked.take() else { return };
        if let Phase::Over(over) = &self.phase {
            let reason = over.reason.clone();
            return self.send_bye(turn, reason);
        }
        if let Some(ours) = unacked.offered {
            let before = self.media.agreed();
            let Some(agreed) = answer.and_then(|answer| self.media.accept(ours, answer)) else {
                self.send_bye(turn, Some(Reason::sip(488, "")));
                return self.end(turn, End::NoCommonMedia);
            };
            if before != Some(agreed) {
                turn.event(LegEvent::Media(agreed));
            }
        }
        if unacked.is_first {
            turn.event(LegEvent::Acknowledged);
        }
    }
}
