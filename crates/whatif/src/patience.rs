//! How long callers wait before they give up, as far as a day tells: of those who were answered it is only known that
//! they would have waited at least so long. The estimate that makes the most of both is that of Kaplan and Meier.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::QueueId;

use crate::day::Day;

/// Of each queue: after which wait which share of the callers is still there, had nobody answered.
#[derive(Debug)]
pub(crate) struct Patience {
    by_queue: BTreeMap<Option<QueueId>, Vec<(Duration, f64)>>,
}

impl Patience {
    pub(crate) fn of(day: &Day) -> Self {
        let mut waits: BTreeMap<Option<QueueId>, Vec<(Duration, bool)>> = BTreeMap::new();
        for wait in day.lives.iter().filter(|life| life.arrival.is_some()).flat_map(|life| &life.waits) {
            waits.entry(wait.queue).or_default().push((wait.lasted, wait.is_left()));
        }
        Self { by_queue: waits.into_iter().map(|(queue, waits)| (queue, curve(waits))).collect() }
    }

    /// After how long a caller of `queue` gives up who is known to have waited for `known`; none: it does not. Callers
    /// are told apart by `share`, from 0 to 1: how large a part of those who are as patient so far gives up later.
    pub(crate) fn ends(&self, queue: Option<QueueId>, known: Duration, share: f64) -> Option<Duration> {
        let curve = self.by_queue.get(&queue)?;
        let there = curve.iter().take_while(|(wait, _)| *wait <= known).last().map_or(1.0, |(_, left)| *left);
        curve.iter().find(|(wait, left)| *wait > known && *left <= share * there).map(|(wait, _)| *wait)
    }
}

/// One step down for each wait after which somebody gave up.
fn curve(mut waits: Vec<(Duration, bool)>) -> Vec<(Duration, f64)> {
    waits.sort_unstable();
    let (mut there, mut left, mut curve) = (waits.len(), 1.0, Vec::new());
    for alike in waits.chunk_by(|one, other| one.0 == other.0) {
        let gave_up = alike.iter().filter(|(_, gave_up)| *gave_up).count();
        if gave_up > 0 {
            left *= 1.0 - ratio(gave_up, there);
            curve.push((alike[0].0, left));
        }
        there -= alike.len();
    }
    curve
}

#[expect(clippy::cast_precision_loss, reason = "no day has 2^52 calls")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The `nth` of numbers from 0 to 1 that are spread evenly, however many are taken: multiples of the golden ratio.
#[expect(clippy::cast_precision_loss, reason = "32 bits fit")]
pub(crate) fn spread(nth: usize) -> f64 {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let turned = (nth as u64 + 1).wrapping_mul(GOLDEN) >> 32;
    turned as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn patience(waits: &[(u64, bool)]) -> Patience {
        let waits = waits.iter().map(|(wait, gave_up)| (seconds(*wait), *gave_up)).collect();
        Patience { by_queue: BTreeMap::from([(None, curve(waits))]) }
    }

    #[test]
    fn those_who_were_answered_count_for_as_long_as_they_waited() {
        // Of four at 10 s one gives up; of the two who are still known of at 30 s, one.
        let patience = patience(&[(10, true), (20, false), (30, true), (40, false)]);
        assert_eq!(patience.by_queue[&None], [(seconds(10), 0.75), (seconds(30), 0.375)]);
    }

    #[test]
    fn a_caller_waits_at_least_as_long_as_it_did() {
        let patience = patience(&[(10, true), (20, false), (30, true), (40, false)]);
        assert_eq!(patience.ends(None, seconds(0), 0.9), Some(seconds(10)));
        assert_eq!(patience.ends(None, seconds(10), 0.9), Some(seconds(30)));
        assert_eq!(patience.ends(None, seconds(10), 0.4), None, "the more patient half of those who were left");
        assert_eq!(patience.ends(None, seconds(30), 0.9), None);
        assert_eq!(patience.ends(Some(QueueId(1)), seconds(0), 0.9), None, "a queue that nobody left");
    }

    #[test]
    fn the_spread_is_even() {
        for parts in [10, 100] {
            let below = (0..1000).filter(|nth| spread(*nth) < 1.0 / f64::from(parts)).count();
            assert!(below.abs_diff(1000 / parts as usize) <= 2, "{below} of 1000 in the first of {parts}");
        }
    }
}
