//! Applies what was committed, for all who read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};

use crate::record::{Position, Record};
use crate::replica::panic_message;
use crate::ring::Following;
use crate::shared::{Mark, Shared};

/// How many records are applied under one lock: about a tenth of a millisecond of work.
const CHUNK: usize = 64;

/// Follows until the writer has ended and all that it committed is applied. Each mark that is met is passed on to
/// `snapshots`.
pub(crate) fn run(shared: &Shared, snapshots: &SyncSender<Mark>) {
    let followed = catch_unwind(AssertUnwindSafe(|| follow(shared, snapshots)));
    match followed {
        Ok(Ok(())) => {}
        Ok(Err(why)) => shared.stop(&why),
        Err(panic) => shared.stop(&format!("the follower broke: {}", panic_message(&*panic))),
    }
    shared.applied.send_modify(|applied| applied.is_over = true);
}

fn follow(shared: &Shared, snapshots: &SyncSender<Mark>) -> Result<(), String> {
    let mut position = shared.applied.borrow().position;
    loop {
        let records = match shared.ring.wait_after(position, CHUNK) {
            Following::Records(records) => records,
            Following::Behind => read_journal(shared, position)?,
            Following::Nothing => return Ok(()),
        };
        position = apply(shared, &records)?;
        if let Some(mark) = shared.marks.take(position) {
            compare(shared, mark)?;
            // While a snapshot is being made the next one is not due yet.
            let _ = snapshots.try_send(mark);
        }
        shared.applied.send_modify(|applied| applied.position = position);
        shared.meters.follows(shared.ring.last(), position);
    }
}

/// No further than the ring: what the writer has not handed out yet may still get a mark.
fn read_journal(shared: &Shared, after: Position) -> Result<Vec<Arc<Record>>, String> {
    let behind = shared.ring.last().0.saturating_sub(after.0);
    let max = usize::try_from(behind).unwrap_or(usize::MAX).min(CHUNK);
    let records = shared.store.read(shared.vdn, after, max).map_err(|error| error.to_string())?;
    if records.is_empty() {
        return Err(format!("the follower is at {after}, and what comes next is no longer in the journal"));
    }
    Ok(records)
}

/// Applies records up to the next mark; answers how far it came.
fn apply(shared: &Shared, records: &[Arc<Record>]) -> Result<Position, String> {
    let stop_at = shared.marks.next();
    let mut follower = shared.follower.write().unwrap_or_else(PoisonError::into_inner);
    for record in records {
        follower.apply(record).map_err(|error| error.to_string())?;
        if stop_at == Some(record.position) {
            break;
        }
    }
    Ok(follower.position())
}

/// Compares what is true here with what the engine had at the same position.
fn compare(shared: &Shared, mark: Mark) -> Result<(), String> {
    let hash = shared.follower.read().unwrap_or_else(PoisonError::into_inner).state().hash();
    if hash == mark.hash {
        return Ok(());
    }
    Err(format!(
        "at position {} the engine's state is {:016x} and the follower's {hash:016x}: a decision did not do what its \
         events say",
        mark.position, mark.hash
    ))
}
