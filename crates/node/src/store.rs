//! Where records and snapshots are kept.

mod memory;
mod sqlite;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use engine::VdnId;

use crate::error::StoreError;
use crate::record::{JournalId, Position, Record};
use crate::snapshot::Snapshot;

pub(crate) use memory::MemoryStore;
pub(crate) use sqlite::{ReadOnly, SqliteStore};

/// Where records and snapshots are read from.
pub(crate) trait Source: Send + Sync + Debug {
    /// Random at creation, kept for ever.
    fn id(&self) -> JournalId;

    /// What there is of a VDN.
    fn extent(&self, vdn: VdnId) -> Result<Extent, StoreError>;

    /// The first records after `after`, at most `max`, without gaps; empty at the end, and when what follows `after` is
    /// no longer kept.
    fn read(&self, vdn: VdnId, after: Position, max: usize) -> Result<Vec<Arc<Record>>, StoreError>;

    /// The latest snapshot at or before `before` that is good.
    fn snapshot(&self, vdn: VdnId, before: Position) -> Option<Snapshot>;

    /// The oldest good snapshot from which all later records are kept.
    fn oldest_snapshot(&self, vdn: VdnId) -> Result<Option<Snapshot>, StoreError>;
}

/// Where the records and snapshots of all VDNs are kept.
pub(crate) trait Store: Source {
    /// Makes `records`, which are not empty and follow what is there, durable as one. Blocks until they are.
    fn append(&self, vdn: VdnId, records: &[Arc<Record>]) -> Result<(), AppendError>;

    /// Whether a modest batch could be appended now; asked while the journal is full.
    fn has_room(&self) -> bool;

    /// Keeps this snapshot and the one before it. Answers up to where recovery could do without records even if this
    /// one turned out bad: the position of the one before it, the start when there is none.
    fn save(&self, snapshot: Snapshot) -> Result<Position, SaveError>;

    /// Forgets records up to and with `through`, which no recovery needs, once they are older than is kept. Does not
    /// wait for it.
    fn prune(&self, vdn: VdnId, through: Position);

    /// Changes for how long records are kept that no recovery needs, and how large the journal may grow.
    fn limit(&self, keep: Duration, size_max: Option<u64>);
}

/// The latest snapshot, and the one before it in case the latest is bad.
const SNAPSHOTS_KEPT: usize = 2;

/// Why records were not appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppendError {
    /// There is no room. None of the records is there.
    Full,
    /// The store is broken or gone; whether the records are there is not known.
    Unknown,
}

/// Which records of a VDN there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The last one that was written.
    pub(crate) last: Position,
    /// Records up to and with this one are no longer kept.
    pub(crate) kept_after: Position,
}

/// Why a snapshot was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SaveError {
    #[error("cannot write it: {0}")]
    Io(#[from] std::io::Error),
    #[error("cannot encode it: {0}")]
    Wire(#[from] crate::wire::WireError),
}
