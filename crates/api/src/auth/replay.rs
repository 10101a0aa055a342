//! The signatures accepted within the window, where a centre wants each to be accepted only once.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::timestamp::SignatureTime;
use super::verify::Cause;

/// How many signatures are remembered: about 20 MB. One more is refused until the oldest leaves the window.
const REMEMBERED_MAX: usize = 200_000;

/// Remembers signatures until their time has left the window, when they are refused anyway.
pub(super) struct Replays {
    window: Duration,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    signatures: HashSet<Box<str>>,
    by_time: BTreeSet<(SignatureTime, Box<str>)>,
}

impl Replays {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, seen: Mutex::default() }
    }

    /// Remembers a signature whose time lies within the window.
    pub(super) fn admit(&self, signature: &str, time: SignatureTime, now: SignatureTime) -> Result<(), Cause> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) =
            seen.by_time.first().filter(|(time, _)| *time < now && time.distance(now) > self.window)
        {
            let oldest = oldest.clone();
            seen.by_time.remove(&oldest);
            seen.signatures.remove(&oldest.1);
        }
        if seen.signatures.contains(signature) {
            return Err(Cause::Replayed);
        }
        if seen.signatures.len() >= REMEMBERED_MAX {
            return Err(Cause::NoRoom);
        }
        seen.signatures.insert(signature.into());
        seen.by_time.insert((time, signature.into()));
        Ok(())
    }
}
