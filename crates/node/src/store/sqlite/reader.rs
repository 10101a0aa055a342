//! Reads records and makes sure that they are what was written. Also beside a running server.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::{Timestamp, VdnId};
use rusqlite::{Connection, OpenFlags};

use super::schema::{check_format, store_error};
use crate::error::{OpenError, StoreError};
use crate::record::{JournalId, Position, Record};
use crate::store::Extent;
use crate::wire;

const EXTENT: &str = "SELECT last, kept_after,
        (SELECT min(position) FROM records WHERE vdn = ?1),
        (SELECT max(position) FROM records WHERE vdn = ?1)
    FROM extents WHERE vdn = ?1";
const RECORDS_AFTER: &str =
    "SELECT position, epoch, at, bytes FROM records WHERE vdn = ?1 AND position > ?2 ORDER BY position LIMIT ?3";

/// A connection that only reads.
#[derive(Debug)]
pub(crate) struct Reader {
    id: JournalId,
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// One line of the table of records, not yet trusted.
struct Line {
    position: Position,
    epoch: u32,
    at: i64,
    bytes: Vec<u8>,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let database = store_error(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(&database)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(&database)?;
        let id = check_format(&connection, path)?;
        Ok(Self { id, path: path.to_owned(), connection: Mutex::new(connection) })
    }

    /// A connection stays whole whatever happens to a query of it.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self) -> impl Fn(rusqlite::Error) -> StoreError {
        store_error(&self.path)
    }

    fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), what }
    }

    pub(crate) fn id(&self) -> JournalId {
        self.id
    }

    /// All VDNs that were ever written, by id.
    pub(crate) fn vdns(&self) -> Result<Vec<VdnId>, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached("SELECT vdn FROM extents ORDER BY vdn").map_err(self.error())?;
        let rows = query.query_map([], |row| row.get(0).map(VdnId)).map_err(self.error())?;
        rows.collect::<Result<_, _>>().map_err(self.error())
    }

    /// How many records were written in the life of the journal, of all VDNs.
    pub(super) fn records_written(&self) -> Result<u64, StoreError> {
        let sum = "SELECT coalesce(sum(last), 0) FROM extents";
        self.connection().query_row(sum, [], |row| row.get(0).map(|Position(sum)| sum)).map_err(self.error())
    }

    /// Compares what is noted of the records with the first and the last that are there.
    pub(crate) fn extent(&self, vdn: VdnId) -> Result<Extent, StoreError> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(EXTENT).map_err(self.error())?;
        let mut rows = query.query([vdn.0]).map_err(self.error())?;
        let Some(row) = rows.next().map_err(self.error())? else { return Ok(Extent::default()) };
        let number = |column| row.get::<_, Option<Position>>(column).map_err(self.error());
        let (last, kept_after, first, end) = (number(0)?, number(1)?, number(2)?, number(3)?);
        let extent = Extent { last: last.unwrap_or_default(), kept_after: kept_after.unwrap_or_default() };
        let should = if extent.last > extent.kept_after {
            (Some(extent.kept_after.next()), Some(extent.last))
        } else {
            (None, None)
        };
        if (first, end) == should {
            return Ok(extent);
        }
        let show = |position: Option<Position>| position.map_or("none".to_owned(), |position| position.to_string());
        Err(self.damaged(format!(
            "of VDN {vdn} the first record should be {} and the last {}, but they are {} and {}",
            show(should.0),
            show(should.1),
            show(first),
            show(end),
        )))
    }

    /// As [`crate::store::Source::read`].
    pub(crate) fn read(&self, vdn: VdnId, after: Position, max: usize) -> Result<Vec<Arc<Record>>, StoreError> {
        let lines = self.lines(vdn, after, max).map_err(self.error())?;
        let mut expected = after.next();
        let mut records = Vec::with_capacity(lines.len());
        for line in lines {
            if line.position != expected {
                return if records.is_empty() { self.pruned(vdn, after) } else { Err(self.gap(vdn, expected, &line)) };
            }
            records.push(Arc::new(self.decode(vdn, &line)?));
            expected = expected.next();
        }
        Ok(records)
    }

    fn lines(&self, vdn: VdnId, after: Position, max: usize) -> rusqlite::Result<Vec<Line>> {
        let connection = self.connection();
        let mut query = connection.prepare_cached(RECORDS_AFTER)?;
        let line = |row: &rusqlite::Row<'_>| {
            Ok(Line { position: row.get(0)?, epoch: row.get(1)?, at: row.get(2)?, bytes: row.get(3)? })
        };
        query.query_map((vdn.0, after, i64::try_from(max).unwrap_or(i64::MAX)), line)?.collect()
    }

    /// The record after `after` is not there: that is as it should be when it is no longer kept.
    fn pruned(&self, vdn: VdnId, after: Position) -> Result<Vec<Arc<Record>>, StoreError> {
        if after < self.extent(vdn)?.kept_after {
            return Ok(Vec::new());
        }
        Err(self.damaged(format!("record {} of VDN {vdn} is missing", after.next())))
    }

    fn gap(&self, vdn: VdnId, expected: Position, line: &Line) -> StoreError {
        self.damaged(format!("record {expected} of VDN {vdn} is missing: {} is next", line.position))
    }

    fn decode(&self, vdn: VdnId, line: &Line) -> Result<Record, StoreError> {
        let what = |what: &dyn std::fmt::Display| format!("record {} of VDN {vdn}: {what}", line.position);
        let (of, record) = wire::decode_record(&line.bytes).map_err(|error| self.damaged(what(&error)))?;
        let stands_at = (vdn, line.position, line.epoch, Timestamp(line.at));
        if (of, record.position, record.epoch, record.at) == stands_at {
            return Ok(record);
        }
        let here = format!("its bytes are those of record {} of VDN {of}, at {}", record.position, record.at);
        Err(self.damaged(what(&here)))
    }
}
