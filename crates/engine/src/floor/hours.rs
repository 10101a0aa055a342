//! When a queue is open.

use crate::time::Timestamp;

use super::Queue;

const MINUTES_PER_WEEK: i64 = 7 * 24 * 60;

/// From Monday 00:00 to the start of 1970, a Thursday.
const MINUTES_BEFORE_1970: i64 = 3 * 24 * 60;

impl Queue {
    /// Whether the queue is open at `now`, where local time is this far ahead of UTC.
    #[must_use]
    pub fn is_open(&self, now: Timestamp, utc_offset_minutes: i16) -> bool {
        let minutes = now.seconds().div_euclid(60) + i64::from(utc_offset_minutes);
        let minute_of_week = (minutes + MINUTES_BEFORE_1970).rem_euclid(MINUTES_PER_WEEK);
        let covers = |hours: &super::OpenHours| {
            (i64::from(hours.from_minute)..i64::from(hours.until_minute)).contains(&minute_of_week)
        };
        self.hours.is_empty() || self.hours.iter().any(covers)
    }
}
