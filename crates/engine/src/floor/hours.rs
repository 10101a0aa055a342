//! When a queue is open.

use alloc::vec::Vec;

use crate::time::Timestamp;

use super::Queue;

const MINUTES_PER_DAY: i64 = 24 * 60;
const MINUTES_PER_WEEK: i64 = 7 * MINUTES_PER_DAY;

/// From Monday 00:00 to the start of 1970, a Thursday.
const MINUTES_BEFORE_1970: i64 = 3 * MINUTES_PER_DAY;

/// A stretch of the week during which a queue is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenHours {
    /// First open minute, counted from Monday 00:00, 0 to 10079.
    pub from_minute: u16,
    /// First closed minute after it, 1 to 10080, greater than `from_minute`.
    pub until_minute: u16,
}

/// A day on which other hours hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holiday {
    /// Which day, counted from 1970-01-01, in local time.
    pub day: i32,
    /// When the queue is open on it; empty: not at all.
    pub hours: Vec<DayHours>,
}

/// A stretch of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayHours {
    /// First open minute, 0 to 1439.
    pub from_minute: u16,
    /// First closed minute after it, 1 to 1440, greater than `from_minute`.
    pub until_minute: u16,
}

impl Queue {
    /// Whether the queue's hours have it open at `now`, where local time is this far ahead of UTC.
    #[must_use]
    pub fn is_open(&self, now: Timestamp, utc_offset_minutes: i16) -> bool {
        let minutes = now.seconds().div_euclid(60) + i64::from(utc_offset_minutes);
        let day = minutes.div_euclid(MINUTES_PER_DAY);
        if let Some(holiday) = self.holidays.iter().find(|holiday| i64::from(holiday.day) == day) {
            let minute_of_day = minutes.rem_euclid(MINUTES_PER_DAY);
            return holiday.hours.iter().any(|hours| covers(hours.from_minute, hours.until_minute, minute_of_day));
        }
        let minute_of_week = (minutes + MINUTES_BEFORE_1970).rem_euclid(MINUTES_PER_WEEK);
        let is_covered = |hours: &OpenHours| covers(hours.from_minute, hours.until_minute, minute_of_week);
        self.hours.is_empty() || self.hours.iter().any(is_covered)
    }
}

fn covers(from: u16, until: u16, minute: i64) -> bool {
    (i64::from(from)..i64::from(until)).contains(&minute)
}
