//! The audit log: what was changed, by whom, and what was refused.

use std::time::SystemTime;

use api::Refusal;
use rusqlite::{Connection, params};

use crate::error::KeysError;
use crate::time::{from_millis, millis};

/// How many changes, and how many refusals, are kept: a flood of the one does not wash away the other.
const ROWS_MAX: i64 = 100_000;

/// Who changes something, and by what.
#[derive(Clone, Debug)]
pub struct Author {
    /// The user of the operating system.
    pub user: String,
    /// The command, as in `anteroom keys rotate`.
    pub by: String,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key was made, changed or removed.
    Change,
    /// A request was refused.
    Refusal,
}

impl Kind {
    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Refusal => "refusal",
        }
    }
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number: they grow, and none is given twice.
    pub number: i64,
    /// When; of refusals that are alike, when they were written down, within two seconds.
    pub at: SystemTime,
    /// What kind.
    pub kind: Kind,
    /// Which access key, as the request named it.
    pub ak: Option<String>,
    /// What was changed, or why it was refused.
    pub what: String,
    /// Of a change: who made it.
    pub who: Option<String>,
    /// Of a refusal: from which address.
    pub source: Option<String>,
    /// Of a refusal: the path asked.
    pub interface: Option<String>,
    /// How many refusals that were alike the row stands for.
    pub times: u32,
}

/// Writes a change down; in the transaction that makes it.
pub(crate) fn change(
    connection: &Connection,
    ak: &str,
    what: &str,
    by: &Author,
    now: SystemTime,
) -> Result<(), KeysError> {
    let who = format!("{} by {}", by.user, by.by);
    connection.execute(
        "INSERT INTO audit (at, kind, ak, what, who, times) VALUES (?1, 'change', ?2, ?3, ?4, 1)",
        params![millis(now), ak, what, who],
    )?;
    trim(connection, Kind::Change)
}

/// Writes refusals down, each with how often it came.
pub(crate) fn refusals(connection: &Connection, refusals: &[(Refusal, u32)], now: SystemTime) -> Result<(), KeysError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO audit (at, kind, ak, what, source, interface, times) VALUES (?1, 'refusal', ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (refusal, times) in refusals {
        let source = refusal.source.map(|source| source.to_string());
        insert.execute(params![millis(now), refusal.ak, refusal.cause, source, refusal.interface, times])?;
    }
    trim(connection, Kind::Refusal)
}

/// Forgets the oldest rows of a kind that has too many.
fn trim(connection: &Connection, kind: Kind) -> Result<(), KeysError> {
    let mut count = connection.prepare_cached("SELECT count(*) FROM audit WHERE kind = ?1")?;
    let mut forget = connection
        .prepare_cached("DELETE FROM audit WHERE number = (SELECT min(number) FROM audit WHERE kind = ?1)")?;
    let count: i64 = count.query_row([kind.name()], |row| row.get(0))?;
    for _ in ROWS_MAX..count {
        forget.execute([kind.name()])?;
    }
    Ok(())
}

/// The last `limit` rows, oldest first: of one kind and one access key, or all.
pub(crate) fn read(
    connection: &Connection,
    kind: Option<Kind>,
    ak: Option<&str>,
    limit: u32,
) -> Result<Vec<Row>, KeysError> {
    let mut query = connection.prepare(
        "SELECT number, at, kind, ak, what, who, source, interface, times FROM audit
         WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR ak = ?2) ORDER BY number DESC LIMIT ?3",
    )?;
    let rows = query.query_map(params![kind.map(Kind::name), ak, limit], |row| {
        let kind: String = row.get(2)?;
        Ok(Row {
            number: row.get(0)?,
            at: from_millis(row.get(1)?),
            kind: if kind == Kind::Change.name() { Kind::Change } else { Kind::Refusal },
            ak: row.get(3)?,
            what: row.get(4)?,
            who: row.get(5)?,
            source: row.get(6)?,
            interface: row.get(7)?,
            times: row.get(8)?,
        })
    })?;
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    rows.reverse();
    Ok(rows)
}
