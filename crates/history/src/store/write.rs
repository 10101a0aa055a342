//! Rows into the file.

use engine::{Timestamp, VdnId};
use node::Position;
use rusqlite::Transaction;

use crate::figures::SlotStart;
use crate::projection::Changes;
use crate::rows::{CallRow, OperationRow, PlaceRow};

use super::{Archive, ArchiveError, figures};

const CALL: &str = "INSERT OR REPLACE INTO calls VALUES
    (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const PLACE: &str = "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const OPERATION: &str = "INSERT OR REPLACE INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const STATE: &str = "INSERT OR REPLACE INTO states VALUES (?, ?, ?)";

/// What is older than this is forgotten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cutoff {
    /// Calls that arrived before, and operations that began before.
    pub(crate) rows: Timestamp,
    /// Figures of slots before.
    pub(crate) figures: SlotStart,
}

impl Archive {
    /// Writes rows, and the open state with the position that it is of, in one transaction. Each row replaces the one of
    /// its key, so that writing them again changes nothing.
    pub(crate) fn write(
        &self,
        vdn: VdnId,
        changes: &Changes,
        state: Option<(Position, &[u8])>,
    ) -> Result<(), ArchiveError> {
        let mut connection = self.writer();
        let written = connection.transaction().and_then(|transaction| {
            write_all(&transaction, vdn, changes)?;
            if let Some((position, bytes)) = state {
                transaction.prepare_cached(STATE)?.execute((vdn.0, number(position.0), bytes))?;
            }
            transaction.commit()
        });
        written.map_err(|source| self.error(source))
    }

    /// Forgets the state of a VDN and all its rows from `from` on: they are made anew.
    pub(crate) fn forget(&self, vdn: VdnId, from: Timestamp) -> Result<(), ArchiveError> {
        let mut connection = self.writer();
        let forgotten = connection.transaction().and_then(|transaction| {
            transaction.execute("DELETE FROM states WHERE vdn = ?1", [vdn.0])?;
            for table in ["calls", "places"] {
                let delete = format!("DELETE FROM {table} WHERE vdn = ?1 AND second >= ?2");
                transaction.execute(&delete, (vdn.0, from.seconds()))?;
            }
            transaction.execute("DELETE FROM operations WHERE vdn = ?1 AND began >= ?2", (vdn.0, from.0))?;
            figures::forget(&transaction, vdn, SlotStart::of(from))?;
            transaction.commit()
        });
        forgotten.map_err(|source| self.error(source))
    }

    /// Forgets what is old, at most `max` rows of each kind; answers how many.
    pub(crate) fn prune(&self, vdn: VdnId, cutoff: Cutoff, max: u32) -> Result<usize, ArchiveError> {
        let connection = self.writer();
        let pruned = (|| {
            let mut gone = 0;
            for (table, key) in [("calls", "second, number"), ("places", "second, number, nth")] {
                let delete = format!(
                    "DELETE FROM {table} WHERE (vdn, {key}) IN
                        (SELECT vdn, {key} FROM {table} WHERE vdn = ?1 AND second < ?2 LIMIT ?3)"
                );
                gone += connection.prepare_cached(&delete)?.execute((vdn.0, cutoff.rows.seconds(), max))?;
            }
            let key = "vdn, agent, began, position, number";
            let delete = format!(
                "DELETE FROM operations WHERE ({key}) IN
                    (SELECT {key} FROM operations WHERE vdn = ?1 AND began < ?2 LIMIT ?3)"
            );
            gone += connection.prepare_cached(&delete)?.execute((vdn.0, cutoff.rows.0, max))?;
            Ok(gone + figures::prune(&connection, vdn, cutoff.figures, max)?)
        })();
        pruned.map_err(|source| self.error(source))
    }
}

fn write_all(transaction: &Transaction<'_>, vdn: VdnId, changes: &Changes) -> rusqlite::Result<()> {
    for row in &changes.calls {
        write_call(transaction, vdn, row)?;
    }
    for row in &changes.places {
        write_place(transaction, vdn, row)?;
    }
    for row in &changes.operations {
        write_operation(transaction, vdn, row)?;
    }
    changes.slots.iter().try_for_each(|row| figures::write(transaction, vdn, row))
}

fn write_call(transaction: &Transaction<'_>, vdn: VdnId, row: &CallRow) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(CALL)?;
    insert.execute(rusqlite::params![
        vdn.0,
        row.call.second,
        number(row.call.number),
        row.direction,
        &*row.caller,
        row.caller_agent.map(|agent| agent.0),
        &*row.called,
        row.arrived.0,
        micros(row.wait_began),
        micros(row.ring_began),
        micros(row.answered),
        micros(row.ended),
        row.ending,
        row.ended_by,
        row.left,
        row.first_queue.map(|queue| queue.0),
        row.last_queue.map(|queue| queue.0),
        row.last_agent.map(|agent| agent.0),
        span(row.waited),
        span(row.rang),
        span(row.talked),
        row.places,
    ])?;
    Ok(())
}

fn write_place(transaction: &Transaction<'_>, vdn: VdnId, row: &PlaceRow) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(PLACE)?;
    insert.execute(rusqlite::params![
        vdn.0,
        row.call.second,
        number(row.call.number),
        row.number,
        row.kind,
        &*row.place,
        row.entered.0,
        micros(row.waited_from),
        micros(row.rang_from),
        micros(row.talked_from),
        micros(row.left),
        row.entered_why,
        row.kept,
        row.left_why,
    ])?;
    Ok(())
}

fn write_operation(transaction: &Transaction<'_>, vdn: VdnId, row: &OperationRow) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(OPERATION)?;
    insert.execute(rusqlite::params![
        vdn.0,
        row.agent.0,
        row.began.0,
        number(row.position),
        row.number,
        row.act,
        row.by,
        micros(row.ended),
        row.reason,
        row.kept,
        row.call.map(|call| call.to_string()),
        row.direction,
        row.queue.map(|queue| queue.0),
    ])?;
    Ok(())
}

fn micros(at: Option<Timestamp>) -> Option<i64> {
    at.map(|at| at.0)
}

fn span(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// SQLite's integers end where ours never come.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
