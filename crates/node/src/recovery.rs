//! From a journal to what is true.

use std::panic::{AssertUnwindSafe, catch_unwind};

use engine::VdnId;

use crate::error::OpenError;
use crate::record::Position;
use crate::replay::Replay;
use crate::replica::panic_message;
use crate::store::Source;

/// How many records are read at a time.
const CHUNK: usize = 1024;

/// What was replayed, and from where.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) replay: Replay,
    pub(crate) snapshot: Option<Position>,
    pub(crate) records: u64,
}

/// What is true at the end of a VDN's journal, or at `until` if that is before it: the latest good snapshot and the
/// records after it.
pub(crate) fn replay(store: &dyn Source, vdn: VdnId, until: Option<Position>) -> Result<Replayed, OpenError> {
    let extent = store.extent(vdn)?;
    let end = until.map_or(extent.last, |until| until.min(extent.last));
    let begun = guard(vdn, Position::START, || store.snapshot(vdn, end).map(Replay::from_snapshot))?;
    let snapshot = begun.as_ref().map(Replay::position);
    let replay = begun.unwrap_or_else(|| Replay::new(vdn));
    if replay.position() < extent.kept_after {
        return Err(OpenError::NothingToBeginWith { vdn, kept_after: extent.kept_after });
    }
    let mut replayed = Replayed { replay, snapshot, records: 0 };
    replayed.go_on(store, end)?;
    Ok(replayed)
}

/// The earliest that can be known of a VDN with all records after it: nothing, as long as the first record is kept, else
/// the oldest snapshot.
pub(crate) fn earliest(store: &dyn Source, vdn: VdnId) -> Result<Replay, OpenError> {
    let kept_after = store.extent(vdn)?.kept_after;
    if kept_after == Position::START {
        return Ok(Replay::new(vdn));
    }
    let snapshot = store.oldest_snapshot(vdn)?.ok_or(OpenError::NothingToBeginWith { vdn, kept_after })?;
    guard(vdn, snapshot.position, || Replay::from_snapshot(snapshot))
}

impl Replayed {
    fn go_on(&mut self, store: &dyn Source, end: Position) -> Result<(), OpenError> {
        let replay = &mut self.replay;
        while replay.position() < end {
            let (vdn, from) = (replay.vdn(), replay.position());
            let missing = usize::try_from(end.0 - from.0).unwrap_or(usize::MAX);
            let records = store.read(vdn, from, missing.min(CHUNK))?;
            if records.is_empty() {
                return Err(OpenError::NothingToBeginWith { vdn, kept_after: store.extent(vdn)?.kept_after });
            }
            for record in &records {
                let last = replay.position();
                let apply = || replay.apply(record);
                guard(vdn, last, apply)?.map_err(|what| OpenError::Replay {
                    vdn,
                    position: last,
                    what: what.to_string(),
                })?;
            }
            self.records += records.len() as u64;
        }
        Ok(())
    }
}

/// Runs code of the engine. What it leaves behind when it panics is thrown away.
pub(crate) fn guard<T>(vdn: VdnId, position: Position, run: impl FnOnce() -> T) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| OpenError::Replay {
        vdn,
        position,
        what: panic_message(&*panic),
    })
}
