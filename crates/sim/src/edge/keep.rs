//! An agent keeps its call while it has asked for somebody else: its leg stands aside.

use std::sync::Arc;

use engine::{AgentId, CallId, Command, Keeping};
use node::Note;

use super::{Role, Stage, Topic};
use crate::network::LineId;
use crate::sometimes::Situation;
use crate::world::{Sound, World};

/// An agent who keeps a call, and its leg.
#[derive(Debug)]
pub(crate) struct Kept {
    agent: AgentId,
    pub(super) keeping: Keeping,
    /// None once it has ended.
    pub(crate) line: Option<LineId>,
    pub(super) note: Option<Arc<str>>,
}

impl World {
    pub(super) fn is_kept(&mut self, id: CallId, agent: AgentId, keeping: Keeping) {
        self.meet(Situation::Kept);
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        let (line, note) = (call.other.take(), call.other_note.take());
        call.kept = Some(Kept { agent, keeping, line, note });
        call.heard = (Sound::Nothing, Sound::Nothing);
        if let Some(line) = line {
            self.set_role(line, Role::Keeper(id));
        }
        self.touch(id);
    }

    pub(super) fn keeping_changed(&mut self, id: CallId, keeping: Keeping) {
        if let Some(kept) = self.edge.calls.get_mut(&id).and_then(|call| call.kept.as_mut()) {
            kept.keeping = keeping;
            self.touch(id);
        }
    }

    pub(super) fn is_given_away(&mut self, id: CallId) {
        self.meet(Situation::GivenAway);
        let Some(kept) = self.edge.calls.get_mut(&id).and_then(|call| call.kept.take()) else { return };
        if let Some(line) = kept.line {
            self.part(line);
        }
        self.submit_notes(Topic::Call(id), kept.note.map(|key| Note { key, value: None }).into_iter().collect());
        self.touch(id);
    }

    pub(super) fn is_taken_back(&mut self, id: CallId, agent: AgentId) {
        self.meet(Situation::TakenBack);
        // Who answered in the same moment rings no more, and was not put through yet.
        self.stop_ringing(id);
        self.part_other(id);
        let Some(call) = self.edge.calls.get_mut(&id) else { return };
        let Some(kept) = call.kept.take() else { return };
        (call.other, call.other_note) = (kept.line, kept.note);
        call.stage = Stage::Talking { agent };
        // In the journal nobody holds in a talk that begins; a phone that holds is told of again.
        call.held = false;
        call.heard = (Sound::Nothing, Sound::Nothing);
        if let Some(line) = kept.line {
            self.set_role(line, Role::Other(id));
        }
        self.touch(id);
    }

    /// The keeper hung up, or its leg broke: it has released the call.
    pub(super) fn keeper_left(&mut self, id: CallId) {
        let Some(kept) = self.edge.calls.get_mut(&id).and_then(|call| call.kept.as_mut()) else { return };
        kept.line = None;
        let agent = kept.agent;
        self.submit_fact(id, Command::AgentLeft { call: id, agent });
    }
}
