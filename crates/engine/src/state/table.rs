//! Values by key, in dense slots: a value stays where it is while others come and go, and is walked in the order of
//! keys, so that no answer depends on the slot it happens to have.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::Hash;

use super::lookup::Lookup;

/// A map whose slots lie in one vector, and are used again when their values are removed. Each value has memory of its
/// own, so that a vector that grows neither copies values nor has room for as many again.
#[derive(Clone, Debug)]
pub(super) struct Table<K: Eq + Hash, V> {
    slot_by_key: Lookup<K, u32>,
    slots: Vec<Option<(K, Box<V>)>>,
    free: Vec<u32>,
}

impl<K: Eq + Hash, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { slot_by_key: Lookup::default(), slots: Vec::new(), free: Vec::new() }
    }
}

impl<K: Ord + Hash + Copy, V> Table<K, V> {
    pub(super) fn get(&self, key: K) -> Option<&V> {
        let slot = *self.slot_by_key.get(&key)?;
        self.slots[slot as usize].as_ref().map(|(_, value)| &**value)
    }

    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let slot = *self.slot_by_key.get(&key)?;
        self.slots[slot as usize].as_mut().map(|(_, value)| &mut **value)
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
        self.slots[slot as usize] = Some((key, Box::new(value)));
        self.slot_by_key.insert(key, slot);
    }

    /// The value of a key, made now if there is none.
    pub(super) fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        if self.get(key).is_none() {
            self.insert(key, V::default());
        }
        self.get_mut(key).expect("it is there")
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let slot = self.slot_by_key.remove(&key)?;
        self.free.push(slot);
        self.slots[slot as usize].take().map(|(_, value)| *value)
    }

    /// All values, by key. Sorts them first: for those who look at everything, which deciding never does.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries().into_iter().map(|(_, value)| &**value)
    }

    /// All keys and values, by key, sorted first like [`Self::values`].
    pub(super) fn entries(&self) -> Vec<&(K, Box<V>)> {
        let mut entries: Vec<_> = self.slots.iter().flatten().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        entries
    }
}

impl<K: Ord + Hash + Copy, V: PartialEq> PartialEq for Table<K, V> {
    /// The same values under the same keys, in whatever slots.
    fn eq(&self, other: &Self) -> bool {
        self.entries() == other.entries()
    }
}

impl<K: Ord + Hash + Copy, V: Eq> Eq for Table<K, V> {}
