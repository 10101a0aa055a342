//! How often one access key may ask.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// The rate of one access key: so many requests a second in the long run, twice as many at once.
pub(crate) struct Rate {
    per_second: NonZeroU32,
    bucket: DefaultDirectRateLimiter,
}

impl Rate {
    pub(super) fn new(per_second: NonZeroU32) -> Self {
        let quota =
            Quota::per_second(per_second).allow_burst(per_second.saturating_mul(NonZeroU32::MIN.saturating_add(1)));
        Self { per_second, bucket: RateLimiter::direct(quota) }
    }

    pub(super) fn per_second(&self) -> NonZeroU32 {
        self.per_second
    }

    /// Counts a request.
    ///
    /// # Errors
    /// It is one too many: after which time another would not be.
    pub(crate) fn admit(&self) -> Result<(), Duration> {
        self.bucket.check().map_err(|until| until.wait_time_from(MonotonicClock.now()))
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} a second", self.per_second)
    }
}
