//! The answer for people.

use std::time::Duration;

use engine::Queue;
use whatif::{Figures, Key};

use super::{Answer, notes};

/// A queue for people.
pub(super) fn name(queue: &Queue) -> String {
    if queue.name.is_empty() { format!("Queue {}", queue.id) } else { format!("{} (queue {})", queue.name, queue.id) }
}

/// What each row tells of the calls of one key.
type Row = (&'static str, fn(&Figures) -> String);

const ROWS: [Row; 13] = [
    ("offered", |figures| number(figures.offered)),
    ("answered", |figures| number(figures.answered)),
    ("  in time", |figures| percent(figures.service_level())),
    ("abandoned", |figures| with_share(figures.abandoned, figures.abandonment())),
    ("  soon", |figures| number(figures.abandoned_soon)),
    ("turned away", |figures| number(figures.turned_away)),
    ("sent outside", |figures| number(figures.sent_outside)),
    ("lost or still there", |figures| number(figures.failed + figures.still_there)),
    ("wait 50 / 90 / 99 %", |figures| spans([50, 90, 99].map(|percent| figures.wait(percent)))),
    ("longest wait", |figures| spans([figures.wait(100)])),
    ("private waits", |figures| number(figures.private_waits.len() as u64)),
    ("  50 / 90 % / longest", |figures| spans([50, 90, 100].map(|percent| figures.private_wait(percent)))),
    ("mean talk", |figures| spans([figures.mean_talk()])),
];

/// Rows that are left out where no column has anything to tell.
const OPTIONAL: [&str; 8] = [
    "turned away",
    "sent outside",
    "lost or still there",
    "wait 50 / 90 / 99 %",
    "longest wait",
    "private waits",
    "  50 / 90 % / longest",
    "mean talk",
];

pub(super) fn text(answer: &Answer) -> String {
    let mut lines = vec![format!(
        "VDN {} on {}, {} to {}: {} calls arrived",
        answer.vdn,
        answer.date,
        clock(answer.local_seconds(answer.hours.0)),
        clock(answer.local_seconds(answer.hours.1)),
        number(answer.arrivals as u64)
    )];
    for (key, name) in answer.keys() {
        lines.push(String::new());
        lines.extend(block(answer, key, &name));
    }
    lines.extend(notes::lines(answer));
    lines.join("\n")
}

fn block(answer: &Answer, key: Key, name: &str) -> Vec<String> {
    let nothing = Figures::default();
    let columns = [&answer.recorded, &answer.modelled, &answer.changed].map(|run| run.get(&key).unwrap_or(&nothing));
    let mut lines = vec![line(name, &["recorded", "as modelled", &answer.other].map(ToOwned::to_owned))];
    for (title, cell) in ROWS {
        let cells = columns.map(cell);
        let is_empty = cells.iter().all(|cell| matches!(cell.as_str(), "0" | NOTHING | "– / – / –"));
        if !(is_empty && OPTIONAL.contains(&title)) {
            lines.push(line(&format!("  {title}"), &cells));
        }
    }
    if columns.iter().any(|figures| figures.occupancy().is_some()) {
        lines.push(line("  agents' occupancy", &columns.map(|figures| percent(figures.occupancy()))));
    }
    lines
}

fn line(title: &str, cells: &[String; 3]) -> String {
    format!("{title:<26}{:>19}{:>19}{:>19}", cells[0], cells[1], cells[2])
}

/// Where there is nothing to tell.
const NOTHING: &str = "–";

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| NOTHING.to_owned(), |share| format!("{:.1} %", share * 100.0))
}

fn with_share(count: u64, share: Option<f64>) -> String {
    match share {
        Some(share) if count > 0 => format!("{} ({:.1} %)", number(count), share * 100.0),
        _ => number(count),
    }
}

fn spans<const N: usize>(waits: [Option<Duration>; N]) -> String {
    waits.map(|wait| wait.map_or_else(|| NOTHING.to_owned(), span)).join(" / ")
}

/// As in `0:07` or `1:02:05`.
pub(super) fn span(wait: Duration) -> String {
    let seconds = wait.as_secs() + u64::from(wait.subsec_millis() >= 500);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours == 0 { format!("{minutes}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

/// A time of the day.
pub(super) fn clock(seconds: i64) -> String {
    let minutes = seconds.rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// With commas between thousands.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_write_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        let spans = [0, 7_499, 59_500, 3_725_000].map(|millis| span(Duration::from_millis(millis)));
        assert_eq!(spans, ["0:00", "0:07", "1:00", "1:02:05"]);
        assert_eq!([0, 36_059, 86_400 + 3600].map(clock), ["00:00", "10:00", "01:00"]);
    }
}
