//! Values by key, in dense slots: a value stays where it is while others come and go, and is walked in the order of
//! keys, so that no answer depends on the slot it happens to have.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// A map whose values lie in one vector. Slots of removed values are used again.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V> {
    slot_by_key: BTreeMap<K, u32>,
    slots: Vec<Option<V>>,
    free: Vec<u32>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { slot_by_key: BTreeMap::new(), slots: Vec::new(), free: Vec::new() }
    }
}

impl<K: Ord + Copy, V> Table<K, V> {
    pub(super) fn get(&self, key: K) -> Option<&V> {
        let slot = *self.slot_by_key.get(&key)?;
        self.slots[slot as usize].as_ref()
    }

    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let slot = *self.slot_by_key.get(&key)?;
        self.slots[slot as usize].as_mut()
    }

    /// Adds a value, or replaces the one that has this key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if let Some(held) = self.get_mut(key) {
            *held = value;
            return;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).expect("fewer than four thousand million values fit into memory")
        });
        self.slots[slot as usize] = Some(value);
        self.slot_by_key.insert(key, slot);
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let slot = self.slot_by_key.remove(&key)?;
        self.free.push(slot);
        self.slots[slot as usize].take()
    }

    /// All values, by key.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.slot_by_key.values().filter_map(|slot| self.slots[*slot as usize].as_ref())
    }
}

impl<K: Ord + Copy, V: PartialEq> PartialEq for Table<K, V> {
    /// The same values under the same keys, in whatever slots.
    fn eq(&self, other: &Self) -> bool {
        self.slot_by_key.keys().eq(other.slot_by_key.keys()) && self.values().eq(other.values())
    }
}

impl<K: Ord + Copy, V: Eq> Eq for Table<K, V> {}
