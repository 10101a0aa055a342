//! An incoming leg until its final response.

use std::net::SocketAddr;
use std::time::Duration;

use super::ending::reason_of;
use super::peer_offer::sdp_body;
use super::requests::{unsupported, with_abilities};
use super::timer::Terms;
use super::turn::Turn;
use super::{Leg, Phase};
use crate::answerable::{Answerable, bare_response};
use crate::dialog::Dialog;
use crate::message::{Headers, Method, Request, Response};
use crate::port::{End, Incoming, LegEvent, ServerTxn};
use crate::sdp::{Description, Direction, SDP};
use crate::value::Reason;

/// The other side's INVITE, waiting for our final response.
#[derive(Clone, Debug)]
pub(super) struct Invited {
    answerable: Answerable,
    /// `None`: we are to offer.
    offer: Option<Description>,
    terms: Terms,
}

impl Leg {
    /// The leg that an INVITE without To tag asks for. The shell has sent 100; the leg waits for [`crate::Wish::Ring`],
    /// [`crate::Wish::Answer`] or [`crate::Wish::Reject`].
    ///
    /// # Errors
    ///
    /// The final response to send instead, when the INVITE leaves no choice: 400 (a field is missing or cannot be
    /// read), 415 (no SDP), 420 (an extension is required that we lack), 422 (session interval too small), 481 (it has
    /// a To tag, so it belongs to a dialog that is no more), 488 (no audio in G.711 over RTP).
    pub fn incoming(txn: ServerTxn, invite: &Request, settings: &Incoming) -> Result<Self, Box<Response>> {
        let tag = &*settings.local_tag;
        let malformed = |what: &str| Box::new(bare_response(invite, 400, tag).with_phrase(what));
        let invite_only = Some(()).filter(|()| invite.method == Method::Invite);
        let answerable = invite_only
            .and_then(|()| Answerable::new(txn, invite, tag))
            .ok_or_else(|| malformed("Bad or missing From, To or CSeq"))?;
        if !answerable.makes_dialog() {
            return Err(Box::new(bare_response(invite, 481, tag)));
        }
        let dialog = Dialog::incoming(invite, tag, &settings.contact, settings.numbers.cseq)
            .ok_or_else(|| malformed("Bad or missing Call-ID, Contact or CSeq"))?;
        if let Some(options) = unsupported(&invite.headers) {
            return Err(Box::new(answerable.response(420, &dialog).with("Unsupported", &options)));
        }
        let offer = match sdp_body(invite) {
            Ok(offer) => offer,
            Err(problem) => return Err(Box::new(problem.put_on(answerable.response(problem.status(), &dialog)))),
        };
        let placeholder = Phase::Gone;
        let mut leg = Self::new(dialog, placeholder, settings.numbers, settings.timers);
        let terms = match leg.timer.terms(&invite.headers) {
            Ok(terms) => terms,
            Err(min) => {
                let response = answerable.response(422, &leg.dialog).with("Min-SE", &min.to_string());
                return Err(Box::new(response));
            }
        };
        leg.peer_updates = invite.headers.lists("Allow", "UPDATE");
        leg.phase = Phase::Invited(Box::new(Invited { answerable, offer, terms }));
        Ok(leg)
    }

    pub(super) fn ring(&self, turn: &mut Turn) {
        if let Phase::Invited(invited) = &self.phase {
            turn.respond(invited.answerable.txn, invited.answerable.response(180, &self.dialog));
        }
    }

    pub(super) fn answer(&mut self, turn: &mut Turn, address: SocketAddr) {
        let Phase::Invited(invited) = &self.phase else { return };
        let Invited { answerable, offer, terms } = (**invited).clone();
        let response = terms.put_on(with_abilities(answerable.response(200, &self.dialog)));
        let (body, agreed, offered) = match offer.and_then(|offer| self.media.answer(&offer, address)) {
            Some((body, agreed)) => (body, Some(agreed), None),
            None => {
                let ours = self.media.offer(address, Direction::SendRecv);
                (self.media.say(&ours), None, Some(ours))
            }
        };
        let response = response.with_body(SDP, body);
        self.send_2xx(turn, answerable.txn, answerable.cseq.number, (response, offered));
        self.phase = Phase::Talking;
        self.timer.start(turn.now, terms.seconds, terms.we_refresh());
        if let Some(agreed) = agreed {
            turn.event(LegEvent::Media(agreed));
        }
    }

    pub(super) fn reject(&mut self, turn: &mut Turn, status: u16, reason: Option<Reason>, retry: Option<Duration>) {
        let Phase::Invited(invited) = &self.phase else { return };
        let status = final_refusal(status);
        let mut response = invited.answerable.response(status, &self.dialog);
        if let Some(reason) = reason {
            response.headers.push("Reason", &reason.to_string());
        }
        if let Some(retry) = retry {
            response.headers.push("Retry-After", &retry.as_secs().to_string());
        }
        turn.respond(invited.answerable.txn, response);
        self.close(turn, End::Refused { status });
    }

    /// A CANCEL: of the INVITE that made the leg, or of a re-INVITE that waits.
    pub(super) fn on_cancel(&mut self, turn: &mut Turn, txn: ServerTxn, headers: &Headers) {
        match &self.phase {
            Phase::Invited(invited) if invited.answerable.txn == txn => {
                self.withdraw_invite(turn, End::Cancelled { reason: reason_of(headers) });
            }
            _ => self.withdraw_offer(turn, txn),
        }
    }

    /// The other side no longer wants its INVITE answered.
    pub(super) fn withdraw_invite(&mut self, turn: &mut Turn, end: End) {
        if let Phase::Invited(invited) = &self.phase {
            turn.respond(invited.answerable.txn, invited.answerable.response(487, &self.dialog));
            self.close(turn, end);
        }
    }
}

/// A status that refuses: 300 to 699, else 500.
pub(super) fn final_refusal(status: u16) -> u16 {
    if (300..700).contains(&status) { status } else { 500 }
}
