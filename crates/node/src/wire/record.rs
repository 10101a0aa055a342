//! A record on disk.

use std::sync::Arc;

use engine::{Command, Entry, Event, Timestamp, VdnId};
use serde::{Deserialize, Serialize};

use super::command::CommandV1;
use super::event::EventV1;
use super::mirror::{Mirror, mirror_struct};
use super::{WireError, frame, unframe};
use crate::record::{Note, Position, Record};

/// The VDN and the position are part of what the checksum covers, so that a record in the wrong place is noticed.
#[derive(Debug, Serialize, Deserialize)]
struct RecordV1 {
    vdn: u16,
    position: u64,
    epoch: u32,
    at: i64,
    entry: Option<EntryV1>,
    notes: Vec<NoteV1>,
}

/// An entry; its time is the record's.
#[derive(Debug, Serialize, Deserialize)]
struct EntryV1 {
    command: CommandV1,
    events: Vec<EventV1>,
}

mirror_struct!(NoteV1 for Note { key: Arc<str>, value: Option<Arc<[u8]>> });

/// The frame of a record of `vdn`.
pub(crate) fn encode_record(vdn: VdnId, record: &Record) -> Result<Vec<u8>, WireError> {
    let entry = record
        .entry
        .as_ref()
        .map(|Entry { at: _, command, events }| EntryV1 { command: command.to_wire(), events: events.to_wire() });
    frame(&RecordV1 {
        vdn: vdn.0,
        position: record.position.0,
        epoch: record.epoch,
        at: record.at.0,
        entry,
        notes: record.notes.to_wire(),
    })
}

/// The record in a frame, and its VDN.
pub(crate) fn decode_record(bytes: &[u8]) -> Result<(VdnId, Record), WireError> {
    let RecordV1 { vdn, position, epoch, at, entry, notes } = unframe(bytes)?;
    let at = Timestamp(at);
    let entry = entry.map(|EntryV1 { command, events }| Entry {
        at,
        command: Command::from_wire(command),
        events: Vec::<Event>::from_wire(events),
    });
    let notes = Vec::<Note>::from_wire(notes);
    Ok((VdnId(vdn), Record { position: Position(position), epoch, at, entry, notes }))
}
