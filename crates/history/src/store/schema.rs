//! What the file holds, and how connections to it are set up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use node::JournalId;
use rusqlite::{Connection, OpenFlags};

use super::ArchiveError;
use super::figures::{self, TABLES as FIGURES};

/// The version of the tables.
const FORMAT: u32 = 1;

const TABLES: &str = "
    CREATE TABLE meta (
        one     INTEGER PRIMARY KEY CHECK (one = 1),
        format  INTEGER NOT NULL,
        journal BLOB NOT NULL
    ) STRICT;
    CREATE TABLE states (
        vdn      INTEGER PRIMARY KEY,
        position INTEGER NOT NULL,
        bytes    BLOB NOT NULL
    ) STRICT;
    CREATE TABLE calls (
        vdn          INTEGER NOT NULL,
        second       INTEGER NOT NULL,
        number       INTEGER NOT NULL,
        direction    TEXT NOT NULL,
        caller       TEXT NOT NULL,
        caller_agent INTEGER,
        called       TEXT NOT NULL,
        arrived      INTEGER NOT NULL,
        wait_began   INTEGER,
        ring_began   INTEGER,
        answered     INTEGER,
        ended        INTEGER NOT NULL,
        ending       TEXT NOT NULL,
        ended_by     TEXT NOT NULL,
        left_why     TEXT NOT NULL,
        first_queue  INTEGER,
        last_queue   INTEGER,
        last_agent   INTEGER,
        waited       INTEGER NOT NULL,
        rang         INTEGER NOT NULL,
        talked       INTEGER NOT NULL,
        places       INTEGER NOT NULL,
        PRIMARY KEY (vdn, second, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE places (
        vdn         INTEGER NOT NULL,
        second      INTEGER NOT NULL,
        number      INTEGER NOT NULL,
        nth         INTEGER NOT NULL,
        kind        TEXT NOT NULL,
        place       TEXT NOT NULL,
        entered     INTEGER NOT NULL,
        waited_from INTEGER,
        rang_from   INTEGER,
        talked_from INTEGER,
        left        INTEGER NOT NULL,
        entered_why TEXT NOT NULL,
        kept        TEXT NOT NULL,
        left_why    TEXT,
        PRIMARY KEY (vdn, second, number, nth)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE operations (
        vdn       INTEGER NOT NULL,
        agent     INTEGER NOT NULL,
        began     INTEGER NOT NULL,
        position  INTEGER NOT NULL,
        number    INTEGER NOT NULL,
        act       TEXT NOT NULL,
        done_by   TEXT NOT NULL,
        ended     INTEGER,
        reason    INTEGER,
        kept      TEXT NOT NULL,
        call      TEXT,
        direction TEXT,
        queue     INTEGER,
        PRIMARY KEY (vdn, agent, began, position, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX operations_by_time ON operations (vdn, began);
";

/// Opens the file to write; makes it when there is none, and when what is there is of no use.
pub(super) fn open(path: &Path, journal: JournalId) -> Result<Connection, ArchiveError> {
    let error = |source| ArchiveError::Database { path: path.display().to_string(), source };
    let why = if is_condemned(path) {
        "it was found damaged"
    } else if !path.exists() {
        return new(path, journal).map_err(error);
    } else {
        match usable(path, journal).map_err(error) {
            Ok(Ok(connection)) => return Ok(connection),
            Ok(Err(why)) => why,
            Err(error) if error.is_damage() => "it is damaged",
            Err(error) => return Err(error),
        }
    };
    let aside = put_aside(path)?;
    tracing::warn!(history = %path.display(), why, aside = %aside.display(), "the history is made anew from the journal");
    new(path, journal).map_err(error)
}

/// The file as it is, or why it cannot be gone on with.
fn usable(path: &Path, journal: JournalId) -> rusqlite::Result<Result<Connection, &'static str>> {
    let connection = Connection::open(path)?;
    set_up_writer(&connection)?;
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(Err("it has no tables of ours"));
    }
    let (format, of): (u32, Vec<u8>) =
        connection.query_row("SELECT format, journal FROM meta", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if format != FORMAT {
        return Ok(Err("it is of another version"));
    }
    if of != journal.0 {
        return Ok(Err("it is of another journal"));
    }
    Ok(Ok(connection))
}

/// Whatever was left beside a file that is gone belongs to nothing.
fn new(path: &Path, journal: JournalId) -> rusqlite::Result<Connection> {
    for beside in BESIDE {
        let _ = std::fs::remove_file(with_end(path, beside));
    }
    let mut connection = Connection::open(path)?;
    set_up_writer(&connection)?;
    create(&mut connection, journal)?;
    Ok(connection)
}

/// A lost commit is made again from the journal, so none is waited for.
fn set_up_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")
}

pub(super) fn create(connection: &mut Connection, journal: JournalId) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    for table in FIGURES {
        transaction.execute_batch(&figures::declaration(table))?;
    }
    transaction.execute("INSERT INTO meta VALUES (1, ?1, ?2)", (FORMAT, journal.0))?;
    transaction.commit()
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// SQLite's own files beside the database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The mark that a file is not to be used again.
fn mark(path: &Path) -> PathBuf {
    path.with_extension("db.damaged")
}

fn is_condemned(path: &Path) -> bool {
    mark(path).exists()
}

/// What cannot be marked is found damaged once more.
pub(super) fn condemn(path: &Path) {
    if let Err(error) = std::fs::write(mark(path), b"") {
        tracing::warn!(%error, path = %mark(path).display(), "cannot mark the damaged history");
    }
}

/// Renames the file; one that was put aside before is gone.
fn put_aside(path: &Path) -> Result<PathBuf, ArchiveError> {
    let aside = path.with_extension("db.aside");
    let rename = |from: &Path, to: &Path| match std::fs::rename(from, to) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(ArchiveError::Io { path: from.to_owned(), source })
        }
        _ => Ok(()),
    };
    for beside in BESIDE {
        rename(&with_end(path, beside), &with_end(&aside, beside))?;
    }
    rename(path, &aside)?;
    match std::fs::remove_file(mark(path)) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(ArchiveError::Io { path: mark(path), source })
        }
        _ => Ok(aside),
    }
}
