//! Opening hours: `"Mon-Fri 08:00-18:00"`.

use engine::OpenHours;
use toml::de::DeValue;

use super::reader::{Written, Wrong};
use super::written::minute_of_day;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MINUTES: u16 = 1440;
const WEEK_MINUTES: u16 = 7 * DAY_MINUTES;

/// Open at the same time on some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hours(pub(crate) Vec<OpenHours>);

impl Written for Hours {
    const FORM: &'static str =
        "days and times such as \"Mon-Fri 08:00-18:00\", \"Sat,Sun 10:00-14:00\" or \"Fri 22:00-06:00\"";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let text = String::read(value)?;
        parse(&text).ok_or_else(|| Wrong::new(format!("is \"{text}\"")))
    }
}

fn parse(text: &str) -> Option<Hours> {
    let (days, times) = text.trim().split_once(' ')?;
    let (from, until) = times.trim().split_once('-')?;
    let (from, until) = (minute_of_day(from.trim())?, minute_of_day(until.trim())?);
    if from == until || from == DAY_MINUTES {
        return None;
    }
    let mut hours = Vec::new();
    for part in days.split(',') {
        for day in day_range(part)? {
            add_day(&mut hours, day, from, until);
        }
    }
    Some(Hours(hours))
}

/// The days of `Mon`, `Mon-Fri` or, over the week's end, `Sat-Mon`.
fn day_range(text: &str) -> Option<Vec<u16>> {
    let day = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        DAYS.iter().position(|known| *known == name).and_then(|at| u16::try_from(at).ok())
    };
    let Some((first, last)) = text.split_once('-') else { return day(text).map(|day| vec![day]) };
    let (first, last) = (day(first)?, day(last)?);
    let count = (last + 7 - first) % 7 + 1;
    Some((0..count).map(|step| (first + step) % 7).collect())
}

/// A stretch that runs past midnight belongs to the day on which it begins; past Sunday it goes on on Monday.
fn add_day(hours: &mut Vec<OpenHours>, day: u16, from: u16, until: u16) {
    let from_minute = day * DAY_MINUTES + from;
    let until_minute = day * DAY_MINUTES + until + if until < from { DAY_MINUTES } else { 0 };
    hours.push(OpenHours { from_minute, until_minute: until_minute.min(WEEK_MINUTES) });
    if until_minute > WEEK_MINUTES {
        hours.push(OpenHours { from_minute: 0, until_minute: until_minute - WEEK_MINUTES });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(text: &str) -> Option<Vec<(u16, u16)>> {
        parse(text).map(|hours| hours.0.iter().map(|h| (h.from_minute, h.until_minute)).collect())
    }

    #[test]
    fn days_and_times() {
        assert_eq!(minutes("Mon 08:00-18:00"), Some(vec![(480, 1080)]));
        assert_eq!(minutes("mon,Wed 00:00-24:00"), Some(vec![(0, 1440), (2880, 4320)]));
        assert_eq!(minutes("Mon-Fri 08:00-18:00").map(|days| days.len()), Some(5));
        assert_eq!(minutes("Sat-Mon 10:00-11:00").map(|days| days.len()), Some(3));
    }

    #[test]
    fn nights_run_into_the_next_day_and_the_next_week() {
        assert_eq!(minutes("Fri 22:00-06:00"), Some(vec![(4 * 1440 + 1320, 5 * 1440 + 360)]));
        assert_eq!(minutes("Sun 22:00-06:00"), Some(vec![(6 * 1440 + 1320, 10080), (0, 360)]));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "Mon", "Mon 08:00", "Mon 8-18", "Moon 08:00-18:00", "Mon 08:00-08:00", "Mon 24:00-25:00"] {
            assert_eq!(minutes(text), None, "{text}");
        }
    }
}
