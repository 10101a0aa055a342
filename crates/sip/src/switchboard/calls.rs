//! What the switchboard knows of a live call: where the journal says it is, and which legs serve it.

use std::sync::Arc;

use engine::{AgentId, FailCause, LegKey, OfferId, Outcome, VdnId};
use media::PortId;
use node::Note;

use super::identity::Identity;
use super::keep::{Aside, Kept};
use super::legs::LegId;
use super::note;
use super::refusals::Verdict;

/// A live call. Stages come from committed entries only; legs follow them.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) vdn: VdnId,
    pub(super) key: LegKey,
    pub(super) who: Identity,
    pub(super) called: Arc<str>,
    /// None once the caller's leg has ended.
    pub(super) caller: Option<LegId>,
    /// The leg of the agent who talks with it, or of the outside number it was sent to.
    pub(super) other: Option<LegId>,
    pub(super) ringing: Option<Box<Ringing>>,
    /// The agent who asked for somebody else and keeps the call meanwhile.
    pub(super) kept: Option<Box<Kept>>,
    /// The leg by which its agent's phone asks for somebody, until the journal knows.
    pub(super) second: Option<LegId>,
    /// The leg whose REFER asks for somebody until answered, until the journal knows.
    pub(super) refer: Option<LegId>,
    pub(super) stage: Stage,
    /// What its legs have been told to hear.
    pub(super) heard: Heard,
    /// Whether one side holds the other, as the journal has it or was last told.
    pub(super) held: bool,
    /// Whether the caller's leg is noted in the journal.
    pub(super) caller_is_noted: bool,
    /// The key of the other leg's note.
    pub(super) other_note: Option<Arc<str>>,
    /// The hop for which an outside number was last dialled.
    pub(super) hops_dialled: Option<u8>,
}

/// Where the journal says the call is, as far as legs and audio depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits in a line.
    Waiting,
    /// It is offered.
    Offered { offer: OfferId, agent: AgentId },
    /// Caller and agent talk.
    Talking { agent: AgentId },
    /// It was sent outside.
    Outside { address: Arc<str>, hops: u8, answered: bool },
    /// It is over.
    Ended { outcome: Outcome },
}

/// The phones of one agent that ring for one offer.
#[derive(Debug)]
pub(super) struct Ringing {
    pub(super) offer: OfferId,
    /// One port for all of them: only the first to answer talks.
    pub(super) port: Option<PortId>,
    /// Those that may still answer.
    pub(super) legs: Vec<LegId>,
    /// The best answer of those that ended.
    pub(super) verdict: Verdict,
    /// What came of the first that answered.
    pub(super) winner: Winner,
    /// The key of its note.
    pub(super) note: Option<Arc<str>>,
}

/// The phone that answered first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Winner {
    /// None has.
    Nobody,
    /// It waits to be put through until the journal knows.
    Waits(LegId),
    /// It was gone before the journal knew.
    Left(Left),
}

/// How a side left a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It hung up, or cancelled.
    HungUp,
    /// Its leg broke.
    Broke(FailCause),
}

/// What the legs of a call hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing.
    #[default]
    Nothing,
    /// The caller hears hold audio: it waits.
    Hold,
    /// The caller hears that a phone rings.
    Ringback,
    /// Both hear each other.
    EachOther,
    /// An agent keeps the call.
    Aside(Aside),
    /// One side, or both, is on hold and hears hold audio.
    OnHold { caller: bool, other: bool },
}

impl Call {
    /// Whether the cancel key means something: the call waits, also while it is offered.
    pub(super) const fn is_queued(&self) -> bool {
        matches!(self.stage, Stage::Waiting | Stage::Offered { .. })
    }

    /// The notes of its legs are removed: what is submitted with this ends the call, or follows its end.
    pub(super) fn forget(&mut self) -> Vec<Note> {
        let caller = std::mem::take(&mut self.caller_is_noted).then(|| note::caller_key(self.key));
        let keeper = self.kept.as_mut().and_then(|kept| kept.note.take());
        let keys = caller.into_iter().chain(self.other_note.take()).chain(keeper);
        keys.map(|key| Note { key, value: None }).collect()
    }

    /// The agent who serves the call.
    pub(super) const fn talking_agent(&self) -> Option<AgentId> {
        match self.stage {
            Stage::Talking { agent } => Some(agent),
            _ => None,
        }
    }
}
