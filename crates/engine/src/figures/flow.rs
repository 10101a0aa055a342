//! How many calls come.

use alloc::vec::Vec;
use core::time::Duration;

use crate::time::Timestamp;

/// Over what time calls are counted at most; then only the second half of it is looked back on.
const LONGEST: Duration = Duration::from_secs(3600);
const LOOKED_BACK_ON: Duration = Duration::from_secs(1800);

/// Before calls have been counted for so long, they are taken to be those of so long.
const SHORTEST: Duration = Duration::from_secs(600);

/// How many priorities are told apart; a call of one more is counted as one of the next that is lower, or of the lowest.
const PRIORITIES_MAX: usize = 8;

/// What a call counts: fractions of calls are left when time is looked back on.
const ONE: u32 = 256;

/// How many calls have joined a line lately, by priority.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Since when they are counted.
    pub from: Timestamp,
    /// For each priority how many calls, in 1/256; the lowest first, at most eight.
    pub counts: Vec<(u8, u32)>,
}

impl Flow {
    pub(crate) fn count(&mut self, at: Timestamp, priority: u8) {
        if self.counts.is_empty() {
            self.from = at;
        }
        self.look_back(at);
        let place = match self.counts.binary_search_by_key(&priority, |(of, _)| *of) {
            Ok(place) => place,
            Err(place) if self.counts.len() < PRIORITIES_MAX => {
                self.counts.insert(place, (priority, 0));
                place
            }
            Err(place) => place.saturating_sub(1),
        };
        let count = &mut self.counts[place].1;
        *count = count.saturating_add(ONE);
    }

    fn look_back(&mut self, at: Timestamp) {
        let counted_for = at.since(self.from);
        if counted_for < LONGEST {
            return;
        }
        let (kept, of) = (LOOKED_BACK_ON.as_secs(), counted_for.as_secs().max(1));
        for (_, count) in &mut self.counts {
            *count = u32::try_from(u64::from(*count) * kept / of).unwrap_or(u32::MAX);
        }
        self.counts.retain(|(_, count)| *count > 0);
        self.from = Timestamp(at.0 - i64::try_from(LOOKED_BACK_ON.as_micros()).unwrap_or(0));
    }

    /// How many calls of more than this priority come in a million seconds.
    pub(crate) fn above(&self, priority: u8, now: Timestamp) -> u64 {
        let counts = self.counts.iter().filter(|(of, _)| *of > priority);
        let counted: u64 = counts.map(|(_, count)| u64::from(*count)).sum();
        counted * 1_000_000 / u64::from(ONE) / now.since(self.from).max(SHORTEST).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_priority_and_forgotten_with_time() {
        let mut flow = Flow::default();
        let at = |minute: u64| Timestamp::from_seconds(1_000_000) + Duration::from_secs(minute * 60);
        for minute in 0..600 {
            flow.count(at(minute), if minute % 10 == 0 { 5 } else { 1 });
        }
        let now = at(600);
        assert!((1500..1800).contains(&flow.above(1, now)), "{}", flow.above(1, now));
        assert!((15_500..17_500).contains(&flow.above(0, now)), "{}", flow.above(0, now));
        assert_eq!(flow.above(5, now), 0);
        assert!(flow.above(0, at(1200)) < 2000, "nobody comes any more");
    }

    #[test]
    fn no_more_than_eight_priorities_are_told_apart() {
        let mut flow = Flow::default();
        (1..=254).for_each(|priority| flow.count(Timestamp(0), priority));
        assert_eq!(flow.counts.len(), PRIORITIES_MAX);
        assert_eq!(flow.counts.iter().map(|(_, count)| count / ONE).sum::<u32>(), 254);
    }
}
