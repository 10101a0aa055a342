//! How a leg ends: BYE both ways, also crossing ones, and what is left to do after it.

use super::turn::Turn;
use super::unacked::TRANSACTION_MAX;
use super::{Leg, Phase};
use crate::answerable::Answerable;
use crate::message::{Headers, Method};
use crate::port::{ClientTxn, End, LegEvent};
use crate::time::Timestamp;
use crate::value::{Reason, parse_reasons};

/// What is left to do when a leg has ended.
#[derive(Clone, Debug)]
pub(super) struct Over {
    /// Our BYE that waits for its response.
    pub(super) bye: Option<ClientTxn>,
    /// The reason for a BYE that waits for the ACK of our 2xx (RFC 3261, 15: the called side must wait for it).
    pub(super) reason: Option<Reason>,
    /// When to stop waiting in any case.
    pub(super) until: Timestamp,
}

impl Leg {
    /// Tells the end, once.
    pub(super) fn end(&mut self, turn: &mut Turn, end: End) {
        if !self.ended {
            self.ended = true;
            turn.event(LegEvent::Ended(end));
        }
    }

    /// The wish to hang up, whatever the state.
    pub(super) fn hang_up(&mut self, turn: &mut Turn, reason: Option<Reason>) {
        match &self.phase {
            Phase::Invited(_) => self.reject(turn, 480, reason, None),
            Phase::Inviting(_) => self.cancel(turn, reason, End::HungUp),
            Phase::Talking => {
                self.hang_up_talk(turn, reason);
                self.end(turn, End::HungUp);
            }
            Phase::Over(_) | Phase::Gone => {}
        }
    }

    fn hang_up_talk(&mut self, turn: &mut Turn, reason: Option<Reason>) {
        if self.unacked.as_ref().is_some_and(|unacked| unacked.is_first()) {
            self.answer_pending(turn);
            self.phase = Phase::Over(Box::new(Over { bye: None, reason, until: turn.now + 2 * TRANSACTION_MAX }));
        } else {
            self.send_bye(turn, reason);
        }
    }

    /// Sends a BYE; whatever else was going on is over.
    pub(super) fn send_bye(&mut self, turn: &mut Turn, reason: Option<Reason>) {
        self.answer_pending(turn);
        self.unacked = None;
        let (mut bye, _) = self.dialog.request(Method::Bye);
        if let Some(reason) = reason {
            bye.headers.push("Reason", &reason.to_string());
        }
        let txn = self.new_txn();
        turn.send(txn, bye);
        self.phase = Phase::Over(Box::new(Over { bye: Some(txn), reason: None, until: turn.now + TRANSACTION_MAX }));
    }

    /// Ends a leg that needs nothing more.
    pub(super) fn close(&mut self, turn: &mut Turn, end: End) {
        self.answer_pending(turn);
        self.unacked = None;
        self.phase = Phase::Over(Box::new(Over { bye: None, reason: None, until: turn.now }));
        self.end(turn, end);
    }

    /// Requests of the other side that still wait are answered before a leg ends (RFC 3261, 15.1.2).
    fn answer_pending(&mut self, turn: &mut Turn) {
        if let Some(pending) = self.peer_offer.take() {
            turn.respond(pending.answerable.txn, pending.answerable.response(487, &self.dialog));
        }
        if let Some(refer) = self.transfer.take_asked() {
            turn.respond(refer.txn, refer.response(487, &self.dialog));
        }
        self.transfer.close();
        self.change.clear();
    }

    /// The other side's BYE.
    pub(super) fn on_bye(&mut self, turn: &mut Turn, bye: &Answerable, headers: &Headers) {
        turn.respond(bye.txn, bye.response(200, &self.dialog));
        let end = End::PeerHungUp { reason: reason_of(headers) };
        match &self.phase {
            Phase::Invited(_) => self.withdraw_invite(turn, end),
            Phase::Inviting(_) => self.cancel(turn, None, end),
            Phase::Talking => self.close(turn, end),
            Phase::Over(over) => {
                // Crossing BYEs: ours is answered in its own transaction, and one that waited is needless now.
                if over.bye.is_none() {
                    self.close(turn, end);
                }
            }
            Phase::Gone => {}
        }
    }

    /// The final response to our BYE came, or none will.
    pub(super) fn bye_answered(&mut self, turn: &Turn, txn: ClientTxn) {
        if let Phase::Over(over) = &mut self.phase
            && over.bye == Some(txn)
        {
            over.bye = None;
            over.until = turn.now;
        }
    }

    /// Tells that nothing is left to do, once.
    pub(super) fn leave(&mut self, turn: &mut Turn) {
        if let Phase::Over(over) = &self.phase
            && turn.now >= over.until
        {
            self.unacked = None;
            self.phase = Phase::Gone;
            turn.event(LegEvent::Gone);
        }
    }
}

/// The first reason in a message that names a cause.
pub(super) fn reason_of(headers: &Headers) -> Option<Reason> {
    headers.all("Reason").flat_map(parse_reasons).next()
}
