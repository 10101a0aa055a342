//! What the database holds, and how connections to it are set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{OpenError, StoreError};
use crate::record::{JournalId, Position};

/// The format of the tables. Records and snapshots have a version of their own.
pub(super) const FORMAT: u32 = 1;

/// Marks the file as ours: "ante".
const APPLICATION_ID: u32 = 0x616e_7465;

const TABLES: &str = "
    CREATE TABLE meta (
        one      INTEGER PRIMARY KEY CHECK (one = 1),
        format   INTEGER NOT NULL,
        id       BLOB NOT NULL,
        checksum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE extents (
        vdn        INTEGER PRIMARY KEY,
        last       INTEGER NOT NULL,
        kept_after INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE records (
        vdn      INTEGER NOT NULL,
        position INTEGER NOT NULL,
        epoch    INTEGER NOT NULL,
        at       INTEGER NOT NULL,
        bytes    BLOB NOT NULL,
        PRIMARY KEY (vdn, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE room (
        one   INTEGER PRIMARY KEY CHECK (one = 1),
        bytes BLOB NOT NULL
    ) STRICT;
";

/// Says which journal it was, and tells damage from other errors.
pub(super) fn store_error(path: &Path) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Damaged { path: path.to_owned(), what: source.to_string() }
        }
        _ => StoreError::Database { path: path.to_owned(), source },
    }
}

/// Opens the database to write; makes it when there is none, unless `acknowledged` records should be in it.
pub(super) fn open(path: &Path, acknowledged: u64) -> Result<Connection, OpenError> {
    let database = store_error(path);
    if acknowledged > 0 && !path.exists() {
        let what = format!("it is missing, but should hold {acknowledged} records");
        return Err(StoreError::Damaged { path: path.to_owned(), what }.into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(&database)?;
    set_up_writer(&connection).map_err(&database)?;
    let tables: u32 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(&database)?;
    if tables > 0 {
        check_format(&connection, path)?;
    } else if acknowledged > 0 {
        let what = format!("it is empty, but should hold {acknowledged} records");
        return Err(StoreError::Damaged { path: path.to_owned(), what }.into());
    } else {
        create(&mut connection).map_err(&database)?;
    }
    Ok(connection)
}

/// Each commit is synced; checkpoints are made by the [checkpointer](super::checkpoint) alone.
pub(super) fn set_up_writer(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "cell_size_check", true)
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let id = JournalId::random();
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute("INSERT INTO meta VALUES (1, ?1, ?2, ?3)", (FORMAT, id.0, meta_checksum(FORMAT, id)))?;
    transaction.commit()
}

fn meta_checksum(format: u32, id: JournalId) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&format.to_le_bytes());
    hasher.update(&id.0);
    hasher.finalize()
}

/// Refuses a database of a newer server, and one whose first lines are not what was written.
pub(super) fn check_format(connection: &Connection, path: &Path) -> Result<JournalId, OpenError> {
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, JournalId(row.get(1)?), row.get(2)?));
    let (format, id, checksum): (u32, JournalId, u32) =
        connection.query_row("SELECT format, id, checksum FROM meta", [], read).map_err(|source| match source {
            rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..) => {
                StoreError::Damaged { path: path.to_owned(), what: format!("its table meta: {source}") }
            }
            other => store_error(path)(other),
        })?;
    if checksum != meta_checksum(format, id) {
        let what = "the checksum of its id is wrong".to_owned();
        return Err(StoreError::Damaged { path: path.to_owned(), what }.into());
    }
    if format > FORMAT {
        return Err(OpenError::TooNew { path: path.to_owned(), found: format, known: FORMAT });
    }
    Ok(id)
}

/// SQLite's numbers end at `i64::MAX`, and so do positions: at a million records a second in 292,000 years.
impl ToSql for Position {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let position = i64::try_from(self.0).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        Ok(position.into())
    }
}

impl FromSql for Position {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let position = i64::column_result(value)?;
        u64::try_from(position).map(Self).map_err(|_| FromSqlError::OutOfRange(position))
    }
}
