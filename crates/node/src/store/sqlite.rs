//! The journal in a folder: a SQLite file in WAL mode, synced at each commit, and snapshots as files beside it.
//!
//! | file | what it is |
//! |---|---|
//! | `journal.sqlite`, `-wal`, `-shm` | the records |
//! | `journal.lock` | locked while a process has the journal open; says which |
//! | `journal.acknowledged` | how many records were acknowledged, so that a tail that got lost is noticed |
//! | `snapshots/<vdn>-<position>.snap` | what is true at that position |

mod acknowledged;
mod checkpoint;
mod lock;
mod reader;
mod schema;
mod snapshots;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fs, io};

use engine::VdnId;

use super::{AppendError, Extent, SaveError, Source, Store};
use crate::error::{OpenError, StoreError};
use crate::journal::Options;
use crate::record::{JournalId, Position, Record};
use crate::snapshot::Snapshot;
use crate::wire;
use acknowledged::Acknowledged;
use lock::Lock;
use reader::Reader;
use snapshots::Snapshots;
use writer::{Append, Job, Row, Writer};

/// The paths of a journal.
#[derive(Clone, Debug)]
struct Files {
    database: PathBuf,
    lock: PathBuf,
    acknowledged: PathBuf,
    snapshots: PathBuf,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Self {
            database: folder.join("journal.sqlite"),
            lock: folder.join("journal.lock"),
            acknowledged: folder.join("journal.acknowledged"),
            snapshots: folder.join("snapshots"),
        }
    }
}

/// Adds what was tried, and on what, to what the system said.
fn io_error(act: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    move |source| OpenError::Io { act, path: path.to_owned(), source }
}

/// Makes the names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// The journal in a folder, to look at.
#[derive(Debug)]
pub(crate) struct ReadOnly {
    reader: Reader,
    snapshots: Snapshots,
}

impl ReadOnly {
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::of(&Files::new(folder))
    }

    fn of(files: &Files) -> Result<Self, OpenError> {
        let reader = Reader::open(&files.database)?;
        let snapshots = Snapshots::new(files.snapshots.clone(), reader.id());
        Ok(Self { reader, snapshots })
    }

    /// All VDNs that were ever written, by id.
    pub(crate) fn vdns(&self) -> Result<Vec<VdnId>, StoreError> {
        self.reader.vdns()
    }
}

/// The journal in a folder, opened.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    files: Files,
    kept: ReadOnly,
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    /// Released when everything else is closed: fields drop in this order, after `drop`.
    _lock: Lock,
}

impl SqliteStore {
    pub(crate) fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        let files = Files::new(folder);
        fs::create_dir_all(&files.snapshots).map_err(io_error("create", &files.snapshots))?;
        let lock = Lock::take(&files.lock)?;
        let mut acknowledged = Acknowledged::open(&files.acknowledged)?;
        let connection = schema::open(&files.database, acknowledged.records())?;
        sync_folder(folder).map_err(io_error("sync", folder))?;
        let kept = ReadOnly::of(&files)?;
        acknowledged.check(&files.database, kept.reader.records_written()?)?;
        kept.snapshots.check(&files.database, |vdn| Ok(kept.extent(vdn)?.last))?;
        let is_broken = Arc::new(AtomicBool::new(false));
        let on_write_error = Arc::clone(&options.on_write_error);
        let (checkpointer, checkpoints) = checkpoint::start(&files.database, &is_broken, on_write_error)?;
        let (jobs, inbox) = mpsc::channel();
        let database = files.database.clone();
        let writer = Writer::new(connection, database, acknowledged, checkpointer, is_broken, &options)?;
        let run = move || writer.run(&inbox);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(run).map_err(OpenError::Thread)?;
        let threads = vec![thread, checkpoints];
        Ok(Self { files, kept, jobs: Some(jobs), threads, _lock: lock })
    }

    /// Hands a job to the journal's thread. It is gone only when it panicked, which is our bug; then nobody answers.
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            drop(jobs.send(job));
        }
    }
}

impl Drop for SqliteStore {
    /// Waits for the threads, so that whoever opens the journal next finds it closed.
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!(journal = %self.files.database.display(), "a thread of the journal panicked");
            }
        }
    }
}

impl Source for ReadOnly {
    fn id(&self) -> JournalId {
        self.reader.id()
    }

    fn extent(&self, vdn: VdnId) -> Result<Extent, StoreError> {
        self.reader.extent(vdn)
    }

    fn read(&self, vdn: VdnId, after: Position, max: usize) -> Result<Vec<Arc<Record>>, StoreError> {
        self.reader.read(vdn, after, max)
    }

    fn snapshot(&self, vdn: VdnId, before: Position) -> Option<Snapshot> {
        self.snapshots.latest(vdn, before)
    }

    fn oldest_snapshot(&self, vdn: VdnId) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.snapshots.oldest(vdn, self.reader.extent(vdn)?.kept_after))
    }
}

impl Source for SqliteStore {
    fn id(&self) -> JournalId {
        self.kept.id()
    }

    fn extent(&self, vdn: VdnId) -> Result<Extent, StoreError> {
        self.kept.extent(vdn)
    }

    fn read(&self, vdn: VdnId, after: Position, max: usize) -> Result<Vec<Arc<Record>>, StoreError> {
        self.kept.read(vdn, after, max)
    }

    fn snapshot(&self, vdn: VdnId, before: Position) -> Option<Snapshot> {
        self.kept.snapshot(vdn, before)
    }

    fn oldest_snapshot(&self, vdn: VdnId) -> Result<Option<Snapshot>, StoreError> {
        self.kept.oldest_snapshot(vdn)
    }
}

impl Store for SqliteStore {
    fn append(&self, vdn: VdnId, records: &[Arc<Record>]) -> Result<(), AppendError> {
        let row = |record: &Arc<Record>| {
            let bytes = wire::encode_record(vdn, record)?;
            Ok(Row { position: record.position, epoch: record.epoch, at: record.at, bytes })
        };
        let rows = records.iter().map(row).collect::<Result<Vec<_>, wire::WireError>>().map_err(|error| {
            tracing::error!(%vdn, %error, "a record cannot be encoded");
            AppendError::Unknown
        })?;
        let (done, outcome) = mpsc::sync_channel(1);
        self.send(Job::Append(Append { vdn, rows, done }));
        outcome.recv().unwrap_or(Err(AppendError::Unknown))
    }

    fn has_room(&self) -> bool {
        let (done, outcome) = mpsc::sync_channel(1);
        self.send(Job::HasRoom(done));
        outcome.recv().unwrap_or(false)
    }

    fn save(&self, snapshot: Snapshot) -> Result<Position, SaveError> {
        self.kept.snapshots.save(&snapshot)
    }

    fn prune(&self, vdn: VdnId, through: Position) {
        self.send(Job::Prune { vdn, through });
    }

    fn limit(&self, keep: Duration, size_max: Option<u64>) {
        self.send(Job::Limit { keep, size_max });
    }
}
