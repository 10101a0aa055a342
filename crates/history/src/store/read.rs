//! Rows out of the file.

use std::time::Duration;

use engine::{AgentId, CallId, QueueId, Timestamp, VdnId};
use node::Position;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use crate::projection::Changes;
use crate::rows::{CallRow, OperationRow, PlaceRow};

use super::query::{CallPage, CallQuery, OperationQuery, parse_call};
use super::{Archive, ArchiveError, figures};

/// More places than a call may have in an answer; a call that rings for days has more, and its first ones are told.
const PLACES_MAX: usize = 1000;

impl Archive {
    /// The open state of a VDN that was last written, and the position that it is of.
    pub(crate) fn state(&self, vdn: VdnId) -> Result<Option<(Position, Vec<u8>)>, ArchiveError> {
        self.read(|connection| {
            let query = "SELECT position, bytes FROM states WHERE vdn = ?1";
            connection.query_row(query, [vdn.0], |row| Ok((Position(unsigned(row, 0)?), row.get(1)?))).optional()
        })
    }

    /// Ended calls.
    pub(crate) fn calls(&self, vdn: VdnId, query: &CallQuery) -> Result<CallPage, ArchiveError> {
        let directions: Vec<_> = query.directions.iter().map(|direction| format!("'{}'", direction.name())).collect();
        let condition = format!(
            "vdn = ?1 AND second >= ?2 AND second <= ?3 AND arrived >= ?4 AND arrived < ?5
                AND (?6 IS NULL OR caller = ?6) AND (?7 IS NULL OR called = ?7) AND direction IN ({})",
            directions.join(", ")
        );
        let values = || {
            let (from, until) = (query.from, query.until);
            rusqlite::params_from_iter([
                rusqlite::types::Value::from(vdn.0),
                from.seconds().into(),
                until.seconds().into(),
                from.0.into(),
                until.0.into(),
                query.caller.clone().into(),
                query.called.clone().into(),
            ])
        };
        self.read(|connection| {
            let count = format!("SELECT count(*) FROM calls WHERE {condition}");
            let count = connection.prepare_cached(&count)?.query_row(values(), |row| unsigned(row, 0))?;
            let rows = format!(
                "SELECT * FROM calls WHERE {condition} ORDER BY second, number LIMIT {} OFFSET {}",
                query.limit, query.offset
            );
            let mut rows = connection.prepare(&rows)?;
            let calls = rows.query_map(values(), call_row)?.collect::<rusqlite::Result<_>>()?;
            Ok(CallPage { calls, count })
        })
    }

    /// An ended call, and the places that a call has left, ended or not.
    pub(crate) fn call(&self, vdn: VdnId, id: CallId) -> Result<(Option<CallRow>, Vec<PlaceRow>), ArchiveError> {
        let key = (vdn.0, id.second, i64::try_from(id.number).unwrap_or(i64::MAX));
        self.read(|connection| {
            let query = "SELECT * FROM calls WHERE vdn = ?1 AND second = ?2 AND number = ?3";
            let call = connection.prepare_cached(query)?.query_row(key, call_row).optional()?;
            Ok((call, places(connection, key)?))
        })
    }

    /// What an agent did, by time.
    pub(crate) fn operations(&self, vdn: VdnId, query: &OperationQuery) -> Result<Vec<OperationRow>, ArchiveError> {
        let acts: Vec<_> = query.acts.iter().map(|act| format!("'{}'", act.name())).collect();
        let of_acts = if acts.is_empty() { String::new() } else { format!("AND act IN ({})", acts.join(", ")) };
        let select = format!(
            "SELECT * FROM operations WHERE vdn = ?1 AND agent = ?2 AND began >= ?3 AND began < ?4 {of_acts}
                ORDER BY began, position, number LIMIT {}",
            query.limit
        );
        let values = (vdn.0, query.agent.0, query.from.0, query.until.0);
        self.read(|connection| connection.prepare(&select)?.query_map(values, operation_row)?.collect())
    }

    /// All there is of a VDN, by key: for tests and tools, of small histories.
    ///
    /// # Errors
    /// When the file cannot be read.
    #[doc(hidden)]
    pub fn everything(&self, vdn: VdnId) -> Result<Changes, ArchiveError> {
        self.read(|connection| {
            Ok(Changes {
                calls: all(connection, vdn, "calls", "second, number", call_row)?,
                places: all(connection, vdn, "places", "second, number, nth", place_row)?,
                operations: all(connection, vdn, "operations", "position, number", operation_row)?,
                slots: figures::all(connection, vdn)?,
            })
        })
    }
}

fn all<T>(
    connection: &Connection,
    vdn: VdnId,
    table: &str,
    order: &str,
    row: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let query = format!("SELECT * FROM {table} WHERE vdn = ?1 ORDER BY {order}");
    connection.prepare(&query)?.query_map([vdn.0], row)?.collect()
}

fn places(connection: &Connection, key: (u16, i64, i64)) -> rusqlite::Result<Vec<PlaceRow>> {
    let query = "SELECT * FROM places WHERE vdn = ?1 AND second = ?2 AND number = ?3 ORDER BY nth LIMIT ?4";
    let values = [i64::from(key.0), key.1, key.2, i64::try_from(PLACES_MAX).unwrap_or(i64::MAX)];
    connection.prepare_cached(query)?.query_map(params_from_iter(values), place_row)?.collect()
}

fn call_row(row: &Row<'_>) -> rusqlite::Result<CallRow> {
    Ok(CallRow {
        call: CallId { second: row.get(1)?, number: unsigned(row, 2)? },
        direction: row.get(3)?,
        caller: row.get::<_, String>(4)?.into(),
        caller_agent: row.get::<_, Option<u32>>(5)?.map(AgentId),
        called: row.get::<_, String>(6)?.into(),
        arrived: Timestamp(row.get(7)?),
        wait_began: time(row, 8)?,
        ring_began: time(row, 9)?,
        answered: time(row, 10)?,
        ended: time(row, 11)?,
        ending: row.get(12)?,
        ended_by: row.get(13)?,
        left: row.get(14)?,
        first_queue: row.get::<_, Option<u16>>(15)?.map(QueueId),
        last_queue: row.get::<_, Option<u16>>(16)?.map(QueueId),
        last_agent: row.get::<_, Option<u32>>(17)?.map(AgentId),
        waited: span(row, 18)?,
        rang: span(row, 19)?,
        talked: span(row, 20)?,
        places: row.get(21)?,
    })
}

fn place_row(row: &Row<'_>) -> rusqlite::Result<PlaceRow> {
    Ok(PlaceRow {
        call: CallId { second: row.get(1)?, number: unsigned(row, 2)? },
        number: row.get(3)?,
        kind: row.get(4)?,
        place: row.get::<_, String>(5)?.into(),
        entered: Timestamp(row.get(6)?),
        waited_from: time(row, 7)?,
        rang_from: time(row, 8)?,
        talked_from: time(row, 9)?,
        left: time(row, 10)?,
        entered_why: row.get(11)?,
        kept: row.get(12)?,
        left_why: row.get(13)?,
    })
}

fn operation_row(row: &Row<'_>) -> rusqlite::Result<OperationRow> {
    Ok(OperationRow {
        agent: AgentId(row.get(1)?),
        began: Timestamp(row.get(2)?),
        position: unsigned(row, 3)?,
        number: row.get(4)?,
        act: row.get(5)?,
        by: row.get(6)?,
        ended: time(row, 7)?,
        reason: row.get(8)?,
        kept: row.get(9)?,
        call: row.get::<_, Option<String>>(10)?.as_deref().and_then(parse_call),
        direction: row.get(11)?,
        queue: row.get::<_, Option<u16>>(12)?.map(QueueId),
    })
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn span(row: &Row<'_>, column: usize) -> rusqlite::Result<Duration> {
    unsigned(row, column).map(Duration::from_micros)
}
