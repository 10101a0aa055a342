//! Where rows and figures go.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{AgentId, QueueId, Timestamp};
use node::Position;
use serde::{Deserialize, Serialize};

use crate::figures::{
    AgentFigure, CallFigure, Figure, HelpFigure, QueueFigure, Slot, SlotKey, SlotRow, SlotStart, Values,
};
use crate::plain;
use crate::rows::{CallRow, OperationRow, PlaceRow};
use crate::words::{Act, ActBy, Kept, Left};

use super::Changes;

/// The open figures, and all rows that nobody has taken away yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Books {
    position: u64,
    #[serde(with = "plain")]
    at: Timestamp,
    /// How many operations began in the record at `position`.
    operations: u32,
    current: Slot,
    /// The slot before it, if there was a record in it.
    previous: Slot,
    /// Keys of `current` that changed since the changes were last taken away.
    #[serde(skip)]
    dirty: BTreeSet<SlotKey>,
    #[serde(skip)]
    changes: Changes,
}

impl Books {
    /// The next record.
    pub(super) fn turn_to(&mut self, position: Position, at: Timestamp) {
        (self.position, self.at, self.operations) = (position.0, at, 0);
        let start = SlotStart::of(at);
        if start > self.current.start {
            self.write_slots();
            let ended = std::mem::replace(&mut self.current, Slot::at(start));
            self.previous = if ended.start == start.previous() { ended } else { Slot::at(start.previous()) };
        }
    }

    /// As after this record.
    pub(super) fn begin_at(&mut self, position: Position, at: Timestamp) {
        self.turn_to(position, at);
    }

    pub(super) fn position(&self) -> Position {
        Position(self.position)
    }

    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    pub(super) fn take_changes(&mut self) -> Changes {
        self.write_slots();
        std::mem::take(&mut self.changes)
    }

    pub(super) fn rows_waiting(&self) -> usize {
        self.changes.calls.len() + self.changes.places.len() + self.changes.operations.len()
    }

    fn write_slots(&mut self) {
        for key in std::mem::take(&mut self.dirty) {
            let values = self.current.get(&key).cloned().unwrap_or_default();
            self.changes.slots.push(SlotRow { start: self.current.start, key, values });
        }
    }

    pub(super) fn helped(&self, start: SlotStart, by: QueueId) -> Vec<(QueueId, u64)> {
        let slot = [&self.current, &self.previous].into_iter().find(|slot| slot.start == start);
        slot.map(|slot| slot.helped(by)).unwrap_or_default()
    }

    pub(super) fn figures(&self, start: SlotStart, key: &SlotKey) -> Values {
        let slot = [&self.current, &self.previous].into_iter().find(|slot| slot.start == start);
        slot.and_then(|slot| slot.get(key)).cloned().unwrap_or_default()
    }

    fn count(&mut self, key: SlotKey, figure: impl Figure, value: u64) {
        if value == 0 {
            return;
        }
        let (key, values) = self.current.of_key(key);
        values.count(figure, value);
        self.dirty.insert(key);
    }

    pub(super) fn queue(&mut self, queue: QueueId, figure: QueueFigure) {
        self.count(SlotKey::Queue(queue), figure, 1);
    }

    pub(super) fn queue_span(&mut self, queue: QueueId, figure: QueueFigure, span: Duration) {
        self.count(SlotKey::Queue(queue), figure, micros(span));
    }

    pub(super) fn agent(&mut self, agent: AgentId, figure: AgentFigure) {
        self.count(SlotKey::Agent(agent), figure, 1);
    }

    pub(super) fn agent_span(&mut self, agent: AgentId, figure: AgentFigure, span: Duration) {
        self.count(SlotKey::Agent(agent), figure, micros(span));
    }

    pub(super) fn calls(&mut self, called: &Arc<str>, anonymous: bool, counted: &[(CallFigure, u64)]) {
        for (figure, value) in counted {
            self.count(SlotKey::Calls { called: Arc::clone(called), anonymous }, *figure, *value);
        }
    }

    /// The agents of `by` answered a call of `of`.
    pub(super) fn help(&mut self, by: QueueId, of: QueueId) {
        self.count(SlotKey::Help { by, of }, HelpFigure::Answered, 1);
    }

    pub(super) fn write_call(&mut self, row: CallRow) {
        self.changes.calls.push(row);
    }

    pub(super) fn write_place(&mut self, row: PlaceRow) {
        self.changes.places.push(row);
    }

    /// The call leaves this place.
    pub(super) fn close(&mut self, mut row: PlaceRow, at: Timestamp, why: Left) {
        (row.left, row.left_why) = (Some(at), Some(why));
        self.changes.places.push(row);
    }

    /// Something that an agent begins to do; it is written when it is [begun](Self::begin) or [done](Self::done).
    pub(super) fn operation(&mut self, agent: AgentId, act: Act, by: ActBy) -> OperationRow {
        let number = self.operations;
        self.operations += 1;
        OperationRow {
            position: self.position,
            number,
            agent,
            act,
            by,
            began: self.at,
            ended: None,
            reason: None,
            kept: Kept::No,
            call: None,
            direction: None,
            queue: None,
        }
    }

    /// What lasts is written at once, and again when it ends.
    pub(super) fn begin(&mut self, operation: OperationRow) -> OperationRow {
        self.changes.operations.push(operation.clone());
        operation
    }

    /// It is over, or did not last.
    pub(super) fn done(&mut self, mut operation: OperationRow) {
        operation.ended = Some(self.at);
        self.changes.operations.push(operation);
    }
}

pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
