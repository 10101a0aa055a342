//! The time in a signature: UTC, whole seconds or milliseconds.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A moment as a signature says it: milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignatureTime(i64);

/// The text is neither `yyyy-MM-ddTHH:mm:ssZ` nor `yyyy-MM-ddTHH:mm:ss.SSSZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signature's time looks like 2025-01-02T03:04:05Z or 2025-01-02T03:04:05.678Z")]
pub struct TimestampError;

impl SignatureTime {
    /// How far two moments lie apart, either way.
    #[must_use]
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }

    /// Whole seconds since 1970; 0 for anything before.
    pub(super) fn seconds(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }
}

impl From<SystemTime> for SignatureTime {
    /// Rounded down to milliseconds; 1970 for anything before.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl std::str::FromStr for SignatureTime {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let bytes = text.as_bytes();
        let shape: &[u8] = if bytes.len() == 20 { b"####-##-##T##:##:##Z" } else { b"####-##-##T##:##:##.###Z" };
        let fits = |(byte, form): (&u8, &u8)| if *form == b'#' { byte.is_ascii_digit() } else { byte == form };
        if bytes.len() != shape.len() || !bytes.iter().zip(shape).all(fits) {
            return Err(TimestampError);
        }
        parse(bytes).ok_or(TimestampError)
    }
}

/// The moment of a text that has the right shape; none when there is no such date or time of day.
fn parse(bytes: &[u8]) -> Option<SignatureTime> {
    let number =
        |from: usize, to: usize| bytes[from..to].iter().fold(0u16, |n, digit| n * 10 + u16::from(digit - b'0'));
    let small = |from: usize| u8::try_from(number(from, from + 2)).ok();
    let month = Month::try_from(small(5)?).ok()?;
    let date = Date::from_calendar_date(i32::from(number(0, 4)), month, small(8)?).ok()?;
    let millisecond = if bytes.len() == 24 { number(20, 23) } else { 0 };
    let time = Time::from_hms_milli(small(11)?, small(14)?, small(17)?, millisecond).ok()?;
    let nanoseconds = PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp_nanos();
    i64::try_from(nanoseconds.div_euclid(1_000_000)).ok().map(SignatureTime)
}

impl fmt::Display for SignatureTime {
    /// With milliseconds, as current clients write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).map_err(|_| fmt::Error)?;
        let (date, time) = (moment.date(), moment.time());
        let (hour, minute, second, milli) = time.as_hms_milli();
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let seconds: SignatureTime = "2025-01-02T03:04:05Z".parse().unwrap();
        let milliseconds: SignatureTime = "2025-01-02T03:04:05.678Z".parse().unwrap();
        assert_eq!(seconds, SignatureTime(1_735_787_045_000));
        assert_eq!(milliseconds.distance(seconds), Duration::from_millis(678));
        assert_eq!(milliseconds.to_string(), "2025-01-02T03:04:05.678Z");
    }

    #[test]
    fn nothing_else_is() {
        let wrong = [
            "",
            "2025-01-02T03:04:05",
            "2025-01-02 03:04:05Z",
            "2025-13-02T03:04:05Z",
            "2025-02-30T03:04:05Z",
            "2025-01-02T24:00:00Z",
            "2025-01-02T03:04:60Z",
            "2025-01-02T03:04:05.6Z",
            "2025-01-02T03:04:05.6789Z",
            "2025-01-02T03:04:05z",
            "+025-01-02T03:04:05Z",
            "２025-01-02T03:04:0Z",
        ];
        for text in wrong {
            assert_eq!(text.parse::<SignatureTime>(), Err(TimestampError), "{text}");
        }
    }
}
