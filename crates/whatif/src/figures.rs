//! What a day comes to, for the calls of one queue, or for all of them.

use std::time::Duration;

use engine::Timestamp;

/// Counts of waits: a call is offered once when it arrives, and once more each time it is transferred.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many there were.
    pub offered: u64,
    /// Ended with an answer.
    pub answered: u64,
    /// Of these, within the queue's `service_level`.
    pub in_time: u64,
    /// The caller gave up.
    pub abandoned: u64,
    /// The caller gave up before the queue's `short_abandon`; not among `abandoned`.
    pub abandoned_soon: u64,
    /// Ended by a treatment or a request, or refused at the door.
    pub turned_away: u64,
    /// Answered by an outside number.
    pub sent_outside: u64,
    /// Could not go on.
    pub failed: u64,
    /// Not over when the day was.
    pub still_there: u64,
    /// The waits of those who were answered, or gave up later than soon: when each began, and how long it was.
    pub waits: Vec<(Timestamp, Duration)>,
    /// How long calls waited in private queues; a call that is offered to its agent at once did not.
    pub private_waits: Vec<Duration>,
    /// How many talks ended.
    pub talks: u64,
    /// How long they were together.
    pub talked: Duration,
    /// How long agents rang, talked and wrapped up.
    pub engaged: Duration,
    /// How long they were ready with nothing to do.
    pub idle: Duration,
}

impl Figures {
    /// The share that was answered in time, of all whose end is known and who did not leave soon.
    #[must_use]
    pub fn service_level(&self) -> Option<f64> {
        share(self.in_time, self.offered.saturating_sub(self.abandoned_soon).saturating_sub(self.still_there))
    }

    /// The share that gave up, of the same.
    #[must_use]
    pub fn abandonment(&self) -> Option<f64> {
        share(self.abandoned, self.offered.saturating_sub(self.abandoned_soon).saturating_sub(self.still_there))
    }

    /// The wait that so many of a hundred callers did not exceed.
    #[must_use]
    pub fn wait(&self, percent: u8) -> Option<Duration> {
        percentile(self.waits.iter().map(|(_, wait)| *wait).collect(), percent)
    }

    /// The same of private waits.
    #[must_use]
    pub fn private_wait(&self, percent: u8) -> Option<Duration> {
        percentile(self.private_waits.clone(), percent)
    }

    /// How long a talk was on average.
    #[must_use]
    pub fn mean_talk(&self) -> Option<Duration> {
        let talks = u32::try_from(self.talks).ok().filter(|talks| *talks > 0)?;
        Some(self.talked / talks)
    }

    /// The share of the time that agents were engaged, of all that they were ready or engaged.
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        let whole = (self.engaged + self.idle).as_secs_f64();
        (whole > 0.0).then(|| self.engaged.as_secs_f64() / whole)
    }

    /// Percentiles of the waits that began in each stretch of `span` from `begin` on; none where none did.
    #[must_use]
    pub fn over_the_day(&self, begin: Timestamp, end: Timestamp, span: Duration, percent: u8) -> Vec<Option<Duration>> {
        let count = end.since(begin).as_micros().div_ceil(span.as_micros().max(1));
        let mut stretches = vec![Vec::new(); usize::try_from(count).unwrap_or(0)];
        for (at, wait) in &self.waits {
            let nth = at.since(begin).as_micros() / span.as_micros().max(1);
            if let Some(stretch) = usize::try_from(nth).ok().and_then(|nth| stretches.get_mut(nth)) {
                stretch.push(*wait);
            }
        }
        stretches.into_iter().map(|waits| percentile(waits, percent)).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "no day has 2^52 calls")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The smallest value that `percent` of a hundred do not exceed.
fn percentile(mut values: Vec<Duration>, percent: u8) -> Option<Duration> {
    let rank = (values.len() * usize::from(percent)).div_ceil(100).max(1);
    if values.len() < rank {
        return None;
    }
    Some(*values.select_nth_unstable(rank - 1).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_there() {
        let values = || (1..=10).rev().map(Duration::from_secs).collect::<Vec<_>>();
        let found: Vec<_> = [0, 10, 50, 90, 91, 100].map(|percent| percentile(values(), percent)).into_iter().collect();
        assert_eq!(found, [1, 1, 5, 9, 10, 10].map(|second| Some(Duration::from_secs(second))));
        assert_eq!(percentile(Vec::new(), 50), None);
    }

    #[test]
    fn who_leaves_soon_and_who_is_still_there_do_not_count_against_the_service_level() {
        let figures =
            Figures { offered: 10, in_time: 6, abandoned: 2, abandoned_soon: 1, still_there: 1, ..Figures::default() };
        assert_eq!(figures.service_level(), Some(0.75));
        assert_eq!(figures.abandonment(), Some(0.25));
        assert_eq!(Figures::default().service_level(), None);
    }
}
