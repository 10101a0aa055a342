//! A new life of the process, from what the disk has: I8, I9 and I10 across a crash.

use node::replica::Replica;
use node::{Position, Replay};

use crate::floors::VDN;
use crate::plant::Plant;
use crate::sometimes::Situation;
use crate::world::World;
use crate::writer::Writer;

impl World {
    /// A new life, from what the disk has: I8, I9 and I10.
    pub(crate) fn recover_writer(&mut self) {
        let uses_snapshot = self.chance.is(500);
        let snapshot = self.disk.snapshot().filter(|_| uses_snapshot).cloned();
        let used = snapshot.is_some();
        let mut replay = snapshot.map_or_else(|| Replay::new(VDN), Replay::from_snapshot);
        let from = replay.position();
        let tail = self.disk.records().iter().filter(|record| record.position > from);
        if let Err(error) = tail.cloned().collect::<Vec<_>>().iter().try_for_each(|record| replay.apply(record)) {
            return self.broken("R8", error.to_string());
        }
        if used {
            self.meet(Situation::SnapshotUsed);
        }
        self.check_recovered(&replay);
        let jump = if self.faults.clock_jumps {
            i64::try_from(self.chance.below(90_000_000)).unwrap_or(0) - 30_000_000
        } else {
            0
        };
        if jump < 0 {
            self.meet(Situation::ClockBack);
        }
        self.clock_ahead = (self.clock_ahead + jump).max(replay.at().0 - self.now.0);
        let replica = match self.plants(Plant::OldEpoch) {
            true => Replica::in_term(&replay, replay.epoch()),
            false => Replica::continue_from(&replay),
        };
        if replica.epoch() <= replay.epoch() {
            self.broken("R8", format!("epoch {} is not above {}", replica.epoch(), replay.epoch()));
        }
        self.writer = Writer::new(replica, replay, self.writer.disk_model.clone());
    }

    fn check_recovered(&mut self, replay: &Replay) {
        let is_same = replay.state().hash() == self.books.truth().state().hash();
        if !is_same || replay.state() != self.books.truth().state() {
            self.broken("I8", "what was recovered is not what the records said".to_owned());
        }
        if replay.notes("").ne(self.books.truth().notes("")) {
            self.broken("I8", "the notes that were recovered are not what the records said".to_owned());
        }
        let disagree = self.setting.with_model.then(|| self.writer.disk_model.difference(replay.state())).flatten();
        if let Some(difference) = disagree {
            self.broken("I9", format!("after a restart {difference}"));
        }
        for told in std::mem::take(&mut self.writer.told) {
            let is_there = |at: Position| {
                let index = usize::try_from(at.0).unwrap_or(0).wrapping_sub(1);
                self.disk.records().get(index).is_some_and(|record| **record == *told)
            };
            let changed_nothing =
                told.notes.is_empty() && told.entry.as_ref().is_none_or(|entry| entry.events.is_empty());
            if !changed_nothing && !is_there(told.position) {
                return self.broken("I10", format!("record {} was told to be durable and is not there", told.position));
            }
        }
    }
}
