//! Makes the legs and the audio of a call what its stage asks for. Whatever happened, and in whatever order, the same
//! stage always leads to the same legs.

use engine::{CallId, Command, FailCause, Outcome};
use leg::End;
use leg::value::Reason;
use media::{Audio, PortId};
use node::Note;

use super::board::{Board, Network};
use super::calls::{Call, Heard, Left, Stage, Winner};
use super::identity::masked;
use super::keep::aside;
use super::legs::{LegId, Legs, Role};
use super::refusals::{self, Refusal};
use super::talk::remote;

/// Why we hang up on an agent whose call goes on elsewhere, and on a phone that need not ring any more.
pub(super) fn elsewhere() -> Reason {
    Reason::sip(200, "Call completed elsewhere")
}

impl<N: Network> Board<N> {
    /// Mends one call.
    pub(super) fn mend(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if let Stage::Ended { outcome } = call.stage {
            return self.close_call(id, outcome);
        }
        if self.is_closing {
            return;
        }
        if let Some(caller) = call.caller {
            self.answer_leg(caller);
        }
        self.mend_ringing(id);
        self.mend_other(id);
        self.mend_audio(id);
    }

    /// Hangs up what is left of a call that is over, and forgets it.
    fn close_call(&mut self, id: CallId, outcome: Outcome) {
        let reason = refusals::reason(outcome);
        self.stop_ringing(id, &reason);
        let Some(mut call) = self.calls.remove(&id) else { return };
        self.submit_notes(call.vdn, call.forget());
        self.keys.remove(&call.key);
        tracing::info!(
            call = %id, vdn = call.vdn.0, caller = masked(&call.who.number), called = masked(&call.called), ?outcome,
            "the call is over"
        );
        self.meters.ended(outcome);
        let kept = call.kept.take();
        let keepers = kept.iter().flat_map(|kept| [kept.second, kept.leg]).chain([call.second]);
        for leg in keepers.chain([call.other]).flatten() {
            self.part(leg, Some(reason.clone()));
        }
        let Some(caller) = call.caller else { return };
        if self.legs.get(caller).is_some_and(|slot| slot.answered) {
            self.part(caller, Some(reason));
        } else {
            self.refuse_leg(caller, Refusal::of_outcome(outcome));
        }
    }

    /// The agent whose phone answered gets the call; whoever no longer belongs to it is hung up; an outside number is
    /// dialled.
    fn mend_other(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        match (&call.stage, call.other) {
            (Stage::Waiting | Stage::Offered { .. }, Some(_)) => self.part_other(id),
            (Stage::Talking { .. }, None) if call.ringing.is_some() => self.promote_winner(id),
            (Stage::Outside { hops, answered: false, .. }, None) if call.hops_dialled != Some(*hops) => {
                self.dial_outside(id);
            }
            _ => {}
        }
    }

    /// Hangs up the agent, or the outside number, that the call has left.
    pub(super) fn part_other(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (vdn, note) = (call.vdn, call.other_note.take());
        if let Some(other) = call.other.take() {
            self.part(other, Some(elsewhere()));
        }
        self.submit_notes(vdn, note.map(|key| Note { key, value: None }).into_iter().collect());
    }

    /// The phone that answered first is the agent's leg from now on.
    fn promote_winner(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(ringing) = call.ringing.take() else { return };
        let (vdn, port) = (call.vdn, ringing.port);
        let winner = match ringing.winner {
            Winner::Waits(leg) => self.legs.get_mut(leg).map(|slot| (leg, slot)),
            Winner::Left(_) | Winner::Nobody => None,
        };
        if let (Some((leg, slot)), Some(port)) = (winner, port) {
            (slot.role, slot.port) = (Role::Other(id), Some(port));
            if let Some(remote) = slot.agreed.as_ref().and_then(remote) {
                self.media.set_remote(port, remote);
            }
            (call.other, call.other_note) = (Some(leg), ringing.note);
            self.ports.insert(port, leg);
            return;
        }
        for leg in ringing.legs {
            self.part(leg, Some(elsewhere()));
        }
        if let Some(port) = port {
            self.media.close(port);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.other_note = ringing.note;
        }
        match ringing.winner {
            Winner::Left(left) => self.agent_left(id, left),
            _ => self.submit_fact(vdn, Command::FailCall { call: id, cause: FailCause::LegLost }),
        }
    }

    /// Lets the legs hear what the stage asks for; nothing is ordered twice.
    pub(super) fn mend_audio(&mut self, id: CallId) {
        let with_audio = self.settings().hold_audio;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let heard = match &call.kept {
            Some(kept) => Heard::Aside(aside(call, kept)),
            None => what_to_hear(&self.legs, call, with_audio),
        };
        let is_other = std::mem::replace(&mut call.heard, heard) != heard;
        let is_held = matches!(heard, Heard::OnHold { .. });
        let tells = matches!(call.stage, Stage::Talking { .. }) && call.kept.is_none() && is_held != call.held;
        call.held = is_held;
        if tells {
            let vdn = call.vdn;
            self.submit_fact(vdn, Command::SetHeld { call: id, held: is_held });
        }
        if is_other {
            self.play(id, heard);
        }
    }

    fn play(&mut self, id: CallId, heard: Heard) {
        let Some(call) = self.calls.get(&id) else { return };
        let (caller, other) = (self.port_of(call.caller), self.port_of(call.other));
        let play = |port: Option<PortId>, sound: Audio| {
            if let Some(port) = port {
                self.media.play(port, sound);
            }
        };
        match heard {
            Heard::Nothing => play(caller, Audio::Silence),
            Heard::Hold => play(caller, Audio::Hold),
            Heard::Ringback => play(caller, Audio::Ringback),
            Heard::Aside(aside) => self.play_aside(id, aside),
            Heard::EachOther => {
                if let (Some(caller), Some(other)) = (caller, other) {
                    self.media.connect(caller, other);
                }
            }
            Heard::OnHold { caller: caller_is, other: other_is } => {
                play(caller, if caller_is { Audio::Hold } else { Audio::Silence });
                play(other, if other_is { Audio::Hold } else { Audio::Silence });
            }
        }
    }

    fn port_of(&self, leg: Option<LegId>) -> Option<PortId> {
        leg.and_then(|leg| self.legs.get(leg)).and_then(|slot| slot.port)
    }
}

/// Without hold audio those who wait hear nothing, and neither do those who are held.
fn what_to_hear(legs: &Legs, call: &Call, with_audio: bool) -> Heard {
    match call.stage {
        Stage::Waiting | Stage::Offered { .. } | Stage::Outside { answered: false, .. } if !with_audio => {
            Heard::Nothing
        }
        Stage::Waiting => Heard::Hold,
        Stage::Offered { .. } | Stage::Outside { answered: false, .. } => Heard::Ringback,
        Stage::Ended { .. } => Heard::Nothing,
        Stage::Talking { .. } | Stage::Outside { answered: true, .. } => {
            let (Some(caller), Some(other)) = (call.caller, call.other) else { return Heard::Nothing };
            // Who holds is sent nothing; who is held hears hold audio.
            match (holds(legs, caller), holds(legs, other)) {
                (false, false) => Heard::EachOther,
                (caller_holds, other_holds) => {
                    let (caller, other) = (other_holds && !caller_holds, caller_holds && !other_holds);
                    Heard::OnHold { caller: caller && with_audio, other: other && with_audio }
                }
            }
        }
    }
}

/// Whether the other side of this leg has put the call on hold.
fn holds(legs: &Legs, leg: LegId) -> bool {
    let agreed = legs.get(leg).and_then(|slot| slot.agreed);
    agreed.is_some_and(|agreed| !agreed.direction.sends() || agreed.remote.is_none())
}

/// How a leg's end is told to the journal; none for an end of our own making.
pub(super) const fn left_by(end: &End) -> Option<Left> {
    match end {
        End::Cancelled { .. } | End::PeerHungUp { .. } => Some(Left::HungUp),
        End::NoAck => Some(Left::Broke(FailCause::NoAck)),
        End::SessionExpired
        | End::PeerLost
        | End::Unreachable(_)
        | End::NoCommonMedia
        | End::Rejected { .. }
        | End::Refused { .. } => Some(Left::Broke(FailCause::LegLost)),
        End::HungUp => None,
    }
}
