//! Makes snapshots from the snapshot before and the journal, never from a live engine: so each one is also a proof that
//! the journal gives what the engine had.

use std::sync::mpsc::Receiver;

use crate::clock::Stopwatch;
use crate::error::OpenError;
use crate::recovery;
use crate::shared::{Mark, Shared};

/// Makes a snapshot at each mark, until there can be no more marks.
pub(crate) fn run(shared: &Shared, marks: &Receiver<Mark>) {
    while let Ok(mark) = marks.recv() {
        if let Err(why) = make(shared, mark) {
            shared.stop(&why);
            return;
        }
    }
}

/// Fails when the journal does not give what the engine had. When it cannot be read, or the snapshot not written, that is
/// no reason to stop calls that go on: the snapshot before it will do.
fn make(shared: &Shared, mark: Mark) -> Result<(), String> {
    let (vdn, position) = (shared.vdn, mark.position);
    let watch = Stopwatch::start();
    let replayed = match recovery::replay(&*shared.store, vdn, Some(position)) {
        Ok(replayed) => replayed,
        Err(error @ OpenError::Replay { .. }) => return Err(error.to_string()),
        Err(error) => {
            tracing::error!(%vdn, %position, %error, "the journal cannot be read to make a snapshot");
            return Ok(());
        }
    };
    let hash = replayed.replay.state().hash();
    if hash != mark.hash || replayed.replay.position() != position {
        return Err(format!(
            "at position {position} the engine's state is {:016x}, and the journal gives {hash:016x} at {}",
            mark.hash,
            replayed.replay.position()
        ));
    }
    match shared.store.save(replayed.replay.snapshot()) {
        Ok(through) => {
            tracing::info!(%vdn, %position, took = ?watch.elapsed(), "a snapshot was made");
            shared.store.prune(vdn, through);
        }
        Err(error) => tracing::warn!(%vdn, %position, %error, "a snapshot was not made"),
    }
    Ok(())
}
