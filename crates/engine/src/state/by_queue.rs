//! Values by queue. A queue's id is a small number, so it is itself the place to look at: nothing is searched and
//! nothing hashed, and the walk over all values is in the order of ids.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::id::QueueId;

/// A map from queues, as long as the highest id that has a value: 512 KiB at most, besides the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ByQueue<V>(Vec<Option<Box<V>>>);

impl<V> Default for ByQueue<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> ByQueue<V> {
    pub(super) fn get(&self, queue: QueueId) -> Option<&V> {
        self.0.get(usize::from(queue.0))?.as_deref()
    }

    pub(super) fn get_mut(&mut self, queue: QueueId) -> Option<&mut V> {
        self.0.get_mut(usize::from(queue.0))?.as_deref_mut()
    }

    /// The value of a queue, made now if there is none.
    pub(super) fn or_default(&mut self, queue: QueueId) -> &mut V
    where
        V: Default,
    {
        self.place(queue).get_or_insert_default()
    }

    /// Adds a value, or replaces the one that the queue has.
    pub(super) fn insert(&mut self, queue: QueueId, value: V) {
        *self.place(queue) = Some(Box::new(value));
    }

    pub(super) fn remove(&mut self, queue: QueueId) -> Option<V> {
        let removed = self.0.get_mut(usize::from(queue.0))?.take();
        let length = self.0.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        self.0.truncate(length);
        removed.map(|value| *value)
    }

    /// All values, by queue.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().flatten().map(Box::as_ref)
    }

    fn place(&mut self, queue: QueueId) -> &mut Option<Box<V>> {
        let place = usize::from(queue.0);
        if self.0.len() <= place {
            self.0.resize_with(place + 1, || None);
        }
        &mut self.0[place]
    }
}

/// Some queues, by id. A sorted list and no tree, for it is empty between two turns but for calls that agents are kept
/// from, and in a turn it has as many queues as one agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct QueueSet(Vec<QueueId>);

impl QueueSet {
    /// Has a queue in it or not.
    pub(super) fn note(&mut self, queue: QueueId, is_in: bool) {
        match (self.0.binary_search(&queue), is_in) {
            (Err(place), true) => self.0.insert(place, queue),
            (Ok(place), false) => {
                self.0.remove(place);
            }
            (Ok(_), true) | (Err(_), false) => {}
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = QueueId> {
        self.0.iter().copied()
    }
}
