//! What a journal comes to, record by record: what recovery, the follower and snapshots all are.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Engine, State, Timestamp, VdnId};

use crate::record::{Note, Position, Record};
use crate::snapshot::Snapshot;

/// The state and the live notes of a VDN at one position of its journal.
#[derive(Clone, Debug)]
pub struct Replay {
    vdn: VdnId,
    engine: Engine,
    notes: BTreeMap<Arc<str>, Arc<[u8]>>,
    position: Position,
    epoch: u32,
    at: Timestamp,
}

/// The record is not the one that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {found} stands where record {} should", .last.next())]
pub struct OutOfOrder {
    /// The last record that was applied.
    pub last: Position,
    /// The one that was offered.
    pub found: Position,
}

impl Replay {
    /// Before the first record of `vdn`.
    #[must_use]
    pub fn new(vdn: VdnId) -> Self {
        Self {
            vdn,
            engine: Engine::default(),
            notes: BTreeMap::new(),
            position: Position::START,
            epoch: 0,
            at: Timestamp(0),
        }
    }

    /// Where a snapshot was made.
    #[must_use]
    pub fn from_snapshot(snapshot: Snapshot) -> Self {
        let Snapshot { vdn, position, epoch, at, image, notes } = snapshot;
        let engine = Engine::new(State::from_image(image));
        let notes = notes.into_iter().filter_map(|note| Some((note.key, note.value?))).collect();
        Self { vdn, engine, notes, position, epoch, at }
    }

    /// This, as plain data.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let note = |(key, value): (&Arc<str>, &Arc<[u8]>)| Note { key: key.clone(), value: Some(value.clone()) };
        Snapshot {
            vdn: self.vdn,
            position: self.position,
            epoch: self.epoch,
            at: self.at,
            image: self.engine.state().image(),
            notes: self.notes.iter().map(note).collect(),
        }
    }

    /// Goes on by one record.
    ///
    /// # Errors
    /// When it is not the next one; nothing has changed then.
    pub fn apply(&mut self, record: &Record) -> Result<(), OutOfOrder> {
        if record.position != self.position.next() {
            return Err(OutOfOrder { last: self.position, found: record.position });
        }
        if let Some(entry) = &record.entry {
            self.engine.apply(entry);
        }
        for note in &record.notes {
            match &note.value {
                Some(value) => drop(self.notes.insert(note.key.clone(), value.clone())),
                None => drop(self.notes.remove(&note.key)),
            }
        }
        (self.position, self.epoch, self.at) = (record.position, record.epoch, record.at);
        Ok(())
    }

    /// Whose journal.
    #[must_use]
    pub const fn vdn(&self) -> VdnId {
        self.vdn
    }

    /// The engine, at this position.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What is true.
    #[must_use]
    pub fn state(&self) -> &State {
        self.engine.state()
    }

    /// The last record that was applied.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// That record's term; 0 before the first.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// That record's time.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The live notes whose key begins with `prefix`, by key.
    pub fn notes<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<[u8]>)> {
        let from = (std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded);
        self.notes.range::<str, _>(from).take_while(move |(key, _)| key.starts_with(prefix))
    }
}
