//! Moves what the WAL holds into the database, off the path of commits.
//!
//! A passive checkpoint disturbs nobody, but the WAL starts anew only when all of it was moved and nobody reads it, and
//! under steady load a few pages have always come in meanwhile. So when the WAL has grown large in spite of it, the
//! journal's thread moves those few pages itself, between two commits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::{set_up_writer, store_error};
use super::writer::is_full;
use crate::error::{OpenError, StoreError};

/// A checkpoint is due when about that many pages were written: 4 MB.
const PAGES_DUE: u64 = 1000;
/// The journal's thread helps when the WAL has that many: 32 MB.
const PAGES_LARGE: i64 = 8000;

/// What the journal's thread has of the checkpointer. It ends when this is dropped.
pub(super) struct Handle {
    due: SyncSender<()>,
    pages: u64,
    needs_help: Arc<AtomicBool>,
}

type OnWriteError = Arc<dyn Fn(&StoreError) + Send + Sync>;

/// Starts the thread of the checkpointer. `is_broken` is set when the journal must not be written any more.
pub(super) fn start(
    path: &Path,
    is_broken: &Arc<AtomicBool>,
    on_write_error: OnWriteError,
) -> Result<(Handle, JoinHandle<()>), OpenError> {
    let database = store_error(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&database)?;
    set_up_writer(&connection).map_err(&database)?;
    let (due, asked) = sync_channel(1);
    let needs_help = Arc::new(AtomicBool::new(false));
    let handle = Handle { due, pages: 0, needs_help: Arc::clone(&needs_help) };
    let is_broken = Arc::clone(is_broken);
    let work = Work { connection, path: path.to_owned(), asked, needs_help, is_broken, on_write_error };
    let spawned = thread::Builder::new().name("journal-checkpoint".to_owned()).spawn(move || work.run());
    Ok((handle, spawned.map_err(OpenError::Thread)?))
}

impl Handle {
    /// That many pages were written through `connection`.
    ///
    /// # Errors
    /// When this thread had to help and could not.
    pub(super) fn written(&mut self, connection: &Connection, pages: u64) -> rusqlite::Result<()> {
        self.pages += pages;
        if self.pages >= PAGES_DUE {
            self.pages = 0;
            // When it is at work already, its next round takes these pages along.
            let _ = self.due.try_send(());
        }
        if self.needs_help.swap(false, Ordering::Relaxed) { passive(connection).map(drop) } else { Ok(()) }
    }
}

struct Work {
    connection: Connection,
    path: PathBuf,
    asked: Receiver<()>,
    needs_help: Arc<AtomicBool>,
    is_broken: Arc<AtomicBool>,
    on_write_error: OnWriteError,
}

impl Work {
    fn run(self) {
        while self.asked.recv().is_ok() {
            match passive(&self.connection) {
                Ok((in_wal, moved)) => {
                    if in_wal > PAGES_LARGE && moved < in_wal {
                        self.needs_help.store(true, Ordering::Relaxed);
                    }
                }
                Err(error) if can_wait(&error) => {
                    tracing::warn!(journal = %self.path.display(), %error, "the WAL cannot be moved for now");
                }
                Err(source) => {
                    self.is_broken.store(true, Ordering::Relaxed);
                    let error = StoreError::Database { path: self.path.clone(), source };
                    tracing::error!(error = &error as &dyn std::error::Error, "the journal cannot be checkpointed");
                    (self.on_write_error)(&error);
                    return;
                }
            }
        }
    }
}

/// Whether a checkpoint may be tried again. After a failed sync the system may have forgotten what it could not write,
/// and a second try would succeed with nothing: so only for want of room or of a lock.
pub(super) fn can_wait(error: &rusqlite::Error) -> bool {
    is_full(error) || error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// How many pages the WAL holds, and how many of them were moved.
fn passive(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))
}
