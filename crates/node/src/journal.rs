//! The durable log of all VDNs.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::VdnId;

use crate::error::{OpenError, StoreError};
use crate::record::JournalId;
use crate::store::{MemoryStore, SqliteStore, Store};

/// The durable log of all VDNs of a server, opened. Cheap to clone; closed when the last clone and the last node of it
/// are gone.
#[derive(Clone, Debug)]
pub struct Journal {
    store: Arc<dyn Store>,
    written: Arc<Mutex<BTreeSet<VdnId>>>,
}

/// The right to write one VDN's records; given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    vdn: VdnId,
    written: Arc<Mutex<BTreeSet<VdnId>>>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.vdn);
    }
}

/// How a journal is kept.
#[derive(Clone)]
pub struct Options {
    /// For how long records are kept that no recovery needs. Default 30 days.
    pub keep: Duration,
    /// How large the file may grow, in bytes, before appends are refused as if the disk were full. Default: no limit.
    pub size_max: Option<u64>,
    /// Called on the journal's thread when a write fails for another reason than a full disk: what is in memory can no
    /// longer be trusted to become durable. Default: abort the process, which recovers at its next start. When it
    /// returns, every append is refused from then on.
    pub on_write_error: Arc<dyn Fn(&StoreError) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(30 * 24 * 3600),
            size_max: None,
            on_write_error: Arc::new(|_| std::process::abort()),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("keep", &self.keep).field("size_max", &self.size_max).finish_non_exhaustive()
    }
}

impl Journal {
    /// A journal that is forgotten when it is closed: for tests, simulation and measurement.
    #[must_use]
    pub fn memory() -> Self {
        Self::of(Arc::new(MemoryStore::new(JournalId::random())))
    }

    /// The journal in the folder `data`, which is made when there is none: `journal.sqlite`, `journal.lock`,
    /// `journal.acknowledged` and the folder `snapshots`.
    ///
    /// # Errors
    /// Why it cannot be opened, in a sentence for the person who starts the server.
    pub fn sqlite(data: &Path, options: Options) -> Result<Self, OpenError> {
        Ok(Self::of(Arc::new(SqliteStore::open(data, options)?)))
    }

    pub(crate) fn of(store: Arc<dyn Store>) -> Self {
        Self { store, written: Arc::default() }
    }

    /// Random at creation, kept for ever.
    #[must_use]
    pub fn id(&self) -> JournalId {
        self.store.id()
    }

    /// Changes what [`Options`] said, from now on. A journal in memory has no such limits.
    pub fn limit(&self, keep: Duration, size_max: Option<u64>) {
        self.store.limit(keep, size_max);
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Makes sure that a VDN has one writer.
    pub(crate) fn claim(&self, vdn: VdnId) -> Result<Claim, OpenError> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.insert(vdn) {
            Ok(Claim { vdn, written: Arc::clone(&self.written) })
        } else {
            Err(OpenError::AlreadyStarted(vdn))
        }
    }
}
