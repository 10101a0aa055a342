//! Offers of the other side by re-INVITE and UPDATE (RFC 3261 14.2, RFC 3311 5.2).

use std::net::SocketAddr;

use super::invited::final_refusal;
use super::requests::with_abilities;
use super::timer::Terms;
use super::turn::Turn;
use super::{Leg, Phase};
use crate::answerable::Answerable;
use crate::message::{Method, Request, Response};
use crate::port::{LegEvent, ServerTxn};
use crate::sdp::{Description, Direction, SDP};

/// An offer that waits for a wish.
#[derive(Clone, Debug)]
pub(super) struct PeerOffer {
    pub(super) answerable: Answerable,
    offer: Description,
    terms: Terms,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadBody {
    /// Not `application/sdp`, or encoded.
    Type,
    /// Cannot be read.
    NotSdp,
    /// Nothing in it that we share.
    NoCommonMedia,
}

impl BadBody {
    pub(super) const fn status(self) -> u16 {
        match self {
            Self::Type => 415,
            Self::NotSdp | Self::NoCommonMedia => 488,
        }
    }

    /// Says what is wrong (RFC 3261, 20.43 and 21.4.13).
    pub(super) fn put_on(self, response: Response) -> Response {
        match self {
            Self::Type => response.with("Accept", SDP),
            Self::NotSdp => response.with("Warning", "399 anteroom \"Session description cannot be read\""),
            Self::NoCommonMedia => response.with("Warning", "305 anteroom \"No audio in PCMA or PCMU over RTP/AVP\""),
        }
    }
}

/// The description in a request; `None` for an empty body.
pub(super) fn sdp_body(request: &Request) -> Result<Option<Description>, BadBody> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let kind = request.headers.get("Content-Type").unwrap_or(SDP);
    let kind = kind.split(';').next().unwrap_or("").trim();
    let encoded = request.headers.get("Content-Encoding").is_some_and(|e| !e.eq_ignore_ascii_case("identity"));
    if !kind.eq_ignore_ascii_case(SDP) || encoded {
        return Err(BadBody::Type);
    }
    match Description::read(&request.body) {
        Ok(description) => Ok(Some(description)),
        Err(crate::sdp::Unusable::NotSdp) => Err(BadBody::NotSdp),
        Err(crate::sdp::Unusable::NoCommonMedia) => Err(BadBody::NoCommonMedia),
    }
}

impl Leg {
    /// A re-INVITE or UPDATE.
    pub(super) fn on_session_request(&mut self, turn: &mut Turn, answerable: Answerable, request: &Request) {
        let has_offer = request.method == Method::Invite || !request.body.is_empty();
        if has_offer && let Some(refusal) = self.refuse_untimely(&answerable) {
            return turn.respond(answerable.txn, refusal);
        }
        let terms = match self.timer.terms(&request.headers) {
            Ok(terms) => terms,
            Err(min) => {
                let response = answerable.response(422, &self.dialog).with("Min-SE", &min.to_string());
                return turn.respond(answerable.txn, response);
            }
        };
        let offer = match sdp_body(request) {
            Ok(offer) => offer,
            Err(bad) => {
                return turn.respond(answerable.txn, bad.put_on(answerable.response(bad.status(), &self.dialog)));
            }
        };
        // A second INVITE shows that the first was answered, even when its ACK got lost or is late.
        if request.method == Method::Invite {
            self.acknowledged(turn, None);
        }
        self.dialog.refresh_target(&request.headers);
        if request.headers.has("Allow") {
            self.peer_updates = request.headers.lists("Allow", "UPDATE");
        }
        match offer {
            Some(offer) => self.consider_offer(turn, PeerOffer { answerable, offer, terms }),
            None if request.method == Method::Invite => self.offer_in_answer(turn, &answerable, terms),
            None => self.answer_plain_update(turn, &answerable, terms),
        }
    }

    /// The final response to an offer that comes at the wrong time: 491 while an offer of ours is open, 500 with
    /// Retry-After while an earlier one of theirs is.
    fn refuse_untimely(&mut self, answerable: &Answerable) -> Option<Response> {
        let theirs_open = self.peer_offer.is_some() || matches!(self.phase, Phase::Invited(_));
        let ours_open = matches!(self.phase, Phase::Inviting(_))
            || self.change.is_under_way()
            || self.unacked.as_ref().is_some_and(|unacked| unacked.awaits_answer());
        if theirs_open {
            let seconds = self.dice.retry_after().to_string();
            return Some(answerable.response(500, &self.dialog).with("Retry-After", &seconds));
        }
        ours_open.then(|| answerable.response(491, &self.dialog))
    }

    /// An offer that changes nothing is answered at once, any other waits for a wish.
    fn consider_offer(&mut self, turn: &mut Turn, pending: PeerOffer) {
        let address = self.media.ours().map(crate::sdp::Ours::address);
        match (address, pending.offer.agreed_if_answered()) {
            (Some(address), Some(agreed)) if self.media.agreed() == Some(agreed) => {
                self.accept_offer(turn, &pending, address);
            }
            (_, Some(agreed)) => {
                self.peer_offer = Some(Box::new(pending));
                turn.event(LegEvent::Offered { agreed });
            }
            (_, None) => {
                let bad = BadBody::NoCommonMedia;
                let response = bad.put_on(pending.answerable.response(bad.status(), &self.dialog));
                turn.respond(pending.answerable.txn, response);
            }
        }
    }

    pub(super) fn answer_offer(&mut self, turn: &mut Turn, address: SocketAddr) {
        if let Some(pending) = self.peer_offer.take() {
            self.accept_offer(turn, &pending, address);
        }
    }

    fn accept_offer(&mut self, turn: &mut Turn, pending: &PeerOffer, address: SocketAddr) {
        let before = self.media.agreed();
        let response = pending.terms.put_on(with_abilities(pending.answerable.response(200, &self.dialog)));
        let Some((body, agreed)) = self.media.answer(&pending.offer, address) else {
            return turn.respond(pending.answerable.txn, pending.answerable.response(488, &self.dialog));
        };
        self.send_session_2xx(turn, &pending.answerable, response.with_body(SDP, body));
        self.timer.start(turn.now, pending.terms.seconds, pending.terms.we_refresh());
        if before != Some(agreed) {
            turn.event(LegEvent::Media(agreed));
        }
    }

    fn send_session_2xx(&mut self, turn: &mut Turn, answerable: &Answerable, response: Response) {
        match answerable.cseq.method {
            Method::Invite => self.send_2xx(turn, answerable.txn, answerable.cseq.number, (response, None)),
            _ => turn.respond(answerable.txn, response),
        }
    }

    /// A re-INVITE without offer: our 200 offers, from where we receive already, and the ACK answers.
    fn offer_in_answer(&mut self, turn: &mut Turn, answerable: &Answerable, terms: Terms) {
        let Some(address) = self.media.ours().map(crate::sdp::Ours::address) else {
            return turn.respond(answerable.txn, answerable.response(488, &self.dialog));
        };
        let ours = self.media.offer(address, Direction::SendRecv);
        let body = self.media.say(&ours);
        let response = terms.put_on(with_abilities(answerable.response(200, &self.dialog))).with_body(SDP, body);
        self.send_2xx(turn, answerable.txn, answerable.cseq.number, (response, Some(ours)));
        self.timer.start(turn.now, terms.seconds, terms.we_refresh());
    }

    /// An UPDATE without offer only refreshes the session.
    fn answer_plain_update(&mut self, turn: &mut Turn, answerable: &Answerable, terms: Terms) {
        let response = terms.put_on(with_abilities(answerable.response(200, &self.dialog)));
        turn.respond(answerable.txn, response);
        if matches!(self.phase, Phase::Talking) {
            self.timer.start(turn.now, terms.seconds, terms.we_refresh());
        }
    }

    pub(super) fn refuse_offer(&mut self, turn: &mut Turn, status: u16) {
        if let Some(pending) = self.peer_offer.take() {
            let response = pending.answerable.response(final_refusal(status), &self.dialog);
            turn.respond(pending.answerable.txn, response);
        }
    }

    /// A CANCEL of the re-INVITE that waits; the session stays as it was.
    pub(super) fn withdraw_offer(&mut self, turn: &mut Turn, txn: ServerTxn) {
        let cancelled =
            |pending: &PeerOffer| pending.answerable.txn == txn && pending.answerable.cseq.method == Method::Invite;
        if !self.peer_offer.as_deref().is_some_and(cancelled) {
            return;
        }
        if let Some(pending) = self.peer_offer.take() {
            turn.respond(txn, pending.answerable.response(487, &self.dialog));
            turn.event(LegEvent::OfferWithdrawn);
        }
    }
}
