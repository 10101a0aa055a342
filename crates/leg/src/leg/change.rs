//! Changes of the session that we ask for: another description by re-INVITE, and session refreshes.

use std::net::SocketAddr;
use std::time::Duration;

use super::requests::ABILITIES;
use super::turn::Turn;
use super::{Leg, Phase};
use crate::message::{Method, Response};
use crate::port::{ClientTxn, End, LegEvent};
use crate::sdp::{Description, Direction, Ours, SDP};
use crate::time::Timestamp;
use crate::value::{CSeq, Reason, delta_seconds};

/// How often a change is sent again after 491, 500 with Retry-After, or 422.
const TRIES_MAX: u8 = 6;

/// A longer Retry-After is taken as a refusal.
const RETRY_SECONDS_MAX: u32 = 10;

/// What we ask for, and what waits to be asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    under_way: Option<Box<UnderWay>>,
    wanted: Option<Wanted>,
    tries: u8,
    /// Not before this: back-off after glare.
    not_before: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Offer(SocketAddr, Direction),
    Refresh,
}

#[derive(Clone, Debug)]
struct UnderWay {
    txn: ClientTxn,
    wanted: Wanted,
    method: Method,
    /// What we described; `None` in an UPDATE that only refreshes.
    ours: Option<Ours>,
}

impl Change {
    pub(super) fn is(&self, txn: ClientTxn) -> bool {
        self.under_way.as_ref().is_some_and(|under_way| under_way.txn == txn)
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.not_before.filter(|_| self.under_way.is_none())
    }

    /// Wants the same again, unless something newer is wanted or it was tried too often.
    fn again(&mut self, wanted: Wanted, not_before: Option<Timestamp>) -> bool {
        if self.tries >= TRIES_MAX {
            return false;
        }
        self.wanted.get_or_insert(wanted);
        self.not_before = not_before;
        true
    }
}

impl Leg {
    pub(super) fn want_offer(&mut self, address: SocketAddr, direction: Direction) {
        if matches!(self.phase, Phase::Talking) {
            self.change.wanted = Some(Wanted::Offer(address, direction));
            self.change.tries = 0;
        }
    }

    /// The session timer: refresh it, or give up.
    pub(super) fn pass_session_deadlines(&mut self, turn: &mut Turn) {
        if self.timer.has_expired(turn.now) {
            self.send_bye(turn, Some(Reason::sip(408, "Session expired")));
            return self.end(turn, End::SessionExpired);
        }
        if self.timer.take_refresh(turn.now) && self.change.under_way.is_none() && self.change.wanted.is_none() {
            self.change.wanted = Some(Wanted::Refresh);
            self.change.tries = 0;
        }
    }

    /// Sends what waits, once nothing else is under way (RFC 3261, 14.1).
    pub(super) fn send_changes(&mut self, turn: &mut Turn) {
        if self.change.not_before.is_some_and(|at| turn.now >= at) {
            self.change.not_before = None;
        }
        let busy = self.change.under_way.is_some()
            || self.change.not_before.is_some()
            || self.peer_offer.is_some()
            || self.unacked.is_some()
            || !matches!(self.phase, Phase::Talking);
        if busy {
            return;
        }
        if let Some(wanted) = self.change.wanted.take() {
            self.send_change(turn, wanted);
        }
    }

    fn send_change(&mut self, turn: &mut Turn, wanted: Wanted) {
        let ours = match &wanted {
            Wanted::Offer(address, direction) => Some(self.media.offer(*address, *direction)),
            Wanted::Refresh if self.peer_updates => None,
            Wanted::Refresh => self.media.ours().cloned(),
        };
        let method = if ours.is_some() { Method::Invite } else { Method::Update };
        let (mut request, _) = self.dialog.request(method.clone());
        request.headers.push("Contact", &self.dialog.contact);
        for (name, value) in ABILITIES {
            request.headers.push(name, value);
        }
        self.timer.propose(&mut request.headers, false);
        if let Some(ours) = &ours {
            let body = self.media.say(ours);
            request = request.with_body(SDP, body);
        }
        let txn = self.new_txn();
        turn.send(txn, request);
        self.change.tries += 1;
        self.change.under_way = Some(Box::new(UnderWay { txn, wanted, method, ours }));
    }

    pub(super) fn on_change_response(&mut self, turn: &mut Turn, response: &Response) {
        if response.is_provisional() {
            return;
        }
        let Some(change) = self.change.under_way.take() else { return };
        match response.status() {
            200..=299 => self.change_accepted(turn, *change, response),
            481 => self.close(turn, End::PeerLost),
            408 => self.on_change_failed(turn),
            status => {
                if !self.try_again(turn, &change, response) {
                    self.change_refused(turn, &change, status);
                }
            }
        }
    }

    fn change_accepted(&mut self, turn: &mut Turn, change: UnderWay, response: &Response) {
        self.dialog.refresh_target(&response.headers);
        if change.method == Method::Invite {
            let number = response.headers.get("CSeq").and_then(CSeq::parse).map(|cseq| cseq.number);
            turn.ack(self.dialog.ack(number.unwrap_or_else(|| self.dialog.next_cseq() - 1)));
        }
        self.timer.settled(turn.now, &response.headers);
        let Some(ours) = change.ours else { return };
        let before = self.media.agreed();
        let answer = Description::read(&response.body).ok();
        match answer.and_then(|answer| self.media.accept(ours, &answer)) {
            Some(agreed) => {
                if before != Some(agreed) || change.wanted != Wanted::Refresh {
                    turn.event(LegEvent::Media(agreed));
                }
            }
            None if change.wanted == Wanted::Refresh => {}
            None => turn.event(LegEvent::OfferRefused { status: 488 }),
        }
    }

    /// Whether a refusal is one to come back from, and then when.
    fn try_again(&mut self, turn: &Turn, change: &UnderWay, response: &Response) -> bool {
        let wait = match response.status() {
            491 => Some(self.dice.back_off(self.is_outgoing)),
            422 => self.timer.lengthen(&response.headers).then_some(Duration::ZERO),
            405 | 501 if change.method == Method::Update => {
                self.peer_updates = false;
                Some(Duration::ZERO)
            }
            500 | 503 => {
                let seconds = response.headers.get("Retry-After").and_then(delta_seconds);
                seconds.filter(|s| *s <= RETRY_SECONDS_MAX).map(|s| Duration::from_secs(s.into()))
            }
            _ => None,
        };
        let Some(wait) = wait else { return false };
        self.change.again(change.wanted.clone(), (!wait.is_zero()).then(|| turn.now + wait))
    }

    fn change_refused(&mut self, turn: &mut Turn, change: &UnderWay, status: u16) {
        self.timer.try_later(turn.now);
        if change.wanted != Wanted::Refresh {
            turn.event(LegEvent::OfferRefused { status });
        }
    }

    /// No answer in the dialog: the other side is lost (RFC 3261, 12.2.1.2). The BYE is for the case that it is not.
    pub(super) fn on_change_failed(&mut self, turn: &mut Turn) {
        self.send_bye(turn, Some(Reason::sip(408, "No answer")));
        self.end(turn, End::PeerLost);
    }
}
