//! The last records, for all who follow at their own pace: the follower first, and streams behind it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::record::{Position, Record};

/// Bounded: who falls further behind reads the journal, and the writer waits for nobody.
#[derive(Debug)]
pub(crate) struct Ring {
    kept: Mutex<Kept>,
    more: Condvar,
    max: usize,
}

#[derive(Debug)]
struct Kept {
    records: VecDeque<Arc<Record>>,
    last: Position,
    is_closed: bool,
}

/// What follows a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Following {
    /// These, at least one.
    Records(Vec<Arc<Record>>),
    /// More than is kept here.
    Behind,
    /// Nothing, yet or for ever.
    Nothing,
}

impl Ring {
    /// A ring that begins after `last`.
    pub(crate) fn new(last: Position, max: usize) -> Self {
        let kept = Kept { records: VecDeque::new(), last, is_closed: false };
        Self { kept: Mutex::new(kept), more: Condvar::new(), max: max.max(1) }
    }

    /// Nothing that holds the lock can panic half-way.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what comes next.
    pub(crate) fn push(&self, records: impl IntoIterator<Item = Arc<Record>>) {
        let mut forgotten = Vec::new();
        let mut kept = self.kept();
        for record in records {
            kept.last = record.position;
            kept.records.push_back(record);
            if kept.records.len() > self.max {
                forgotten.extend(kept.records.pop_front());
            }
        }
        drop(kept);
        self.more.notify_all();
    }

    /// The last record that was added.
    pub(crate) fn last(&self) -> Position {
        self.kept().last
    }

    /// At most `max` records after `after`.
    pub(crate) fn after(&self, after: Position, max: usize) -> Following {
        self.kept().after(after, max)
    }

    /// The same, once there is one; nothing when the ring is closed and there will be none.
    pub(crate) fn wait_after(&self, after: Position, max: usize) -> Following {
        let nothing = |kept: &mut Kept| kept.last <= after && !kept.is_closed;
        self.more.wait_while(self.kept(), nothing).unwrap_or_else(PoisonError::into_inner).after(after, max)
    }

    /// Nothing more will be added.
    pub(crate) fn close(&self) {
        self.kept().is_closed = true;
        self.more.notify_all();
    }
}

impl Kept {
    fn after(&self, after: Position, max: usize) -> Following {
        let Some(missing) = self.last.0.checked_sub(after.0).filter(|missing| *missing > 0) else {
            return Following::Nothing;
        };
        let first = usize::try_from(missing).ok().and_then(|missing| self.records.len().checked_sub(missing));
        match first {
            Some(first) => Following::Records(self.records.range(first..).take(max).cloned().collect()),
            None => Following::Behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::Timestamp;
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    fn record(position: u64) -> Arc<Record> {
        Arc::new(Record { position: Position(position), epoch: 1, at: Timestamp(0), entry: None, notes: Vec::new() })
    }

    proptest! {
        #[test]
        fn a_ring_gives_what_follows_or_says_that_it_cannot(
            start in 0_u64..5, pushed in 0_u64..30, max in 1_usize..10, after in 0_u64..40, most in 1_usize..10,
        ) {
            let ring = Ring::new(Position(start), max);
            ring.push((start + 1..=start + pushed).map(record));
            let last = start + pushed;
            let kept_after = last - pushed.min(max as u64);
            let expected = match after {
                after if after >= last => Following::Nothing,
                after if after < kept_after => Following::Behind,
                after => Following::Records((after + 1..=last).take(most).map(record).collect()),
            };
            prop_assert_eq!(ring.after(Position(after), most), expected);
        }
    }

    #[test]
    fn a_closed_ring_is_read_to_its_end() {
        let ring = Ring::new(Position(0), 4);
        ring.push([record(1)]);
        ring.close();
        assert_eq!(ring.wait_after(Position(0), 9), Following::Records(vec![record(1)]));
        assert_eq!(ring.wait_after(Position(1), 9), Following::Nothing);
    }
}
