//! The state machine itself. Each file beside this one holds one part of a leg's life.

mod change;
mod dice;
mod ending;
mod invited;
mod inviting;
mod memory;
mod peer_offer;
mod requests;
mod timer;
mod transfer;
mod turn;
mod unacked;

use crate::dialog::Dialog;
use crate::port::{ClientTxn, Input, LegEvent, Numbers, Output, SessionTimers, Wish};
use crate::sdp::{Agreed, Negotiation};
use crate::time::Timestamp;

use change::Change;
use dice::Dice;
use ending::Over;
use invited::Invited;
use inviting::Inviting;
use peer_offer::PeerOffer;
use timer::SessionTimer;
use transfer::Transfer;
use turn::Turn;
use unacked::Unacked;

pub use memory::Memory;

/// CSeq numbers and session versions are noted by this many.
const BLOCK: u32 = 100;

/// How many before the end of a block the next one is asked for.
const BLOCK_LEFT: u32 = 50;

/// One SIP dialog of a call, from its INVITE to its end. See the [crate] for what it does and what the shell does.
#[derive(Clone, Debug)]
pub struct Leg {
    dialog: Dialog,
    /// Whether the INVITE was ours, which also makes the Call-ID ours (RFC 3261, 14.1).
    is_outgoing: bool,
    phase: Phase,
    /// [`LegEvent::Ended`] was told.
    ended: bool,
    media: Negotiation,
    /// Our re-INVITE or UPDATE, and what waits to be sent by one.
    change: Change,
    /// The other side's re-INVITE or UPDATE that waits for a wish.
    peer_offer: Option<Box<PeerOffer>>,
    /// Our 2xx that waits for its ACK.
    unacked: Option<Box<Unacked>>,
    timer: SessionTimer,
    transfer: Transfer,
    /// To tags of other phones that also answered our INVITE and were hung up.
    forks: Vec<Box<str>>,
    /// Whether the other side takes UPDATE.
    peer_updates: bool,
    next_txn: u32,
    /// CSeq numbers and versions below these are noted.
    noted: (u32, u64),
    dice: Dice,
}

/// Where a leg is in its life.
#[derive(Clone, Debug)]
enum Phase {
    /// The other side's INVITE waits for our final response.
    Invited(Box<Invited>),
    /// Our INVITE waits for the final response; also after a CANCEL.
    Inviting(Box<Inviting>),
    /// A 2xx went out or came in.
    Talking,
    /// Ended, with something left to do.
    Over(Box<Over>),
    /// [`LegEvent::Gone`] was told.
    Gone,
}

impl Leg {
    fn new(dialog: Dialog, phase: Phase, numbers: Numbers, timers: SessionTimers) -> Self {
        let noted = (dialog.next_cseq().saturating_add(BLOCK), numbers.sdp_version.saturating_add(u64::from(BLOCK)));
        Self {
            is_outgoing: matches!(phase, Phase::Inviting(_)),
            dialog,
            phase,
            ended: false,
            media: Negotiation::new(numbers.sdp_session, numbers.sdp_version),
            change: Change::default(),
            peer_offer: None,
            unacked: None,
            timer: SessionTimer::new(timers),
            transfer: Transfer::default(),
            forks: Vec::new(),
            peer_updates: false,
            next_txn: 0,
            noted,
            dice: Dice::new(numbers.chance),
        }
    }

    /// One turn: takes in one input, passes the deadlines that are due by `now`, and tells what is to be done, in
    /// order. `now` must not run backwards. A request is always answered, sooner or later; every other input that no
    /// longer fits is ignored.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let mut turn = Turn::new(now);
        match input {
            Input::Request { txn, request } => self.on_request(&mut turn, txn, &request),
            Input::Ack(request) => self.on_ack(&mut turn, &request),
            Input::Cancel { txn, headers } => self.on_cancel(&mut turn, txn, &headers),
            Input::Response { txn, response } => self.on_response(&mut turn, txn, &response),
            Input::Failed { txn, why } => self.on_failed(&mut turn, txn, why),
            Input::Due => {}
            Input::Wish(wish) => self.on_wish(&mut turn, wish),
        }
        self.finish(&mut turn);
        turn.out
    }

    /// What every turn ends with.
    fn finish(&mut self, turn: &mut Turn) {
        self.pass_deadlines(turn);
        self.send_changes(turn);
        self.reserve_numbers(turn);
        self.leave(turn);
    }

    fn on_wish(&mut self, turn: &mut Turn, wish: Wish) {
        match wish {
            Wish::Ring => self.ring(turn),
            Wish::Answer { media } => self.answer(turn, media),
            Wish::Reject { status, reason, retry_after } => self.reject(turn, status, reason, retry_after),
            Wish::HangUp { reason } => self.hang_up(turn, reason),
            Wish::AnswerOffer { media } => self.answer_offer(turn, media),
            Wish::RefuseOffer { status } => self.refuse_offer(turn, status),
            Wish::Offer { media, direction } => self.want_offer(media, direction),
            Wish::AcceptRefer => self.accept_refer(turn),
            Wish::RefuseRefer { status, reason } => self.refuse_refer(turn, status, reason),
            Wish::NotifyRefer { status, last } => self.notify_refer(turn, status, last),
        }
    }

    /// When [`Input::Due`] is to be given next; `None`: not before another input. After a turn at `now` it lies behind
    /// `now`.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let of_phase = match &self.phase {
            Phase::Inviting(inviting) => inviting.next_deadline(),
            Phase::Talking => self.timer.next_deadline().into_iter().chain(self.change.next_deadline()).min(),
            Phase::Over(over) => Some(over.until),
            Phase::Invited(_) | Phase::Gone => None,
        };
        of_phase.into_iter().chain(self.unacked.as_ref().map(|unacked| unacked.next_deadline())).min()
    }

    fn pass_deadlines(&mut self, turn: &mut Turn) {
        self.repeat_unacked(turn);
        match &self.phase {
            Phase::Inviting(_) => self.pass_inviting_deadlines(turn),
            Phase::Talking => self.pass_session_deadlines(turn),
            Phase::Invited(_) | Phase::Over(_) | Phase::Gone => {}
        }
    }

    /// Asks for the next block of numbers while half a block is left.
    fn reserve_numbers(&mut self, turn: &mut Turn) {
        let (cseq, version) = (self.dialog.next_cseq(), self.media.version());
        let low = cseq.saturating_add(BLOCK_LEFT) > self.noted.0
            || version.saturating_add(u64::from(BLOCK_LEFT)) > self.noted.1;
        if low && !matches!(self.phase, Phase::Over(_) | Phase::Gone) {
            self.noted = (cseq.saturating_add(BLOCK), version.saturating_add(u64::from(BLOCK)));
            turn.event(LegEvent::Reserve { cseq: self.noted.0, sdp_version: self.noted.1 });
        }
    }

    fn new_txn(&mut self) -> ClientTxn {
        let txn = ClientTxn(self.next_txn);
        self.next_txn = self.next_txn.wrapping_add(1);
        txn
    }

    /// The dialog's Call-ID.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.dialog.call_id
    }

    /// Our tag.
    #[must_use]
    pub fn local_tag(&self) -> &str {
        &self.dialog.local_tag
    }

    /// The other side's tag; empty while an outgoing leg is unanswered.
    #[must_use]
    pub fn remote_tag(&self) -> &str {
        &self.dialog.remote_tag
    }

    /// The URI that requests go to when the leg has no flow: the first route, else the other side's Contact.
    #[must_use]
    pub fn next_hop(&self) -> &str {
        self.dialog.next_hop()
    }

    /// What is agreed on about audio; `None` before the first answer.
    #[must_use]
    pub fn agreed(&self) -> Option<Agreed> {
        self.media.agreed()
    }

    /// Whether a 2xx went out or came in and the leg has not ended.
    #[must_use]
    pub fn is_talking(&self) -> bool {
        matches!(self.phase, Phase::Talking)
    }

    /// Whether [`LegEvent::Ended`] was told.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether [`LegEvent::Gone`] was told: nothing is left to do.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::{Invited, Inviting, Leg, Unacked};

    /// A waiting call has one leg and a share of 32 KiB. What a leg holds beside this are the texts of its dialog.
    #[test]
    fn a_leg_is_small() {
        assert!(size_of::<Leg>() <= 640, "{}", size_of::<Leg>());
        assert!(size_of::<Unacked>() + size_of::<Invited>() + size_of::<Inviting>() <= 1024);
    }
}
