//! What is done with bytes that somebody has chosen to break us. `fuzz/` plays these functions with libFuzzer, and
//! `tests/corpus.rs` with the bytes that are kept in `fuzz/corpus`.
//!
//! Each panics when a law is broken. `is_planted` puts a bug where it must be found, to see that it can be.

mod legs;

use node::{Record, Snapshot, frame};

use crate::chance::Chance;
use crate::floors::Size;
use crate::rules::Rules;

pub use self::legs::{leg, leg_by};

/// How many commands are read from bytes at most.
const COMMANDS_MAX: u64 = 400;

/// A floor and commands: engine and model do the same, every invariant holds, events and snapshots come to the state.
pub fn rules(bytes: &[u8], is_planted: bool) {
    rules_by(&mut Chance::of_bytes(bytes), COMMANDS_MAX, is_planted);
}

/// As [`rules`], by any chance and with so many commands at most.
pub fn rules_by(chance: &mut Chance, commands: u64, is_planted: bool) {
    let size = if chance.is(500) { Size::Busy } else { Size::Small };
    let rules = if is_planted { Rules::planted() } else { Rules::new() };
    if let Err((law, sentence)) = rules.play_by(chance, size, commands) {
        panic!("{law} is broken\n{sentence}");
    }
}

/// Bytes on the disk as a record: they are one, or not, and what is one is written and read as the same again.
pub fn record(bytes: &[u8], is_planted: bool) {
    for bytes in [bytes.to_vec(), frame::with_checksum(bytes)] {
        let Some((vdn, record)) = frame::read_record(&bytes) else { continue };
        let written = frame::write_record(vdn, &planted_record(&record, is_planted)).expect("there is memory");
        let again = frame::read_record(&written).expect("what is written can be read");
        assert!(again == (vdn, record), "a record is another when it is read again: {again:?}");
    }
}

/// Bytes on the disk as a snapshot, likewise.
pub fn snapshot(bytes: &[u8], is_planted: bool) {
    for bytes in [bytes.to_vec(), frame::with_checksum(bytes)] {
        let Some((journal, snapshot)) = frame::read_snapshot(&bytes) else { continue };
        let planted = planted_snapshot(&snapshot, is_planted);
        let written = frame::write_snapshot(journal, &planted).expect("there is memory");
        let again = frame::read_snapshot(&written).expect("what is written can be read");
        assert!(again == (journal, snapshot), "a snapshot is another when it is read again: {again:?}");
    }
}

/// The bug: only the first note of a record is written.
fn planted_record(record: &Record, is_planted: bool) -> Record {
    let mut record = record.clone();
    if is_planted {
        record.notes.truncate(1);
    }
    record
}

/// The bug: queues closed by hand are forgotten while a call is live.
fn planted_snapshot(snapshot: &Snapshot, is_planted: bool) -> Snapshot {
    let mut snapshot = snapshot.clone();
    if is_planted && !snapshot.image.calls.is_empty() {
        snapshot.image.closed.clear();
    }
    snapshot
}
