//! A live call, as the history knows it.

use std::sync::Arc;
use std::time::Duration;

use engine::{AgentId, CallId, Caller, QueueId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::plain;
use crate::plain::plain_as_it_is;
use crate::rows::{CallRow, PlaceRow};
use crate::words::{Direction, Entered, Kept, PlaceKind};

/// A live call and the places in which it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LiveCall {
    /// As far as it is known; spans up to `phase_since`.
    pub(super) row: CallRow,
    pub(super) phase: Phase,
    #[serde(with = "plain")]
    pub(super) phase_since: Timestamp,
    /// Since when nobody has talked with it, when nobody does.
    #[serde(with = "plain")]
    pub(super) untalked_since: Timestamp,
    /// The line in which it has its place.
    pub(super) waits: Option<Spot>,
    pub(super) rings: Option<Ring>,
    /// Who talks with it: an agent; or the outside number, answered or not.
    pub(super) talks: Option<Spot>,
    /// The agent who keeps it.
    pub(super) keeper: Option<Spot>,
    /// What for; `No` without a keeper.
    pub(super) kept: Kept,
    /// Who gave it away in this entry, to where is not known yet.
    #[serde(with = "plain")]
    pub(super) given_by: Option<AgentId>,
    /// Its keeper has asked in this entry, whom is not known yet.
    pub(super) asks: bool,
    /// Its offer was withdrawn by us just now: if it ends by that, the offer's end is all that is counted.
    pub(super) just_withdrawn: bool,
}

/// A place, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Spot {
    pub(super) row: PlaceRow,
    #[serde(with = "plain")]
    pub(super) queue: Option<QueueId>,
    #[serde(with = "plain")]
    pub(super) agent: Option<AgentId>,
}

/// An offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ring {
    #[serde(with = "plain")]
    pub(super) agent: AgentId,
    /// None: it rings for a private call, whose place is the agent's already.
    pub(super) spot: Option<Spot>,
}

/// What a moment of a call's life counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    Waited,
    Rang,
    Talked,
}

plain_as_it_is!(LiveCall);

impl LiveCall {
    pub(super) fn arrived(at: Timestamp, call: CallId, caller: &Caller, called: &Arc<str>) -> Self {
        let (number, agent) = match caller {
            Caller::Outside(number) => (Arc::clone(number), None),
            Caller::Agent(agent) => (agent.to_string().into(), Some(*agent)),
        };
        let row = CallRow {
            call,
            direction: Direction::of(caller),
            caller: number,
            caller_agent: agent,
            called: Arc::clone(called),
            arrived: at,
            wait_began: None,
            ring_began: None,
            answered: None,
            ended: None,
            ending: None,
            ended_by: None,
            left: None,
            first_queue: None,
            last_queue: None,
            last_agent: None,
            waited: Duration::ZERO,
            rang: Duration::ZERO,
            talked: Duration::ZERO,
            places: 0,
        };
        Self {
            row,
            phase: Phase::Waited,
            phase_since: at,
            untalked_since: at,
            waits: None,
            rings: None,
            talks: None,
            keeper: None,
            kept: Kept::No,
            given_by: None,
            asks: false,
            just_withdrawn: false,
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        self.row.ended.is_some()
    }

    /// A new place, in which it does nothing yet.
    pub(super) fn place(&mut self, at: Timestamp, kind: PlaceKind, place: Arc<str>, why: Entered) -> PlaceRow {
        self.row.places += 1;
        PlaceRow {
            call: self.row.call,
            number: self.row.places,
            kind,
            place,
            entered: at,
            waited_from: None,
            rang_from: None,
            talked_from: None,
            left: None,
            entered_why: why,
            kept: self.kept,
            left_why: None,
        }
    }

    pub(super) fn agent_spot(&mut self, at: Timestamp, agent: AgentId, why: Entered) -> Spot {
        let row = self.place(at, PlaceKind::Agent, agent.to_string().into(), why);
        Spot { row, queue: None, agent: Some(agent) }
    }

    pub(super) fn queue_spot(&mut self, at: Timestamp, queue: QueueId, why: Entered) -> Spot {
        let row = self.place(at, PlaceKind::Queue, queue.to_string().into(), why);
        Spot { row, queue: Some(queue), agent: None }
    }

    /// The public queue in which it has its place.
    pub(super) fn queue(&self) -> Option<QueueId> {
        self.waits.as_ref().and_then(|spot| spot.queue)
    }

    /// Whether an outside number has it, or is called for it.
    pub(super) fn is_outside(&self) -> bool {
        self.talks.as_ref().is_some_and(|spot| spot.agent.is_none())
    }

    /// Whether whoever was asked for talks.
    pub(super) fn is_answered(&self) -> bool {
        self.talks.as_ref().is_some_and(|spot| spot.row.talked_from.is_some())
    }

    /// Counts the time up to `at` as what it was, and goes on as what it is.
    pub(super) fn turn_phase(&mut self, at: Timestamp) {
        let phase = if self.keeper.is_some() || self.is_answered() {
            Phase::Talked
        } else if self.rings.is_some() || self.talks.is_some() {
            Phase::Rang
        } else {
            Phase::Waited
        };
        if phase == self.phase && !self.is_over() {
            return;
        }
        let lasted = at.since(self.phase_since);
        *self.span() += lasted;
        if self.phase == Phase::Talked && phase != Phase::Talked {
            self.untalked_since = at;
        }
        (self.phase, self.phase_since) = (phase, at);
    }

    fn span(&mut self) -> &mut Duration {
        match self.phase {
            Phase::Waited => &mut self.row.waited,
            Phase::Rang => &mut self.row.rang,
            Phase::Talked => &mut self.row.talked,
        }
    }

    /// Its row with all spans up to `now`.
    pub(super) fn row_at(&self, now: Timestamp) -> CallRow {
        let mut call = self.clone();
        *call.span() += now.since(self.phase_since);
        call.row
    }

    /// The places in which it is, by number.
    pub(super) fn open_places(&self) -> Vec<PlaceRow> {
        let ring = self.rings.as_ref().and_then(|ring| ring.spot.as_ref());
        let spots = [self.waits.as_ref(), ring, self.talks.as_ref(), self.keeper.as_ref()];
        let mut rows: Vec<PlaceRow> = spots.into_iter().flatten().map(|spot| spot.row.clone()).collect();
        rows.sort_by_key(|row| row.number);
        rows
    }
}
