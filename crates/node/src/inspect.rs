//! Looks at a journal without changing a record, also while a server writes it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use engine::VdnId;

use crate::error::{OpenError, StoreError};
use crate::record::{JournalId, Position, Record};
use crate::recovery;
use crate::replay::Replay;
use crate::store::{ReadOnly, Source};

/// How many records are read at a time.
const CHUNK: usize = 256;

/// A journal that is only looked at.
#[derive(Debug)]
pub struct Inspection {
    source: ReadOnly,
}

/// Opens the journal in the folder `data`, as [`crate::Journal::sqlite`] does, to look at it. It is not locked: a server
/// may go on writing it.
///
/// # Errors
/// When there is no journal, or it cannot be read.
pub fn inspect(data: &Path) -> Result<Inspection, OpenError> {
    Ok(Inspection { source: ReadOnly::open(data)? })
}

impl Inspection {
    /// Random at creation, kept for ever.
    #[must_use]
    pub fn journal_id(&self) -> JournalId {
        self.source.id()
    }

    /// All VDNs that were ever written, by id.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn vdns(&self) -> Result<Vec<VdnId>, StoreError> {
        self.source.vdns()
    }

    /// The last record of a VDN; 0 when there is none.
    ///
    /// # Errors
    /// When the journal cannot be read, or is damaged.
    pub fn last(&self, vdn: VdnId) -> Result<Position, StoreError> {
        Ok(self.source.extent(vdn)?.last)
    }

    /// The position after which records of a VDN are still kept.
    ///
    /// # Errors
    /// When the journal cannot be read, or is damaged.
    pub fn kept_after(&self, vdn: VdnId) -> Result<Position, StoreError> {
        Ok(self.source.extent(vdn)?.kept_after)
    }

    /// What a start of the VDN would recover: state and live notes after `until`, or after the last record.
    ///
    /// # Errors
    /// When the journal cannot be read, is damaged, or no longer reaches back to `until`.
    pub fn recover(&self, vdn: VdnId, until: Option<Position>) -> Result<Replay, OpenError> {
        Ok(recovery::replay(&self.source, vdn, until)?.replay)
    }

    /// The earliest that can be known of a VDN with all records after it: nothing, as long as the first record is kept,
    /// else the oldest snapshot.
    ///
    /// # Errors
    /// When the journal cannot be read, is damaged, or has lost its snapshots.
    pub fn earliest(&self, vdn: VdnId) -> Result<Replay, OpenError> {
        recovery::earliest(&self.source, vdn)
    }

    /// The records of a VDN after `after`, or after those that are no longer kept, up to what is the end when it gets
    /// there. Ends with the first error.
    pub fn records(&self, vdn: VdnId, after: Position) -> Records<'_> {
        Records { source: &self.source, vdn, after: Some(after), ready: VecDeque::new() }
    }
}

/// Records of a VDN, in order.
#[derive(Debug)]
pub struct Records<'a> {
    source: &'a ReadOnly,
    vdn: VdnId,
    /// None: it is over.
    after: Option<Position>,
    ready: VecDeque<Arc<Record>>,
}

impl Records<'_> {
    fn read(&mut self, after: Position) -> Result<(), StoreError> {
        let from = after.max(self.source.extent(self.vdn)?.kept_after);
        self.ready = self.source.read(self.vdn, from, CHUNK)?.into();
        self.after = self.ready.back().map(|record| record.position);
        Ok(())
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Arc<Record>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.is_empty()
            && let Some(after) = self.after
            && let Err(error) = self.read(after)
        {
            self.after = None;
            return Some(Err(error));
        }
        self.ready.pop_front().map(Ok)
    }
}
