//! What happens when: a heap in the order of time, and of coming for the same time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use engine::Timestamp;

/// Things that are due, the earliest first.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    heap: BinaryHeap<Entry<T>>,
    count: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Timestamp,
    number: u64,
    what: T,
}

impl<T> Agenda<T> {
    pub(crate) const fn new() -> Self {
        Self { heap: BinaryHeap::new(), count: 0 }
    }

    pub(crate) fn add(&mut self, at: Timestamp, what: T) {
        self.count += 1;
        self.heap.push(Entry { at, number: self.count, what });
    }

    /// The next thing that is due by `until`.
    pub(crate) fn next(&mut self, until: Timestamp) -> Option<(Timestamp, T)> {
        self.heap.peek().filter(|entry| entry.at <= until)?;
        self.heap.pop().map(|entry| (entry.at, entry.what))
    }
}

impl<T> Ord for Entry<T> {
    /// The heap's greatest is what comes first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::Agenda;
    use engine::Timestamp;

    #[test]
    fn what_is_due_comes_in_order() {
        let mut agenda = Agenda::new();
        for (at, what) in [(3, 'c'), (1, 'a'), (3, 'd'), (2, 'b'), (9, 'z')] {
            agenda.add(Timestamp(at), what);
        }
        let come: Vec<char> = std::iter::from_fn(|| agenda.next(Timestamp(5)).map(|(_, what)| what)).collect();
        assert_eq!(come, ['a', 'b', 'c', 'd']);
    }
}
