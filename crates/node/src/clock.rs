//! The only place of this crate that looks at clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use engine::Timestamp;

/// Wall-clock time at the start, or the journal's last time if later, and monotonic time since: never runs backwards,
/// and jumps of the wall clock are adopted at the next start only.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    base: Timestamp,
    started: Instant,
}

impl Clock {
    /// A clock that shows the wall's time now, or `last` if later.
    pub(crate) fn start(last: Timestamp) -> Self {
        Self { base: wall().max(last), started: Instant::now() }
    }

    /// What it shows.
    pub(crate) fn now(&self) -> Timestamp {
        self.base + self.started.elapsed()
    }

    /// How far it was ahead of the wall's when it started, for the log.
    pub(crate) fn ahead(&self) -> Duration {
        self.now().since(wall())
    }
}

/// The wall's time; before 1970 counts as 1970.
pub(crate) fn wall() -> Timestamp {
    Timestamp(0) + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// How long something takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
