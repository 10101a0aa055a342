//! Points in time and spans, as this face writes them.

use std::fmt;
use std::time::Duration;

use engine::Timestamp;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A point in time: RFC 3339, UTC, with microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2025-01-02T03:04:05.678901Z")]
pub(crate) struct Moment(pub(crate) Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp(self.0.seconds()).map_err(|_| fmt::Error)?;
        let (year, month, day) = (moment.year(), u8::from(moment.month()), moment.day());
        let (hour, minute, second) = moment.to_hms();
        let micro = self.0.0.rem_euclid(1_000_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A wait's end, which it may not have.
pub(super) fn end(until: Timestamp) -> Option<Moment> {
    (until != Timestamp::MAX).then_some(Moment(until))
}

/// Seconds, to the millisecond.
#[expect(clippy::cast_precision_loss, reason = "a span in milliseconds fits 53 bits for 285,000 years")]
pub(super) fn seconds(span: Duration) -> f64 {
    span.as_millis() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_exact() {
        assert_eq!(Moment(Timestamp(1_735_787_045_678_901)).to_string(), "2025-01-02T03:04:05.678901Z");
        assert_eq!(Moment(Timestamp(0)).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(end(Timestamp::MAX), None);
    }
}
