//! Values by key, in dense slots: a value stays where it is while others come and go, and is walked in the order of
//! keys, so that no answer depends on the slot it happens to have.

use alloc::vec::Vec;
use core::hash::Hash;

use super::lookup::Lookup;

/// How many slots lie side by side.
const BLOCK: usize = 64;

/// A map whose slots lie in blocks, and are used again when their values are removed. A table that grows gets another
/// block: it neither copies values nor has room for as many again.
#[derive(Clone, Debug)]
pub(super) struct Table<K: Eq + Hash, V> {
    slot_by_key: Lookup<K, u32>,
    blocks: Vec<Vec<Option<(K, V)>>>,
    free: Vec<u32>,
}

impl<K: Eq + Hash, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { slot_by_key: Lookup::default(), blocks: Vec::new(), free: Vec::new() }
    }
}

impl<K: Ord + Hash + Copy, V> Table<K, V> {
    pub(super) fn get(&self, key: K) -> Option<&V> {
        let slot = *self.slot_by_key.get(&key)? as usize;
        self.blocks[slot / BLOCK][slot % BLOCK].as_ref().map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let slot = *self.slot_by_key.get(&key)? as usize;
        self.blocks[slot / BLOCK][slot % BLOCK].as_mut().map(|(_, value)| value)
    }

    /// Adds a value, or replaces the one that has this key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if let Some(held) = self.get_mut(key) {
            *held = value;
            return;
        }
        self.take_slot(key, value);
    }

    /// Puts a value into a slot, for a key that has none.
    fn take_slot(&mut self, key: K, value: V) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| self.new_slot());
        self.blocks[slot as usize / BLOCK][slot as usize % BLOCK] = Some((key, value));
        self.slot_by_key.insert(key, slot);
        slot
    }

    fn new_slot(&mut self) -> u32 {
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        let full = (self.blocks.len() - 1) * BLOCK;
        let block = self.blocks.last_mut().expect("there is one with room");
        block.push(None);
        u32::try_from(full + block.len() - 1).expect("fewer than four thousand million values fit into memory")
    }

    /// The value of a key, made now if there is none.
    pub(super) fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let slot = match self.slot_by_key.get(&key) {
            Some(slot) => *slot,
            None => self.take_slot(key, V::default()),
        } as usize;
        let value = self.blocks[slot / BLOCK][slot % BLOCK].as_mut();
        value.map(|(_, value)| value).expect("a slot that a key has is taken")
    }

    pub(super) fn remove(&mut self, key: K) -> Option<V> {
        let slot = self.slot_by_key.remove(&key)?;
        self.free.push(slot);
        self.blocks[slot as usize / BLOCK][slot as usize % BLOCK].take().map(|(_, value)| value)
    }

    /// All values, by key. Sorts them first: for those who look at everything, which deciding never does.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries().into_iter().map(|(_, value)| value)
    }

    /// All keys and values, by key, sorted first like [`Self::values`].
    pub(super) fn entries(&self) -> Vec<&(K, V)> {
        let mut entries: Vec<_> = self.blocks.iter().flatten().flatten().collect();
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
