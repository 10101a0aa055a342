//! Points in time, as the shell gives them: a leg has no clock of its own.

use core::ops::Add;
use core::time::Duration;

/// A point in time: microseconds since an epoch the shell chose (1970 in production). Legs only compare and add.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Add<Duration> for Timestamp {
    type Output = Self;

    /// Saturates at the end of time.
    fn add(self, span: Duration) -> Self {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }
}
