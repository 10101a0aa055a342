//! An outgoing leg until the final response to its INVITE.

use super::requests::ABILITIES;
use super::turn::Turn;
use super::unacked::TRANSACTION_MAX;
use super::{Leg, Phase};
use crate::dialog::{Beginning, Dialog, to_tag};
use crate::message::{Headers, Method, Request, Response};
use crate::port::{ClientTxn, End, Failure, LegEvent, Outgoing, Output};
use crate::sdp::{Description, Direction, Ours, SDP};
use crate::time::Timestamp;
use crate::value::{CSeq, Reason};

/// How often an INVITE is sent anew because the session interval was too small for somebody (RFC 4028, 7.3).
const TRIES_MAX: u8 = 3;

/// To tags of other phones we remember, to hang each of them up only once.
const FORKS_MAX: usize = 8;

/// Our INVITE, waiting for its final response.
#[derive(Clone, Debug)]
pub(super) struct Inviting {
    txn: ClientTxn,
    ours: Ours,
    /// Kept for an INVITE that must be sent anew.
    extra: Headers,
    tries: u8,
    /// A provisional response came: a CANCEL may go (RFC 3261, 9.1).
    has_provisional: bool,
    silent_at: Option<Timestamp>,
    unanswered_at: Option<Timestamp>,
    cancel: Cancel,
    /// After a CANCEL, or the wish for one: when to stop waiting.
    until: Option<Timestamp>,
}

#[derive(Clone, Debug)]
enum Cancel {
    No,
    /// As soon as a provisional response allows it.
    Wanted(Option<Reason>),
    Sent(Option<Reason>),
}

impl Inviting {
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        [self.silent_at, self.unanswered_at, self.until].into_iter().flatten().min()
    }
}

impl Leg {
    /// A leg that calls somebody, and its INVITE.
    pub fn outgoing(now: Timestamp, settings: Outgoing) -> (Self, Vec<Output>) {
        let dialog = Dialog::outgoing(Beginning {
            call_id: &settings.call_id,
            local_tag: &settings.local_tag,
            from_display: &settings.from_display,
            from: &settings.from,
            to: &settings.to,
            contact: &settings.contact,
            target: &settings.target,
            routes: settings.routes,
            cseq: settings.numbers.cseq,
        });
        let mut leg = Self::new(dialog, Phase::Gone, settings.numbers, settings.timers);
        leg.is_outgoing = true;
        let inviting = Inviting {
            txn: leg.new_txn(),
            ours: leg.media.offer(settings.media, Direction::SendRecv),
            extra: settings.extra,
            tries: 1,
            has_provisional: false,
            silent_at: settings.silent_after.map(|wait| now + wait),
            unanswered_at: settings.unanswered_after.map(|wait| now + wait),
            cancel: Cancel::No,
            until: None,
        };
        let (txn, branch) = (inviting.txn, Some(settings.branch));
        let request = leg.invite(&inviting);
        leg.phase = Phase::Inviting(Box::new(inviting));
        (leg, vec![Output::Send { txn, branch, request }])
    }

    fn invite(&mut self, inviting: &Inviting) -> Request {
        let (mut invite, _) = self.dialog.request(Method::Invite);
        let headers = &mut invite.headers;
        headers.push("Contact", &self.dialog.contact);
        for (name, value) in ABILITIES {
            headers.push(name, value);
        }
        self.timer.propose(headers, true);
        for (name, value) in inviting.extra.iter().filter(|(name, _)| is_extra(name)) {
            headers.push(name, value);
        }
        let body = self.media.say(&inviting.ours);
        invite.with_body(SDP, body)
    }

    /// A CANCEL, now or as soon as it may go. The leg has ended for the call; a late 200 is acknowledged and hung up.
    pub(super) fn cancel(&mut self, turn: &mut Turn, reason: Option<Reason>, end: End) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        if matches!(inviting.cancel, Cancel::No) {
            (inviting.silent_at, inviting.unanswered_at) = (None, None);
            inviting.until = Some(turn.now + TRANSACTION_MAX);
            inviting.cancel = if inviting.has_provisional {
                turn.out.push(Output::Cancel { txn: inviting.txn, reason: reason.clone() });
                Cancel::Sent(reason)
            } else {
                Cancel::Wanted(reason)
            };
        }
        self.end(turn, end);
    }

    pub(super) fn pass_inviting_deadlines(&mut self, turn: &mut Turn) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        if inviting.silent_at.is_some_and(|at| turn.now >= at) {
            inviting.silent_at = None;
            turn.event(LegEvent::Silent);
        }
        if inviting.unanswered_at.is_some_and(|at| turn.now >= at) {
            inviting.unanswered_at = None;
            turn.event(LegEvent::Unanswered);
        }
        if inviting.until.is_some_and(|until| turn.now >= until) {
            self.close(turn, End::HungUp);
        }
    }

    pub(super) fn on_response(&mut self, turn: &mut Turn, txn: ClientTxn, response: &Response) {
        match &self.phase {
            Phase::Inviting(inviting) if inviting.txn == txn => return self.on_invite_response(turn, response),
            _ if self.change.is(txn) => return self.on_change_response(turn, response),
            _ => {}
        }
        if !response.is_provisional() {
            self.bye_answered(turn, txn);
            self.transfer.notify_answered(txn, response.status());
        }
        self.on_stray_2xx(turn, response);
    }

    pub(super) fn on_failed(&mut self, turn: &mut Turn, txn: ClientTxn, why: Failure) {
        match &self.phase {
            Phase::Inviting(inviting) if inviting.txn == txn => self.close(turn, End::Unreachable(why)),
            _ if self.change.is(txn) => self.on_change_failed(turn),
            _ => {
                self.bye_answered(turn, txn);
                self.transfer.notify_answered(txn, 408);
            }
        }
    }

    fn on_invite_response(&mut self, turn: &mut Turn, response: &Response) {
        if response.is_provisional() {
            self.on_provisional(turn, response.status());
        } else if response.is_success() {
            self.established(turn, response);
        } else if response.status() == 422 && self.invite_again(turn, response) {
            // Sent with a longer session interval.
        } else {
            self.close(turn, End::Rejected { status: response.status() });
        }
    }

    fn on_provisional(&mut self, turn: &mut Turn, status: u16) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        inviting.has_provisional = true;
        inviting.silent_at = None;
        if let Cancel::Wanted(reason) = &mut inviting.cancel {
            let reason = reason.take();
            turn.out.push(Output::Cancel { txn: inviting.txn, reason: reason.clone() });
            inviting.cancel = Cancel::Sent(reason);
        } else if status > 100 && !self.ended {
            turn.event(LegEvent::Progress { status });
        }
    }

    /// A 422: once more, with the interval it asks for. `false` when that makes no sense.
    fn invite_again(&mut self, turn: &mut Turn, response: &Response) -> bool {
        let Phase::Inviting(inviting) = &self.phase else { return false };
        if self.ended || inviting.tries >= TRIES_MAX || !self.timer.lengthen(&response.headers) {
            return false;
        }
        let mut inviting = inviting.clone();
        inviting.tries += 1;
        inviting.txn = self.new_txn();
        inviting.has_provisional = false;
        turn.send(inviting.txn, self.invite(&inviting));
        self.phase = Phase::Inviting(inviting);
        true
    }

    /// The first 2xx: the dialog is made. It is acknowledged in any case (RFC 3261, 13.2.2.4).
    fn established(&mut self, turn: &mut Turn, response: &Response) {
        let Phase::Inviting(inviting) = std::mem::replace(&mut self.phase, Phase::Talking) else { return };
        self.dialog.confirm(response);
        let number = response.headers.get("CSeq").and_then(CSeq::parse).map(|cseq| cseq.number);
        turn.ack(self.dialog.ack(number.unwrap_or_else(|| self.dialog.next_cseq() - 1)));
        if self.ended {
            let (Cancel::Wanted(reason) | Cancel::Sent(reason)) = inviting.cancel else {
                return self.send_bye(turn, None);
            };
            return self.send_bye(turn, reason);
        }
        let answer = Description::read(&response.body).ok();
        let Some(agreed) = answer.and_then(|answer| self.media.accept(inviting.ours, &answer)) else {
            self.send_bye(turn, Some(Reason::sip(488, "")));
            return self.end(turn, End::NoCommonMedia);
        };
        self.peer_updates = response.headers.lists("Allow", "UPDATE");
        self.timer.settled(turn.now, &response.headers);
        turn.event(LegEvent::Media(agreed));
        turn.event(LegEvent::Answered);
    }

    /// A 2xx to an INVITE that nobody waits for: a repeated one is acknowledged again; one of another phone is
    /// acknowledged and hung up (RFC 3261, 13.2.2.4).
    fn on_stray_2xx(&mut self, turn: &mut Turn, response: &Response) {
        let Some(cseq) = response.headers.get("CSeq").and_then(CSeq::parse) else { return };
        let is_ours = cseq.number < self.dialog.next_cseq() && !matches!(self.phase, Phase::Invited(_) | Phase::Gone);
        if !response.is_success() || cseq.method != Method::Invite || !is_ours {
            return;
        }
        let tag = to_tag(response);
        if tag == &*self.dialog.remote_tag {
            return turn.ack(self.dialog.ack(cseq.number));
        }
        if !self.is_outgoing || matches!(self.phase, Phase::Inviting(_)) {
            return;
        }
        let is_new = !self.forks.iter().any(|fork| &**fork == tag);
        if is_new && self.forks.len() >= FORKS_MAX {
            return;
        }
        let mut other = self.dialog.clone();
        other.confirm(response);
        turn.ack(other.ack(cseq.number));
        if is_new {
            self.forks.push(tag.into());
            let (bye, _) = other.request(Method::Bye);
            let bye = bye.with("Reason", &Reason::sip(200, "Call completed elsewhere").to_string());
            let txn = self.new_txn();
            turn.send(txn, bye);
        }
    }
}

/// What the leg itself does not write.
fn is_extra(name: &str) -> bool {
    const OURS: [&str; 14] = [
        "Via",
        "Route",
        "Max-Forwards",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Contact",
        "Content-Type",
        "Content-Length",
        "Session-Expires",
        "Min-SE",
        "Supported",
        "Allow",
    ];
    !OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}
