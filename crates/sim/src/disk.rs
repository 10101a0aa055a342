//! The journal's disk: what is durable, and what a crash leaves of a batch that is on its way.

use std::sync::Arc;

use node::{Position, Record, Snapshot};

/// A disk that writes batches whole or not at all.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    records: Vec<Arc<Record>>,
    snapshot: Option<Snapshot>,
    /// Whether there is no room.
    pub(crate) is_full: bool,
}

impl Disk {
    pub(crate) fn append(&mut self, batch: Vec<Arc<Record>>) {
        self.records.extend(batch);
    }

    pub(crate) fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// What is there is not what it was: for planted bugs.
    pub(crate) fn records_mut(&mut self) -> &mut Vec<Arc<Record>> {
        &mut self.records
    }

    pub(crate) fn last(&self) -> Position {
        self.records.last().map_or(Position::START, |record| record.position)
    }

    pub(crate) fn save(&mut self, snapshot: Snapshot) {
        self.snapshot = Some(snapshot);
    }

    pub(crate) const fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }
}
