//! How long agents talk and wrap up, and how many calls come: a few bytes for each agent and queue, kept up to date by
//! every talk that ends and every call that joins a line, from which waits are told.

mod flow;

pub use self::flow::Flow;

use core::time::Duration;

/// How many classes of durations are told apart: up to 4 s each second is one, and from there on each doubling has four,
/// up to 2 h 16 min, so that a class is at most a quarter as wide as what lies in it is long.
const CLASSES: usize = 48;

/// When this many are counted, all counts are halved before the next: what is older weighs less.
const COUNTED_MAX: u8 = 200;

/// How often something took how long, lately.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spread([u8; CLASSES]);

impl Default for Spread {
    fn default() -> Self {
        Self([0; CLASSES])
    }
}

impl Spread {
    /// The counts that are not zero, with the numbers of their classes.
    pub fn counts(&self) -> impl Iterator<Item = (u8, u8)> {
        (0_u8..).zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// A spread of these counts; what belongs to no class is left out.
    #[must_use]
    pub fn of_counts(counts: &[(u8, u8)]) -> Self {
        let mut spread = Self::default();
        for (class, count) in counts {
            if let Some(held) = spread.0.get_mut(usize::from(*class)) {
                *held = (*count).min(COUNTED_MAX);
            }
        }
        spread
    }

    /// How many are counted.
    #[must_use]
    pub fn total(&self) -> u16 {
        self.0.iter().map(|count| u16::from(*count)).sum()
    }

    /// Counts one more.
    pub(crate) fn count(&mut self, span: Duration) {
        if self.total() >= u16::from(COUNTED_MAX) {
            self.halve();
        }
        let count = &mut self.0[class_of(span)];
        *count = count.saturating_add(1);
    }

    /// An odd one goes on to the next class, so that the total is halved, and rare long spans are forgotten as slowly as
    /// others.
    fn halve(&mut self) {
        let mut carried = 0;
        for count in &mut self.0 {
            let both = *count + carried;
            (*count, carried) = (both / 2, both % 2);
        }
    }
}

/// What is known of an agent's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Figures {
    /// From the answer to the end of the agent's part in it.
    pub talks: Spread,
    /// From the end of a talk until the agent is free.
    pub wrap_ups: Spread,
    /// How long the agent lets calls ring before it answers, in milliseconds: each answer moves it by an eighth of the
    /// way; 0 before the first.
    pub ring_millis: u32,
    /// The calls that join its private queue.
    pub joined: Flow,
}

/// What is known of a queue's calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct QueueFigures {
    /// How long talks last with calls that came through the queue.
    pub talks: Spread,
    /// The calls that join the queue.
    pub joined: Flow,
}

impl Figures {
    pub(crate) fn answered_after(&mut self, rang: Duration) {
        let rang = u32::try_from(rang.as_millis()).unwrap_or(u32::MAX);
        let moved = (u64::from(self.ring_millis) * 7 + u64::from(rang)) / 8;
        let is_first = self.ring_millis == 0;
        self.ring_millis = if is_first { rang } else { u32::try_from(moved).unwrap_or(u32::MAX) };
    }
}

fn class_of(span: Duration) -> usize {
    let seconds = span.as_secs();
    if seconds < 4 {
        return usize::try_from(seconds).unwrap_or(0);
    }
    let doublings = seconds.ilog2() - 2;
    let quarter = (seconds >> doublings) & 3;
    let class = 4 + u64::from(doublings) * 4 + quarter;
    usize::try_from(class).unwrap_or(CLASSES).min(CLASSES - 1)
}

/// Where a class begins, in milliseconds; the last one ends where the one after it would begin.
const fn begins_at(class: usize) -> u64 {
    if class < 4 {
        return class as u64 * 1000;
    }
    let (doublings, quarter) = ((class - 4) / 4, (class - 4) % 4);
    ((4 + quarter as u64) << doublings) * 1000
}

/// Several spreads as one, each with its weight; what is known of few talks is filled up by what is known of more.
#[derive(Clone, Debug)]
pub(crate) struct Blend([u32; CLASSES]);

impl Blend {
    /// What one counted span weighs.
    const ONE: u32 = 256;

    /// As much as half a span weighs, evenly over the classes from `from` to `until`: what is assumed before anything is
    /// known.
    pub(crate) fn assumed(from: Duration, until: Duration) -> Self {
        let mut blend = Self([0; CLASSES]);
        let classes = &mut blend.0[class_of(from)..=class_of(until)];
        let share = (Self::ONE / 2).div_ceil(u32::try_from(classes.len()).unwrap_or(1));
        classes.fill(share);
        blend
    }

    /// Adds a spread, weighed as at most `as_many_as` spans.
    pub(crate) fn and(mut self, spread: &Spread, as_many_as: u16) -> Self {
        let total = u32::from(spread.total().max(as_many_as).max(1));
        for (class, count) in spread.counts() {
            self.0[usize::from(class)] += Self::ONE * u32::from(as_many_as) * u32::from(count) / total;
        }
        self
    }

    /// How much longer something lasts that has lasted for `elapsed` milliseconds: the `N` bounds of equally likely ranges,
    /// in milliseconds, the shortest first. Within a class all spans are taken for equally likely. What has outlasted
    /// all that is known lasts up to as long again.
    pub(crate) fn rest<const N: usize>(&self, elapsed: u64) -> [u32; N] {
        let mut left = [0_u64; CLASSES];
        for (class, left) in left.iter_mut().enumerate() {
            let (begin, end) = (begins_at(class), begins_at(class + 1));
            let beyond = end.saturating_sub(elapsed.max(begin)).min(end - begin);
            *left = u64::from(self.0[class]) * beyond * 1024 / (end - begin);
        }
        let total: u64 = left.iter().sum();
        if total == 0 {
            let nth = |n: usize| millis(elapsed * n as u64 / (N as u64 - 1).max(1));
            return core::array::from_fn(nth);
        }
        let (mut class, mut before) = (0, 0);
        core::array::from_fn(|n| {
            let wanted = total * n as u64 / (N as u64 - 1).max(1);
            while left[class] == 0 || (before + left[class] < wanted) {
                before += left[class];
                class += 1;
            }
            let begin = begins_at(class).max(elapsed);
            let width = begins_at(class + 1) - begin;
            millis(begin - elapsed + width * (wanted - before) / left[class])
        })
    }
}

fn millis(millis: u64) -> u32 {
    u32::try_from(millis).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_span_lies_in_its_class() {
        for second in 0..8192 {
            let class = class_of(seconds(second));
            assert!((begins_at(class)..begins_at(class + 1)).contains(&(second * 1000)), "{second} s in {class}");
        }
        assert_eq!(class_of(seconds(100_000)), CLASSES - 1);
    }

    #[test]
    fn halving_keeps_half_of_the_total_and_the_shape() {
        let mut spread = Spread::default();
        (0..u64::from(COUNTED_MAX)).for_each(|nth| spread.count(seconds(60 + nth % 4 * 60)));
        spread.count(seconds(600));
        assert_eq!(spread.total(), u16::from(COUNTED_MAX) / 2 + 1);
        assert_eq!(spread.counts().count(), 5);
        assert!(spread.counts().take(4).all(|(_, count)| count == 25));
    }

    #[test]
    fn the_rest_of_a_talk_is_that_of_talks_which_lasted_as_long() {
        let mut spread = Spread::default();
        (0..100).for_each(|_| spread.count(seconds(10)));
        (0..10).for_each(|_| spread.count(seconds(600)));
        let blend = Blend::assumed(seconds(32), seconds(1000)).and(&spread, 200);
        let fresh: [u32; 10] = blend.rest(0);
        assert!((10_000..12_000).contains(&fresh[5]), "{fresh:?}");
        let old: [u32; 10] = blend.rest(100_000);
        assert!((400_000..600_000).contains(&old[5]), "{old:?}");
        assert!(old.is_sorted() && fresh.is_sorted());
    }

    #[test]
    fn what_has_outlasted_all_that_is_known_may_last_as_long_again() {
        let rest: [u32; 2] = Blend::assumed(seconds(1), seconds(2)).rest(40_000);
        assert_eq!(rest, [0, 40_000]);
    }
}
