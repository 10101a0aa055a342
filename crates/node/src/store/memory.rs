//! A journal in memory: appends cost nothing, and nothing outlives the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::VdnId;

use super::{AppendError, Extent, SNAPSHOTS_KEPT, SaveError, Source, Store};
use crate::error::StoreError;
use crate::record::{JournalId, Position, Record};
use crate::snapshot::Snapshot;

/// How many records are forgotten under one lock.
const PRUNE_STEP: usize = 1000;

/// Keeps what recovery needs and nothing else.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    id: JournalId,
    vdns: Mutex<BTreeMap<VdnId, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    records: VecDeque<Arc<Record>>,
    kept_after: Position,
    /// The older first.
    snapshots: VecDeque<Snapshot>,
}

impl Kept {
    fn last(&self) -> Position {
        Position(self.kept_after.0 + self.records.len() as u64)
    }
}

impl MemoryStore {
    pub(crate) fn new(id: JournalId) -> Self {
        Self { id, vdns: Mutex::default() }
    }

    /// No code that holds the lock can panic half-way, so what a poisoned one guards is whole.
    fn vdns(&self) -> MutexGuard<'_, BTreeMap<VdnId, Kept>> {
        self.vdns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for MemoryStore {
    fn id(&self) -> JournalId {
        self.id
    }

    fn extent(&self, vdn: VdnId) -> Result<Extent, StoreError> {
        let vdns = self.vdns();
        Ok(vdns
            .get(&vdn)
            .map_or_else(Extent::default, |kept| Extent { last: kept.last(), kept_after: kept.kept_after }))
    }

    fn read(&self, vdn: VdnId, after: Position, max: usize) -> Result<Vec<Arc<Record>>, StoreError> {
        let vdns = self.vdns();
        let Some(kept) = vdns.get(&vdn) else { return Ok(Vec::new()) };
        let Some(skipped) = after.0.checked_sub(kept.kept_after.0) else { return Ok(Vec::new()) };
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(kept.records.len());
        Ok(kept.records.range(skipped..).take(max).cloned().collect())
    }

    fn snapshot(&self, vdn: VdnId, before: Position) -> Option<Snapshot> {
        let vdns = self.vdns();
        vdns.get(&vdn)?.snapshots.iter().rev().find(|snapshot| snapshot.position <= before).cloned()
    }

    fn oldest_snapshot(&self, vdn: VdnId) -> Result<Option<Snapshot>, StoreError> {
        let vdns = self.vdns();
        let Some(kept) = vdns.get(&vdn) else { return Ok(None) };
        Ok(kept.snapshots.iter().find(|snapshot| snapshot.position >= kept.kept_after).cloned())
    }
}

impl Store for MemoryStore {
    fn append(&self, vdn: VdnId, records: &[Arc<Record>]) -> Result<(), AppendError> {
        self.vdns().entry(vdn).or_default().records.extend(records.iter().cloned());
        Ok(())
    }

    fn has_room(&self) -> bool {
        true
    }

    fn save(&self, snapshot: Snapshot) -> Result<Position, SaveError> {
        let mut vdns = self.vdns();
        let kept = vdns.entry(snapshot.vdn).or_default();
        kept.snapshots.push_back(snapshot);
        while kept.snapshots.len() > SNAPSHOTS_KEPT {
            kept.snapshots.pop_front();
        }
        let older = kept.snapshots.front().filter(|_| kept.snapshots.len() == SNAPSHOTS_KEPT);
        Ok(older.map_or(Position::START, |older| older.position))
    }

    /// At once, whatever its age: memory is no archive. In small steps, for appends wait for the lock.
    fn prune(&self, vdn: VdnId, through: Position) {
        loop {
            let mut vdns = self.vdns();
            let Some(kept) = vdns.get_mut(&vdn) else { return };
            let surplus = through.0.saturating_sub(kept.kept_after.0);
            let step = usize::try_from(surplus).unwrap_or(usize::MAX).min(kept.records.len()).min(PRUNE_STEP);
            if step == 0 {
                return;
            }
            kept.kept_after.0 += step as u64;
            let pruned: Vec<_> = kept.records.drain(..step).collect();
            drop(vdns);
            drop(pruned);
        }
    }

    fn limit(&self, _keep: Duration, _size_max: Option<u64>) {}
}
