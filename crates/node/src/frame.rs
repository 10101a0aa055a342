//! The bytes of records and snapshots, without a store around them: for tools that look at a journal's bytes, and for
//! those who look for bytes that break us.

use engine::VdnId;

use crate::record::{JournalId, Record};
use crate::snapshot::Snapshot;
use crate::wire::{decode_record, decode_snapshot, encode_record, encode_snapshot};

/// The record that these bytes are, and whose; none when they are not a record as it was written.
#[must_use]
pub fn read_record(bytes: &[u8]) -> Option<(VdnId, Record)> {
    decode_record(bytes).ok()
}

/// The bytes of a record of `vdn`; none only when memory is short.
#[must_use]
pub fn write_record(vdn: VdnId, record: &Record) -> Option<Vec<u8>> {
    encode_record(vdn, record).ok()
}

/// The snapshot that these bytes are, and its journal; none when they are not a snapshot as it was written.
#[must_use]
pub fn read_snapshot(bytes: &[u8]) -> Option<(JournalId, Snapshot)> {
    decode_snapshot(bytes).ok()
}

/// The bytes of a snapshot; none only when memory is short.
#[must_use]
pub fn write_snapshot(journal: JournalId, snapshot: &Snapshot) -> Option<Vec<u8>> {
    encode_snapshot(journal, snapshot).ok()
}

/// A version byte and a body with the checksum that belongs to them.
#[must_use]
pub fn with_checksum(framed: &[u8]) -> Vec<u8> {
    let checksum = crc32fast::hash(framed).to_le_bytes();
    [framed, &checksum].concat()
}
