//! An agent keeps its call while somebody else is asked for: its leg stands aside until the call is given away or taken
//! back. A phone that dials during a talk asks for somebody too, by a leg of its own, and transfers by REFER with
//! Replaces (RFC 3891).

use std::sync::Arc;

use engine::{AgentId, CallId, Command, Keeping, TakenBack, Transfer, TransferMode, TransferTo, VdnId};
use leg::{Refer, Wish};
use media::PortId;
use node::{Note, Receipt, Refused};

use super::ask::Ask;
use super::board::{Board, Network};
use super::calls::{Call, Stage};
use super::legs::{LegId, Role};
use super::mend::elsewhere;
use super::refusals::Refusal;

/// An agent who keeps a call, and its legs.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) agent: AgentId,
    pub(super) keeping: Keeping,
    /// The leg by which it talked with the caller; none once that has ended.
    pub(super) leg: Option<LegId>,
    /// The key of that leg's note.
    pub(super) note: Option<Arc<str>>,
    /// The leg by which its phone asked for somebody: what it hears the other one by.
    pub(super) second: Option<LegId>,
    /// The leg whose REFER is still to be told what came of it.
    pub(super) refer: Option<LegId>,
}

/// What is heard while a call is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aside {
    /// The caller hears hold audio; the keeper hears whether it rings.
    Asking { rings: bool },
    /// Keeper and the other one hear each other, the caller hears hold audio.
    Consulting,
    /// All three hear each other.
    AllThree,
}

impl Kept {
    /// By which of its legs it hears whoever it asked for.
    fn ear(&self) -> Option<LegId> {
        self.second.or(self.leg)
    }
}

/// What is heard as long as the call is kept.
pub(super) fn aside(call: &Call, kept: &Kept) -> Aside {
    match (&call.stage, kept.keeping) {
        (Stage::Talking { .. } | Stage::Outside { answered: true, .. }, Keeping::ToJoin) => Aside::AllThree,
        (Stage::Talking { .. } | Stage::Outside { answered: true, .. }, _) => Aside::Consulting,
        (Stage::Offered { .. } | Stage::Outside { .. }, _) => Aside::Asking { rings: true },
        (Stage::Waiting | Stage::Ended { .. }, _) => Aside::Asking { rings: false },
    }
}

impl<N: Network> Board<N> {
    /// An agent asked for somebody else: its leg stands aside.
    pub(super) fn is_kept(&mut self, id: CallId, agent: AgentId, keeping: Keeping) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (leg, note) = (call.other.take(), call.other_note.take());
        let (second, refer) = (call.second.take(), call.refer.take());
        call.kept = Some(Box::new(Kept { agent, keeping, leg, note, second, refer }));
        if let Some(leg) = leg {
            self.set_role(leg, Role::Keeper(id));
        }
        if let Some(second) = second {
            self.answer_leg(second);
        }
        self.touch(id);
    }

    pub(super) fn keeping_changed(&mut self, id: CallId, keeping: Keeping) {
        if let Some(kept) = self.calls.get_mut(&id).and_then(|call| call.kept.as_mut()) {
            kept.keeping = keeping;
            self.touch(id);
        }
    }

    /// The keeper has left the call to the other one.
    pub(super) fn is_given_away(&mut self, id: CallId) {
        self.drop_keeper(id);
        self.touch(id);
    }

    /// Hangs up a keeper whose call goes on without it.
    pub(super) fn drop_keeper(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(kept) = call.kept.take() else { return };
        let vdn = call.vdn;
        if let Some(refer) = kept.refer {
            self.wish(refer, Wish::NotifyRefer { status: 200, last: true });
        }
        for leg in kept.second.into_iter().chain(kept.leg) {
            self.part(leg, Some(elsewhere()));
        }
        self.forget_note(vdn, kept.note);
    }

    /// The keeper talks with its caller again.
    pub(super) fn is_taken_back(&mut self, id: CallId, agent: AgentId, why: TakenBack) {
        // Who answered in the same moment rings no more, and was not put through yet.
        self.stop_ringing(id, &elsewhere());
        self.part_other(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(kept) = call.kept.take() else { return };
        (call.other, call.other_note) = (kept.leg, kept.note);
        call.stage = Stage::Talking { agent };
        // In the journal nobody holds in a talk that begins; a phone that holds is told of again.
        call.held = false;
        if let Some(refer) = kept.refer {
            self.wish(refer, Wish::NotifyRefer { status: status_of(why), last: true });
        }
        if let Some(leg) = kept.leg {
            self.set_role(leg, Role::Other(id));
        }
        if let Some(second) = kept.second {
            self.part(second, None);
        }
        self.touch(id);
    }

    fn forget_note(&mut self, vdn: VdnId, note: Option<Arc<str>>) {
        self.submit_notes(vdn, note.map(|key| Note { key, value: None }).into_iter().collect());
    }

    /// The leg by which a keeper talked with its caller is gone: it has released the call.
    pub(super) fn keeper_left(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(kept) = call.kept.as_mut() else { return };
        (kept.leg, kept.refer) = (None, None);
        let (vdn, agent) = (call.vdn, kept.agent);
        self.submit_fact(vdn, Command::AgentLeft { call: id, agent });
    }

    /// The leg by which a phone asked for somebody is gone: it does not want to any more.
    pub(super) fn second_left(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.second.take_if(|second| *second == leg).is_some() {
            // The answer to its wish will find nobody, and take the wish back.
            return;
        }
        let Some(kept) = call.kept.as_mut() else { return };
        if kept.second.take_if(|second| *second == leg).is_none() {
            return;
        }
        kept.refer.take_if(|refer| *refer == leg);
        // Once the call was completed, the wish outlives the leg that made it.
        if kept.keeping != Keeping::UntilAnswered {
            let (vdn, agent) = (call.vdn, kept.agent);
            self.submit_fact(vdn, Command::TakeBack { call: id, agent });
        }
        self.touch(id);
    }

    /// The call with which an agent talks, if it may ask for somebody for it.
    pub(super) fn talk_of(&self, vdn: VdnId, agent: AgentId) -> Option<CallId> {
        let talks = |call: &Call| call.vdn == vdn && call.stage == Stage::Talking { agent } && call.kept.is_none();
        self.calls.iter().find(|(_, call)| talks(call)).map(|(id, _)| *id)
    }

    /// A phone dials while its agent talks: the one who is dialled is consulted.
    pub(super) fn consult(&mut self, id: CallId, agent: AgentId, leg: LegId, to: TransferTo) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let vdn = call.vdn;
        call.second = Some(leg);
        self.set_role(leg, Role::Second(id));
        tracing::debug!(call = %id, %agent, "an agent asks for somebody while it talks");
        let wish = Transfer { call: id, agent, to, mode: TransferMode::Consult, expected_wait_max: None };
        self.submit_wish(vdn, Command::TransferBy(wish), Ask::Consult { call: id, agent, leg });
    }

    /// What became of it.
    pub(super) fn consult_answered(
        &mut self,
        id: CallId,
        agent: AgentId,
        leg: LegId,
        result: Result<Receipt, Refused>,
    ) {
        let is_there = self.calls.get(&id).is_some_and(|call| {
            call.second == Some(leg) || call.kept.as_ref().is_some_and(|kept| kept.second == Some(leg))
        });
        match result {
            Ok(_) if is_there => {}
            Ok(_) => {
                let vdn = self.calls.get(&id).map(|call| call.vdn);
                if let Some(vdn) = vdn {
                    self.submit_fact(vdn, Command::TakeBack { call: id, agent });
                }
            }
            Err(refused) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.second.take_if(|second| *second == leg);
                    // Somebody else's wish about the call came first, and took the leg for its own.
                    if let Some(kept) = call.kept.as_mut() {
                        kept.second.take_if(|second| *second == leg);
                    }
                }
                tracing::debug!(call = %id, %refused, "nobody is consulted");
                if self.legs.get(leg).is_some_and(|slot| slot.answered) {
                    self.touch(id);
                    return self.part(leg, None);
                }
                self.refuse_leg(leg, Refusal::of(&refused));
            }
        }
    }

    /// A REFER of a keeper's phone: only to put the one it asked for in its own place.
    pub(super) fn refer_of_keeper(&mut self, id: CallId, leg: LegId, refer: &Refer) -> Result<(), u16> {
        let call = self.calls.get(&id).ok_or(481u16)?;
        let kept = call.kept.as_ref().ok_or(481u16)?;
        let others = [kept.leg, kept.second].into_iter().flatten().filter(|other| *other != leg);
        let mut tags = others.filter_map(|other| self.legs.get(other)).map(|slot| &*slot.tag);
        if !tags.any(|tag| refer.replaces_tag(tag)) {
            return Err(if refer.replaces.is_some() { 481 } else { 491 });
        }
        let (vdn, agent) = (call.vdn, kept.agent);
        tracing::debug!(call = %id, %agent, "an agent completes its transfer");
        self.submit_wish(vdn, Command::CompleteTransfer { call: id, agent }, Ask::Complete { call: id, leg });
        Ok(())
    }

    /// The completion is durable, or refused. When the other one has answered, the record that comes next hangs up; else
    /// the phone is told at the answer.
    pub(super) fn complete_answered(&mut self, id: CallId, leg: LegId, result: Result<Receipt, Refused>) {
        if let Err(refused) = result {
            tracing::debug!(%refused, "a transfer is not completed");
            return self.wish(leg, Wish::RefuseRefer { status: Refusal::of(&refused).status, reason: None });
        }
        self.tell_refer_later(id, leg);
    }

    /// A transfer that keeps the call until it is answered has begun, or is refused.
    pub(super) fn keep_answered(&mut self, id: CallId, leg: LegId, result: Result<Receipt, Refused>) {
        if result.is_ok() {
            return self.tell_refer_later(id, leg);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.refer = None;
        }
        self.transfer_answered(leg, result);
    }

    /// The REFER is accepted; what comes of it is told when it is known.
    fn tell_refer_later(&mut self, id: CallId, leg: LegId) {
        self.wish(leg, Wish::AcceptRefer);
        self.wish(leg, Wish::NotifyRefer { status: 100, last: false });
        let Some(call) = self.calls.get_mut(&id) else { return };
        match call.kept.as_mut() {
            Some(kept) => kept.refer = Some(leg),
            None => call.refer = Some(leg),
        }
    }

    /// Lets everybody hear what [`aside`] says.
    pub(super) fn play_aside(&mut self, id: CallId, aside: Aside) {
        let with_audio = self.settings().hold_audio;
        let Some(call) = self.calls.get(&id) else { return };
        let Some(kept) = call.kept.as_ref() else { return };
        let port = |leg: Option<LegId>| leg.and_then(|leg| self.legs.get(leg)).and_then(|slot| slot.port);
        let (caller, other, ear) = (port(call.caller), port(call.other), port(kept.ear()));
        // A phone that asked by a second leg holds its first one itself.
        let idle = port(kept.second.and(kept.leg));
        let hold = if with_audio { media::Audio::Hold } else { media::Audio::Silence };
        let play = |port: Option<PortId>, sound| {
            if let Some(port) = port {
                self.media.play(port, sound);
            }
        };
        play(idle, media::Audio::Silence);
        match aside {
            Aside::Asking { rings } => {
                play(caller, hold);
                play(ear, if rings { media::Audio::Ringback } else { hold });
            }
            Aside::Consulting => {
                play(caller, hold);
                if let (Some(ear), Some(other)) = (ear, other) {
                    self.media.connect(ear, other);
                }
            }
            Aside::AllThree => {
                let all: Vec<PortId> = [caller, ear, other].into_iter().flatten().collect();
                if let Err(error) = self.media.join(&all) {
                    tracing::error!(call = %id, %error, "three do not fit into a room");
                }
            }
        }
    }
}

/// What a phone is told of a transfer that failed.
const fn status_of(why: TakenBack) -> u16 {
    match why {
        TakenBack::Asked => 487,
        TakenBack::Declined => 603,
        TakenBack::Expired | TakenBack::WaitOver => 408,
        TakenBack::TurnedAway(_) | TakenBack::Failed | TakenBack::AgentLeft | TakenBack::QueueRemoved => 480,
        TakenBack::OutsideFailed | TakenBack::OtherLeft => 486,
    }
}
