//! Makes the legs and the sound of a call what its stage asks for.

use engine::{CallId, Command, FailCause, Keeping};
use leg::End;
use node::Note;

use super::{EdgeCall, Left, Role, Stage, Topic, Winner};
use crate::network::LineId;
use crate::plant::Plant;
use crate::world::{Due, Sound, World};

impl World {
    pub(super) fn mend(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get(&id) else { return };
        if let Stage::Ended { is_refusal } = call.stage {
            return self.close_call(id, is_refusal);
        }
        if let Some(caller) = call.caller
            && !self.plants(Plant::NeverAnswer)
        {
            self.answer_leg(caller);
        }
        self.mend_ringing(id);
        self.mend_other(id);
        self.mend_sound(id);
    }

    /// Hangs up what is left of a call that is over, and forgets it.
    fn close_call(&mut self, id: CallId, is_refusal: u16) {
        self.stop_ringing(id);
        let Some(mut call) = self.edge.calls.remove(&id) else { return };
        self.submit_notes(Topic::Call(id), call.forget());
        self.edge.keys.remove(&call.key);
        if let Some(other) = call.other
            && !self.strikes(Plant::KeepAgentAtEnd, 500)
        {
            self.part(other);
        }
        if let Some(line) = call.kept.and_then(|kept| kept.line) {
            self.part(line);
        }
        let Some(caller) = call.caller else { return };
        if self.edge.legs.get(&caller).is_some_and(|slot| slot.answered) {
            if !self.strikes(Plant::KeepCallerAtEnd, 500) {
                self.part(caller);
            }
        } else {
            self.refuse_leg(caller, is_refusal);
        }
    }

    fn mend_other(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get(&id) else { return };
        match (&call.stage, call.other) {
            (Stage::Waiting | Stage::Offered { .. }, Some(_)) if !self.plants(Plant::KeepSender) => self.part_other(id),
            (Stage::Talking { .. }, None) if call.ringing.is_some() => self.promote_winner(id),
            (Stage::Outside { hops, answered: false, .. }, None) if call.hops_dialled != Some(*hops) => {
                self.dial_outside(id);
            }
            _ => {}
        }
    }

    /// Hangs up the agent, or the outside number, that the call has left.
    pub(super) fn part_other(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        let (note, other) = (call.other_note.take(), call.other.take());
        if let Some(other) = other {
            self.part(other);
        }
        self.submit_notes(Topic::Call(id), note.map(|key| Note { key, value: None }).into_iter().collect());
    }

    /// The phone that answered is the agent's leg from now on.
    fn promote_winner(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        let Some(ringing) = call.ringing.take() else { return };
        if let Winner::Waits(line) = ringing.winner
            && let Some(slot) = self.edge.legs.get_mut(&line)
        {
            slot.role = Role::Other(id);
            (call.other, call.other_note) = (Some(line), ringing.note);
            return;
        }
        call.other_note = ringing.note;
        if let Some(line) = ringing.line {
            self.part(line);
        }
        match ringing.winner {
            Winner::Left(left) => self.agent_left(id, left),
            Winner::Waits(_) | Winner::Nobody => {
                self.submit_fact(id, Command::FailCall { call: id, cause: FailCause::LegLost });
            }
        }
    }

    /// What the two sides hear; nothing is ordered twice.
    pub(super) fn mend_sound(&mut self, id: CallId) {
        let Some(call) = self.edge.calls.get(&id) else { return };
        let holds =
            |line: Option<LineId>| line.and_then(|line| self.edge.legs.get(&line)).is_some_and(|slot| slot.holds);
        let (heard, is_held) = what_to_hear(call, holds(call.caller), holds(call.other));
        let is_other = heard != call.heard;
        let lines = (call.caller, call.other);
        let tells = matches!(call.stage, Stage::Talking { .. }) && call.kept.is_none() && is_held != call.held;
        if let Some(call) = self.edge.calls.get_mut(&id) {
            (call.heard, call.held) = (heard, is_held);
        }
        if tells {
            self.submit_fact(id, Command::SetHeld { call: id, held: is_held });
        }
        if !is_other {
            return;
        }
        self.check_voice(id, lines, heard);
        for (line, sound) in [(lines.0, heard.0), (lines.1, heard.1)] {
            if let Some(line) = line {
                self.at(self.now, Due::Sound(line, sound));
            }
        }
    }
}

/// What caller and other side hear, and whether one of them holds.
fn what_to_hear(call: &EdgeCall, caller_holds: bool, other_holds: bool) -> ((Sound, Sound), bool) {
    let is_talk = matches!(call.stage, Stage::Talking { .. } | Stage::Outside { answered: true, .. });
    let is_aside = call.kept.as_ref().is_some_and(|kept| !is_talk || kept.keeping != Keeping::ToJoin);
    let sounds = match call.stage {
        Stage::Waiting | Stage::Offered { .. } | Stage::Talking { .. } | Stage::Outside { .. } if is_aside => {
            (Sound::Hold, Sound::Nothing)
        }
        Stage::Waiting => (Sound::Hold, Sound::Nothing),
        Stage::Offered { .. } | Stage::Outside { answered: false, .. } => (Sound::Ringback, Sound::Nothing),
        Stage::Ended { .. } => (Sound::Nothing, Sound::Nothing),
        Stage::Talking { .. } | Stage::Outside { .. } => match (call.caller, call.other) {
            (Some(_), Some(_)) if !caller_holds && !other_holds => (Sound::Voice, Sound::Voice),
            (Some(_), Some(_)) => {
                let hold = |is_held: bool| if is_held { Sound::Hold } else { Sound::Nothing };
                (hold(other_holds && !caller_holds), hold(caller_holds && !other_holds))
            }
            _ => (Sound::Nothing, Sound::Nothing),
        },
    };
    // Of a call that an agent keeps nobody is told who holds.
    (sounds, is_talk && call.kept.is_none() && (caller_holds || other_holds))
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
