//! Days on which other hours hold: `"2026-12-25"`, `"2026-12-24 08:00-12:00"`.

use engine::{DayHours, Holiday};
use time::{Date, Month};
use toml::de::DeValue;

use super::mistake::At;
use super::reader::{Reader, Written, Wrong};
use super::written::minute_of_day;

/// A holiday as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct WrittenHoliday(Holiday);

impl Written for WrittenHoliday {
    const FORM: &'static str = "a date, closed all day, or with hours: \"2026-12-25\" or \"2026-12-24 08:00-12:00\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        parse(&text).map(Self).ok_or_else(|| Wrong::new(format!("is \"{text}\"")))
    }
}

/// The holidays of a queue; a day that is there twice is a mistake.
pub(crate) fn holidays(reader: &Reader<'_>) -> Vec<Holiday> {
    let mut holidays: Vec<Holiday> = Vec::new();
    for At { value: WrittenHoliday(holiday), span } in reader.list("holidays") {
        if holidays.iter().any(|other| other.day == holiday.day) {
            let instead = "write one stretch of hours for each day".to_owned();
            reader.mistakes().say(span, "this day is a holiday already", instead);
            continue;
        }
        holidays.push(holiday);
    }
    holidays
}

fn parse(text: &str) -> Option<Holiday> {
    let (date, hours) = text.trim().split_once(' ').map_or((text.trim(), None), |(date, rest)| (date, Some(rest)));
    let hours = hours.map_or(Some(Vec::new()), |hours| day_hours(hours.trim()).map(|hours| vec![hours]))?;
    Some(Holiday { day: day(date)?, hours })
}

/// The day of `2026-12-25`, counted from 1970-01-01.
fn day(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_whole = parts.next().is_none() && year.len() == 4 && month.len() == 2 && day.len() == 2;
    if !is_whole || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return None;
    }
    let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, day.parse().ok()?).ok()?;
    Some(date.to_julian_day() - time::OffsetDateTime::UNIX_EPOCH.date().to_julian_day())
}

fn day_hours(text: &str) -> Option<DayHours> {
    let (from, until) = text.split_once('-')?;
    let (from_minute, until_minute) = (minute_of_day(from.trim())?, minute_of_day(until.trim())?);
    (from_minute < until_minute).then_some(DayHours { from_minute, until_minute })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(parse("1970-01-01"), Some(Holiday { day: 0, hours: vec![] }));
        assert_eq!(parse("2020-11-16").map(|holiday| holiday.day), Some(18_582));
        let hours = vec![DayHours { from_minute: 480, until_minute: 720 }];
        assert_eq!(parse("2024-02-29 08:00-12:00"), Some(Holiday { day: 19_782, hours }));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "2026", "2026-2-1", "2025-02-29", "2026-12-24 12:00-08:00", "2026-12-24 08:00", "-26-12-24"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
