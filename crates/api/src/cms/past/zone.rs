//! Days, hours and months where a VDN is: its hours are so far ahead of UTC, all year.

use engine::Timestamp;
use history::{SLOT_SECONDS, SlotStart};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use crate::cms::interface::Refused;

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!(version = 2, "[year]-[month]-[day] [hour]:[minute]:[second]");

const DAY_SECONDS: i64 = 24 * 3600;

/// How far local time is ahead of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    seconds: i64,
}

impl Zone {
    pub(super) const UTC: Self = Self { seconds: 0 };

    pub(super) const fn of_minutes(minutes: i16) -> Self {
        Self { seconds: minutes as i64 * 60 }
    }

    /// The second at which the day of `at` begins here.
    pub(super) const fn day(self, at: Timestamp) -> i64 {
        (at.seconds() + self.seconds).div_euclid(DAY_SECONDS) * DAY_SECONDS - self.seconds
    }

    /// A second, from `yyyy-MM-dd HH:mm:ss`.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn read(self, field: &str, text: &str) -> Result<i64, Refused> {
        let time = PrimitiveDateTime::parse(text, TIME).map_err(|_| {
            Refused::parameter(format!("{field}: {text:?} is not a time such as \"2020-11-16 09:15:00\""))
        })?;
        Ok(time.assume_utc().unix_timestamp() - self.seconds)
    }

    /// A second as `yyyy-MM-dd HH:mm:ss`.
    pub(super) fn write(self, second: i64) -> String {
        let offset = i32::try_from(self.seconds).ok().and_then(|seconds| UtcOffset::from_whole_seconds(seconds).ok());
        let at = OffsetDateTime::from_unix_timestamp(second).ok();
        let at = at.zip(offset).and_then(|(at, offset)| at.checked_to_offset(offset));
        at.and_then(|at| at.format(TIME).ok()).unwrap_or_default()
    }

    /// The second at which a month begins, from `yyyyMM`, `after` months later.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn month(self, field: &str, text: &str, after: i32) -> Result<i64, Refused> {
        let wrong = || Refused::parameter(format!("{field}: {text:?} is not a month such as \"202011\""));
        let is_digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        let (year, month) = text.split_at_checked(4).filter(|_| is_digits).ok_or_else(wrong)?;
        let (year, month) = (year.parse::<i32>().map_err(|_| wrong())?, month.parse::<i32>().map_err(|_| wrong())?);
        if !(1..=12).contains(&month) {
            return Err(wrong());
        }
        let months = year * 12 + month - 1 + after;
        let month = u8::try_from(months.rem_euclid(12) + 1).ok().and_then(|month| Month::try_from(month).ok());
        let day = month.and_then(|month| Date::from_calendar_date(months.div_euclid(12), month, 1).ok());
        let second = day.ok_or_else(wrong)?.midnight().assume_utc().unix_timestamp();
        Ok(second - self.seconds)
    }
}

/// A stretch of time in whole slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: SlotStart,
    pub(super) until: SlotStart,
}

impl Stretch {
    /// The slots in which the seconds from `from` to before `until` lie.
    pub(super) const fn of(from: i64, until: i64) -> Self {
        let until = (until + SLOT_SECONDS - 1).div_euclid(SLOT_SECONDS) * SLOT_SECONDS;
        Self { from: SlotStart(from.div_euclid(SLOT_SECONDS) * SLOT_SECONDS), until: SlotStart(until) }
    }

    /// A day that begins then.
    pub(super) const fn day(from: i64) -> Self {
        Self::of(from, from + DAY_SECONDS)
    }

    /// How many days it touches.
    pub(super) fn days(self) -> u64 {
        u64::try_from((self.until.0 - self.from.0 + DAY_SECONDS - 1).div_euclid(DAY_SECONDS)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// India is 5 h 30 min ahead.
    const INDIA: Zone = Zone::of_minutes(330);

    #[test]
    fn days_begin_where_the_vdn_is() {
        let at = Timestamp::from_seconds(1_605_492_000);
        assert_eq!(Zone::UTC.write(1_605_492_000), "2020-11-16 02:00:00");
        assert_eq!(Zone::UTC.write(Zone::UTC.day(at)), "2020-11-16 00:00:00");
        assert_eq!(INDIA.write(INDIA.day(at)), "2020-11-16 00:00:00");
        assert_eq!(Zone::UTC.write(INDIA.day(at)), "2020-11-15 18:30:00");
        let west = Zone::of_minutes(-300);
        assert_eq!(west.write(west.day(at)), "2020-11-15 00:00:00");
    }

    #[test]
    fn times_and_months_are_read_as_they_are_written() {
        for zone in [Zone::UTC, INDIA, Zone::of_minutes(-840)] {
            let second = zone.read("beginTime", "2020-11-16 09:15:00").unwrap();
            assert_eq!(zone.write(second), "2020-11-16 09:15:00");
            assert_eq!(zone.write(zone.month("m", "202011", 0).unwrap()), "2020-11-01 00:00:00");
            assert_eq!(zone.write(zone.month("m", "202012", 1).unwrap()), "2021-01-01 00:00:00");
        }
        for wrong in ["", "2020-11-16", "2020-13-16 09:15:00", "2020-11-16T09:15:00", "2020-11-16 24:00:00"] {
            let refused = Zone::UTC.read("beginTime", wrong).unwrap_err();
            assert!(refused.sentence.starts_with("beginTime: "), "{wrong}");
        }
        for wrong in ["", "2020", "202000", "202013", "2020-1", "20201111", "+20201"] {
            assert!(Zone::UTC.month("m", wrong, 0).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_stretch_has_whole_slots() {
        let stretch = Stretch::of(1_605_492_001, 1_605_492_301);
        assert_eq!((stretch.from.0, stretch.until.0), (1_605_492_000, 1_605_492_600));
        assert_eq!((Stretch::day(0).days(), Stretch::of(0, 86_401).days(), Stretch::of(0, 0).days()), (1, 2, 0));
    }
}
