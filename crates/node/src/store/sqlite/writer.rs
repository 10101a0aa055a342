//! The journal's thread: merges the batches of all VDNs that wait into one transaction, and one sync.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::time::Duration;

use engine::{Timestamp, VdnId};
use rusqlite::{Connection, ErrorCode, TransactionBehavior, ffi};

use super::acknowledged::Acknowledged;
use super::checkpoint;
use super::schema::store_error;
use crate::clock;
use crate::error::{OpenError, StoreError};
use crate::journal::Options;
use crate::record::Position;
use crate::store::AppendError;

/// How many rows one transaction takes before it is committed, unless one batch alone has more.
const ROWS_MAX: usize = 8192;
/// How many records are forgotten between two appends.
const PRUNE_STEP: u32 = 500;
/// How much has to fit before the journal counts as having room again.
const ROOM_BYTES: u32 = 64 << 10;

const INSERT: &str = "INSERT INTO records (vdn, position, epoch, at, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
const EXTEND: &str = "INSERT INTO extents (vdn, last, kept_after) VALUES (?1, ?2, 0)
    ON CONFLICT (vdn) DO UPDATE SET last = ?2";
const PRUNE: &str = "DELETE FROM records WHERE vdn = ?1 AND position IN (
        SELECT position FROM records WHERE vdn = ?1 AND position <= ?2 AND at < ?3 ORDER BY position LIMIT ?4)";
const PRUNED: &str = "UPDATE extents SET kept_after = kept_after + ?2 WHERE vdn = ?1";

/// What the journal's thread can be asked for.
pub(super) enum Job {
    Append(Append),
    HasRoom(SyncSender<bool>),
    Prune { vdn: VdnId, through: Position },
    Limit { keep: Duration, size_max: Option<u64> },
}

/// One VDN's batch.
pub(super) struct Append {
    pub(super) vdn: VdnId,
    /// Not empty.
    pub(super) rows: Vec<Row>,
    pub(super) done: SyncSender<Result<(), AppendError>>,
}

/// One record, encoded.
pub(super) struct Row {
    pub(super) position: Position,
    pub(super) epoch: u32,
    pub(super) at: Timestamp,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct Writer {
    connection: Connection,
    path: PathBuf,
    acknowledged: Acknowledged,
    checkpointer: checkpoint::Handle,
    keep: Duration,
    prunes: VecDeque<(VdnId, Position)>,
    on_write_error: Arc<dyn Fn(&StoreError) + Send + Sync>,
    is_broken: Arc<AtomicBool>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).field("is_broken", &self.is_broken()).finish_non_exhaustive()
    }
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        path: PathBuf,
        acknowledged: Acknowledged,
        checkpointer: checkpoint::Handle,
        is_broken: Arc<AtomicBool>,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let on_write_error = Arc::clone(&options.on_write_error);
        let (keep, prunes) = (options.keep, VecDeque::new());
        let writer = Self { connection, path, acknowledged, checkpointer, keep, prunes, on_write_error, is_broken };
        writer.limit_size(options.size_max).map_err(store_error(&writer.path))?;
        Ok(writer)
    }

    /// Works until nobody can ask for anything any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Some(job) = self.next_job(jobs) {
            match job {
                Job::Append(append) => self.append_all(append, jobs),
                other => self.do_other(other),
            }
        }
        self.close();
    }

    /// Moves all that the WAL holds into the database, for whoever opens or copies it next. If it cannot be done now, it
    /// is done when it is opened.
    fn close(self) {
        if !self.is_broken()
            && let Err(error) = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        {
            tracing::warn!(journal = %self.path.display(), %error, "the WAL is left as it is");
        }
    }

    /// The next job; while there is none, prunes what is to be pruned, step by step.
    fn next_job(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        loop {
            if self.prunes.is_empty() {
                return jobs.recv().ok();
            }
            match jobs.try_recv() {
                Ok(job) => return Some(job),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => self.prune_step(),
            }
        }
    }

    fn do_other(&mut self, job: Job) {
        match job {
            Job::Append(_) => unreachable!("appends are taken together"),
            Job::HasRoom(done) => drop(done.try_send(self.has_room())),
            Job::Prune { vdn, through } => self.prunes.push_back((vdn, through)),
            Job::Limit { keep, size_max } => {
                self.keep = keep;
                if let Err(error) = self.limit_size(size_max) {
                    tracing::warn!(journal = %self.path.display(), %error, "the journal's size cannot be limited");
                }
            }
        }
    }

    /// Takes all appends that wait and makes them durable as one.
    fn append_all(&mut self, first: Append, jobs: &Receiver<Job>) {
        let mut rows = first.rows.len();
        let mut batches = vec![first];
        let mut other = None;
        while rows < ROWS_MAX && other.is_none() {
            match jobs.try_recv() {
                Ok(Job::Append(append)) => {
                    rows += append.rows.len();
                    batches.push(append);
                }
                Ok(job) => other = Some(job),
                Err(_) => break,
            }
        }
        let outcome = self.commit(&batches, rows);
        for batch in &batches {
            // Its VDN waits for exactly one answer; it is gone only when its writer panicked.
            let _ = batch.done.try_send(outcome);
        }
        self.count_pages(pages(&batches));
        other.into_iter().for_each(|job| self.do_other(job));
    }

    fn commit(&mut self, batches: &[Append], rows: usize) -> Result<(), AppendError> {
        if self.is_broken() {
            return Err(AppendError::Unknown);
        }
        match write(&mut self.connection, batches) {
            Ok(()) => {
                if let Err(error) = self.acknowledged.add(rows as u64) {
                    tracing::warn!(journal = %self.path.display(), %error, "acknowledged records cannot be counted");
                }
                Ok(())
            }
            Err(error) if is_full(&error) => {
                tracing::error!(journal = %self.path.display(), %error, "the journal is full");
                Err(AppendError::Full)
            }
            Err(error) => {
                self.give_up(error);
                Err(AppendError::Unknown)
            }
        }
    }

    fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    /// Has the WAL moved now and then.
    fn count_pages(&mut self, pages: u64) {
        match self.checkpointer.written(&self.connection, pages) {
            Ok(()) => {}
            Err(error) if checkpoint::can_wait(&error) => {
                tracing::warn!(journal = %self.path.display(), %error, "the WAL cannot be moved for now");
            }
            Err(error) => self.give_up(error),
        }
    }

    /// After a failed write or sync nobody knows what is on the disk until it is read again.
    fn give_up(&mut self, source: rusqlite::Error) {
        self.is_broken.store(true, Ordering::Relaxed);
        let error = StoreError::Database { path: self.path.clone(), source };
        tracing::error!(error = &error as &dyn std::error::Error, "the journal cannot be written");
        (self.on_write_error)(&error);
    }

    /// Tries it, in earnest: what is only rolled back never meets the disk.
    fn has_room(&mut self) -> bool {
        if self.is_broken() {
            return false;
        }
        let tried = self
            .connection
            .execute("INSERT OR REPLACE INTO room VALUES (1, zeroblob(?1))", [ROOM_BYTES])
            .and_then(|_| self.connection.execute("DELETE FROM room", []));
        match tried {
            Ok(_) => true,
            Err(error) if is_full(&error) => false,
            Err(error) => {
                self.give_up(error);
                false
            }
        }
    }

    fn limit_size(&self, size_max: Option<u64>) -> rusqlite::Result<()> {
        let page: u32 = self.connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = size_max
            .map_or(u32::MAX - 1, |bytes| u32::try_from(bytes / u64::from(page)).unwrap_or(u32::MAX - 1).max(1));
        self.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    }

    /// Forgets a few records of the first VDN in turn.
    fn prune_step(&mut self) {
        let Some((vdn, through)) = self.prunes.pop_front() else { return };
        if self.is_broken() {
            return;
        }
        let before = clock::wall().0.saturating_sub(i64::try_from(self.keep.as_micros()).unwrap_or(i64::MAX));
        match prune(&mut self.connection, vdn, through, Timestamp(before)) {
            Ok(pruned) if pruned == PRUNE_STEP as usize => self.prunes.push_back((vdn, through)),
            Ok(_) => {}
            Err(error) if is_full(&error) => {
                tracing::warn!(%vdn, %error, "old records cannot be forgotten while the disk is full");
            }
            Err(error) => self.give_up(error),
        }
        self.count_pages(u64::from(PRUNE_STEP) / 8);
    }
}

fn write(connection: &mut Connection, batches: &[Append]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut insert = transaction.prepare_cached(INSERT)?;
        let mut extend = transaction.prepare_cached(EXTEND)?;
        for Append { vdn, rows, done: _ } in batches {
            for Row { position, epoch, at, bytes } in rows {
                insert.execute((vdn.0, position, epoch, at.0, bytes))?;
            }
            if let Some(last) = rows.last() {
                extend.execute((vdn.0, last.position))?;
            }
        }
    }
    transaction.commit()
}

/// How many of `vdn`'s records up to `through` were forgotten that are from before `before`, at most [`PRUNE_STEP`].
fn prune(connection: &mut Connection, vdn: VdnId, through: Position, before: Timestamp) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pruned = transaction.prepare_cached(PRUNE)?.execute((vdn.0, through, before.0, PRUNE_STEP))?;
    transaction.prepare_cached(PRUNED)?.execute((vdn.0, Position(pruned as u64)))?;
    transaction.commit()?;
    Ok(pruned)
}

/// A full disk, or a full database; growing the shared memory of the WAL fails in its own way then.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.code == ErrorCode::DiskFull || error.extended_code == ffi::SQLITE_IOERR_SHMSIZE)
}

/// About how many pages of the WAL these batches took: two for each VDN's end of the table, one for the extents.
fn pages(batches: &[Append]) -> u64 {
    let bytes: usize = batches.iter().flat_map(|batch| &batch.rows).map(|row| row.bytes.len() + 32).sum();
    1 + 2 * batches.len() as u64 + bytes as u64 / 4096
}
