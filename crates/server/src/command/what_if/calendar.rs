//! The days of a journal, in the VDN's local time.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use engine::{Command, Timestamp, VdnId};
use node::Inspection;
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{Date as CalendarDate, OffsetDateTime};

use super::{Failure, Progress, records};

const FORM: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");
const DAY_SECONDS: i64 = 86_400;

/// A date, as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date(CalendarDate);

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        CalendarDate::parse(text, FORM).map(Self).map_err(|_| "write a date such as 2026-11-26".to_owned())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(f, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

impl Date {
    /// The local date of a moment; the epoch's for one that no calendar knows.
    pub(super) fn of(at: Timestamp, utc_offset_minutes: i16) -> Self {
        let local = at.seconds().saturating_add(i64::from(utc_offset_minutes) * 60);
        Self(OffsetDateTime::from_unix_timestamp(local).unwrap_or(OffsetDateTime::UNIX_EPOCH).date())
    }

    /// From its local midnight to the next.
    pub(super) fn span(self, utc_offset_minutes: i16) -> (Timestamp, Timestamp) {
        let begin = self.0.midnight().assume_utc().unix_timestamp() - i64::from(utc_offset_minutes) * 60;
        (Timestamp::from_seconds(begin), Timestamp::from_seconds(begin + DAY_SECONDS))
    }
}

/// On which days how many calls arrived.
pub(super) struct Calendar {
    days: BTreeMap<Date, usize>,
    /// As the VDN has it last.
    pub(super) utc_offset_minutes: i16,
}

impl Calendar {
    pub(super) fn of(journal: &Inspection, vdn: VdnId, progress: &Progress) -> Result<Self, Failure> {
        let earliest = journal.earliest(vdn).map_err(|error| Failure::of(&error))?;
        let mut utc_offset_minutes = earliest.state().settings().utc_offset_minutes;
        let mut arrivals = Vec::new();
        let bar = progress.bar("looking for days", records(journal, vdn, earliest.position())?);
        for record in journal.records(vdn, earliest.position()) {
            let record = record.map_err(|error| Failure::of(&error))?;
            bar.inc(1);
            match record.entry.as_ref().map(|entry| &entry.command) {
                Some(Command::Arrive { .. }) => arrivals.push(record.at),
                Some(Command::Configure(floor)) => utc_offset_minutes = floor.settings.utc_offset_minutes,
                _ => {}
            }
        }
        let mut days = BTreeMap::new();
        for at in arrivals {
            *days.entry(Date::of(at, utc_offset_minutes)).or_default() += 1;
        }
        Ok(Self { days, utc_offset_minutes })
    }

    /// The day that is asked for, or the last one; it has calls.
    pub(super) fn choose(&self, asked: Option<Date>, data: &Path) -> Result<Date, Failure> {
        let Some((last, _)) = self.days.last_key_value() else {
            let data = data.display();
            return Err(Failure::Failed(format!(
                "no call ever arrived in the journal {data}: there is no day to play"
            )));
        };
        match asked {
            None => Ok(*last),
            Some(date) if self.days.contains_key(&date) => Ok(date),
            Some(date) => {
                let known = self.days.iter().rev().take(7).map(|(date, count)| format!("  {date}  {count} calls"));
                let known: Vec<String> = known.collect();
                let first = format!("no call arrived on {date}. Choose a day on which some did:");
                Err(Failure::Failed(format!("{first}\n{}", known.join("\n"))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_local_midnight() {
        let date: Date = "2026-11-26".parse().expect("a date");
        let (begin, end) = date.span(60);
        assert_eq!(begin.seconds(), 1_795_647_600, "2026-11-25T23:00:00Z");
        assert_eq!(end.since(begin).as_secs(), 86_400);
        assert_eq!(Date::of(begin, 60), date);
        assert_eq!(Date::of(Timestamp(begin.0 - 1), 60).to_string(), "2026-11-25");
        assert!("26.11.2026".parse::<Date>().is_err());
    }
}
