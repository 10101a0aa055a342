//! A record on disk.

use std::sync::Arc;

use engine::{Command, Entry, Event, Timestamp, VdnId};
use serde::{Deserialize, Serialize};

use super::command::CommandWire;
use super::event::EventWire;
use super::mirror::{Mirror, mirror_struct};
use super::{VERSION, WireError, frame, read, unframe};
use crate::record::{Note, Position, Record};

/// The VDN and the position are part of what the checksum covers, so that a record in the wrong place is noticed.
#[derive(Serialize, Deserialize)]
struct RecordWire<const V: u8> {
    vdn: u16,
    position: u64,
    epoch: u32,
    at: i64,
    entry: Option<EntryWire<V>>,
    notes: Vec<NoteWire<V>>,
}

/// An entry; its time is the record's.
#[derive(Serialize, Deserialize)]
struct EntryWire<const V: u8> {
    command: CommandWire<V>,
    events: Vec<EventWire<V>>,
}

mirror_struct!(NoteWire for Note { key: Arc<str>, value: Option<Arc<[u8]>> });

/// The frame of a record of `vdn`.
pub(crate) fn encode_record(vdn: VdnId, record: &Record) -> Result<Vec<u8>, WireError> {
    let entry = record
        .entry
        .as_ref()
        .map(|Entry { at: _, command, events }| EntryWire { command: command.to_wire(), events: events.to_wire() });
    frame(&RecordWire {
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
    match unframe(bytes)? {
        (1, body) => read::<RecordWire<1>>(body).map(record),
        (2, body) => read::<RecordWire<2>>(body).map(record),
        (VERSION, body) => read::<RecordWire<VERSION>>(body).map(record),
        (other, _) => Err(WireError::Version(other)),
    }
}

fn record<const V: u8>(wire: RecordWire<V>) -> (VdnId, Record) {
    let RecordWire { vdn, position, epoch, at, entry, notes } = wire;
    let at = Timestamp(at);
    let entry = entry.map(|EntryWire { command, events }| Entry {
        at,
        command: Command::from_wire::<V>(command),
        events: Vec::<Event>::from_wire::<V>(events),
    });
    let notes = Vec::<Note>::from_wire::<V>(notes);
    (VdnId(vdn), Record { position: Position(position), epoch, at, entry, notes })
}
