//! The file of the history: one for all VDNs, SQLite, beside the journal.
//!
//! It can be made anew from the journal at any time, so that nothing in it is waited for: commits are not synced one by
//! one. What cannot be used is put aside, never repaired.

mod figures;
mod query;
mod read;
mod schema;
mod write;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use node::JournalId;
use rusqlite::{Connection, ErrorCode};

pub use figures::{Bucket, Whose};
pub use query::{CallPage, CallQuery, OperationQuery};
pub(crate) use write::Cutoff;

/// How many connections that read are kept.
const READERS_KEPT: usize = 4;

/// The file of the history, opened. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    inner: Arc<Inner>,
}

struct Inner {
    /// None: in memory, where the one connection writes and reads.
    path: Option<PathBuf>,
    /// Closed before the writer, which tidies up when it is the last.
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Connection>,
}

/// Why the history cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The database answered with an error.
    #[error("the history {path} cannot be used")]
    Database {
        /// Which file; `memory` for one that is none.
        path: String,
        /// What it said.
        source: rusqlite::Error,
    },
    /// A file could not be put aside.
    #[error("cannot put {path} aside")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No thread could be started.
    #[error("cannot start a thread for the history")]
    Thread(#[source] std::io::Error),
}

impl ArchiveError {
    /// Whether the file is not what was written.
    pub(crate) fn is_damage(&self) -> bool {
        let Self::Database { source, .. } = self else { return false };
        matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Archive {
    /// A history that is forgotten when it is closed, as goes with a journal in memory.
    ///
    /// # Errors
    /// When memory is short.
    pub fn memory(journal: JournalId) -> Result<Self, ArchiveError> {
        let connection = Connection::open_in_memory().and_then(|mut connection| {
            schema::create(&mut connection, journal)?;
            Ok(connection)
        });
        Ok(Self::of(None, connection.map_err(of_memory)?))
    }

    /// The history in the folder `data`, beside its journal: `history.db`. One of another journal or version, and one
    /// that is damaged, is renamed to `history.db.aside`, and a new one is made from the journal.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open(data: &Path, journal: JournalId) -> Result<Self, ArchiveError> {
        let path = data.join("history.db");
        let connection = schema::open(&path, journal)?;
        Ok(Self::of(Some(path), connection))
    }

    fn of(path: Option<PathBuf>, writer: Connection) -> Self {
        Self { inner: Arc::new(Inner { path, writer: Mutex::new(writer), readers: Mutex::default() }) }
    }

    /// A connection stays whole whatever happens to a statement of it.
    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, source: rusqlite::Error) -> ArchiveError {
        match &self.inner.path {
            Some(path) => ArchiveError::Database { path: path.display().to_string(), source },
            None => of_memory(source),
        }
    }

    /// Reads beside the writer, on a connection of its own.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, ArchiveError> {
        let Some(path) = &self.inner.path else {
            return read(&self.writer()).map_err(of_memory);
        };
        let kept = self.readers().pop();
        let connection = kept.map_or_else(|| schema::reader(path), Ok).map_err(|source| self.error(source))?;
        let answer = read(&connection).map_err(|source| self.error(source));
        let mut readers = self.readers();
        if readers.len() < READERS_KEPT {
            readers.push(connection);
        }
        answer
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the file put aside at the next start.
    pub(crate) fn condemn(&self) {
        if let Some(path) = &self.inner.path {
            schema::condemn(path);
        }
    }
}

fn of_memory(source: rusqlite::Error) -> ArchiveError {
    ArchiveError::Database { path: "memory".to_owned(), source }
}
