//! What is taken for what the journal cannot tell: as it was with the nearest call.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{QueueId, Timestamp};

use crate::day::Day;

/// How long a talk is taken to last on a day without a single one.
const USUAL: Duration = Duration::from_secs(180);

/// Of what is sorted by time: what belongs to the time nearest to `at`, the earlier of two.
pub(crate) fn nearest<T: Copy>(sorted: &[(Timestamp, T)], at: Timestamp) -> Option<T> {
    let after = sorted.partition_point(|(time, _)| *time < at);
    let candidates = [after.checked_sub(1), Some(after)].into_iter().flatten();
    let found = candidates.filter_map(|nth| sorted.get(nth));
    found.min_by_key(|(time, _)| time.since(at).max(at.since(*time))).map(|(_, what)| *what)
}

/// How long the talks of each queue lasted, by when they began.
#[derive(Debug)]
pub(crate) struct Talks {
    by_queue: BTreeMap<Option<QueueId>, Vec<(Timestamp, Duration)>>,
    all: Vec<(Timestamp, Duration)>,
}

impl Talks {
    pub(crate) fn of(day: &Day) -> Self {
        let talks = day.lives.iter().filter(|life| life.arrival.is_some()).flat_map(|life| &life.talks);
        let mut talks =
            Self { by_queue: BTreeMap::new(), all: talks.filter(|talk| talk.is_ended()).map(timed).collect() };
        for talk in day.lives.iter().flat_map(|life| &life.talks).filter(|talk| talk.is_ended()) {
            talks.by_queue.entry(talk.queue).or_default().push(timed(talk));
        }
        talks.all.sort_unstable();
        talks.by_queue.values_mut().for_each(|talks| talks.sort_unstable());
        talks
    }

    /// As long as the nearest talk of that queue, else of any.
    pub(crate) fn like(&self, queue: Option<QueueId>, at: Timestamp) -> Duration {
        let of_queue = self.by_queue.get(&queue).and_then(|talks| nearest(talks, at));
        of_queue.or_else(|| nearest(&self.all, at)).unwrap_or(USUAL)
    }
}

fn timed(talk: &crate::day::Part) -> (Timestamp, Duration) {
    (talk.began, talk.lasted)
}

/// How long each agent worked after a talk when it ended wrap-up by hand.
#[derive(Debug)]
pub(crate) struct WrapUps {
    by_agent: BTreeMap<engine::AgentId, Vec<(Timestamp, Duration)>>,
    all: Vec<(Timestamp, Duration)>,
}

impl WrapUps {
    pub(crate) fn of(day: &Day) -> Self {
        let mut wrap_ups = Self { by_agent: BTreeMap::new(), all: Vec::new() };
        for ((agent, ..), wrap_up) in day.wrap_ups.iter().filter(|(_, wrap_up)| wrap_up.by_hand) {
            wrap_ups.by_agent.entry(*agent).or_default().push((wrap_up.at, wrap_up.after));
            wrap_ups.all.push((wrap_up.at, wrap_up.after));
        }
        wrap_ups.all.sort_unstable();
        wrap_ups.by_agent.values_mut().for_each(|of_agent| of_agent.sort_unstable());
        wrap_ups
    }

    /// As long as the agent's own nearest, else anybody's.
    pub(crate) fn like(&self, agent: engine::AgentId, at: Timestamp) -> Option<Duration> {
        let own = self.by_agent.get(&agent).and_then(|of_agent| nearest(of_agent, at));
        own.or_else(|| nearest(&self.all, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_in_time_is_taken_and_of_two_the_earlier() {
        let at = |second| Timestamp::from_seconds(second);
        let sorted = [(at(10), 'a'), (at(20), 'b'), (at(40), 'c')];
        let found: Vec<_> =
            [0, 14, 15, 16, 30, 31, 99].map(|second| nearest(&sorted, at(second))).into_iter().collect();
        assert_eq!(found, ['a', 'a', 'a', 'b', 'b', 'c', 'c'].map(Some));
        assert_eq!(nearest::<char>(&[], at(1)), None);
    }
}
