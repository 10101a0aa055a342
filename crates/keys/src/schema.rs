//! The tables of the store.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::error::KeysError;
use crate::master::MasterKey;

/// The version of the tables, as SQLite's `user_version`.
const VERSION: i64 = 1;

/// How long a change waits for another one to be done.
const BUSY_MAX: Duration = Duration::from_secs(5);

/// Times are milliseconds since 1970, UTC. Of the audit log only the oldest row of a kind may be deleted, and none be
/// changed.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE access_key (
    ak TEXT PRIMARY KEY,
    vdns TEXT NOT NULL,
    groups TEXT NOT NULL,
    is_enabled INTEGER NOT NULL,
    made INTEGER NOT NULL
) STRICT;
CREATE TABLE secret (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ak TEXT NOT NULL REFERENCES access_key (ak) ON DELETE CASCADE,
    sealed BLOB NOT NULL,
    made INTEGER NOT NULL,
    until INTEGER,
    last_use INTEGER
) STRICT;
CREATE INDEX secret_of ON secret (ak, id);
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('change', 'refusal')),
    ak TEXT,
    what TEXT NOT NULL,
    who TEXT,
    source TEXT,
    interface TEXT,
    times INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_of ON audit (kind, number);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_loses_its_oldest_only BEFORE DELETE ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE kind = OLD.kind AND number < OLD.number)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
";

/// Opens the store at `path`, makes it when it is not there, and looks whether it is of this master key.
pub(crate) fn open(path: &Path, master: &MasterKey) -> Result<Connection, KeysError> {
    let written = |source| KeysError::File { act: "written", path: path.to_owned(), source };
    // Made here, so that nobody but this user can read it for a moment.
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(written)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if version == 0 && tables == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute("INSERT INTO meta VALUES ('master key', ?1)", [master.fingerprint().as_slice()])?;
    } else if version != VERSION {
        return Err(KeysError::NotAStore(path.to_owned()));
    }
    let made_under = transaction.query_row("SELECT value FROM meta WHERE name = 'master key'", [], |row| row.get(0));
    let made_under: Option<Vec<u8>> = made_under.optional()?;
    if made_under.as_deref() != Some(master.fingerprint()) {
        return Err(KeysError::AnotherMasterKey(path.to_owned()));
    }
    transaction.commit()?;
    Ok(connection)
}
