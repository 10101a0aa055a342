//! Ordered lists by weight: few weights are in use at a time, mostly one.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Lists under their weights, the least first; none is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ByWeight<T>(Vec<(u8, BTreeSet<T>)>);

impl<T> Default for ByWeight<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> ByWeight<T> {
    /// Adds to the list of a weight; true when it is the first there.
    pub(super) fn insert(&mut self, weight: u8, thing: T) -> bool {
        match self.place(weight) {
            Ok(place) => {
                self.0[place].1.insert(thing);
                false
            }
            Err(place) => {
                self.0.insert(place, (weight, BTreeSet::from([thing])));
                true
            }
        }
    }

    /// Takes off the list of a weight; true when that list is empty, and gone, by it.
    pub(super) fn remove(&mut self, weight: u8, thing: &T) -> bool {
        let Ok(place) = self.place(weight) else { return false };
        let list = &mut self.0[place].1;
        let is_emptied = list.remove(thing) && list.is_empty();
        if is_emptied {
            self.0.remove(place);
        }
        is_emptied
    }

    /// The lists of this weight and less.
    pub(super) fn up_to(&self, weight: u8) -> impl Iterator<Item = &BTreeSet<T>> {
        let end = self.0.partition_point(|(of, _)| *of <= weight);
        self.0[..end].iter().map(|(_, list)| list)
    }

    /// The lists of this weight and more.
    pub(super) fn from(&self, weight: u8) -> impl Iterator<Item = &BTreeSet<T>> {
        let begin = self.0.partition_point(|(of, _)| *of < weight);
        self.0[begin..].iter().map(|(_, list)| list)
    }

    /// All lists, with their weights, to be put in another order.
    pub(super) fn lists_mut(&mut self) -> impl Iterator<Item = (u8, &mut BTreeSet<T>)> {
        self.0.iter_mut().map(|(weight, list)| (*weight, list))
    }

    /// How many things there are in all lists.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|(_, list)| list.len()).sum()
    }

    /// The least weight in use.
    pub(super) fn least(&self) -> Option<u8> {
        self.0.first().map(|(weight, _)| *weight)
    }

    /// The greatest weight in use.
    pub(super) fn greatest(&self) -> Option<u8> {
        self.0.last().map(|(weight, _)| *weight)
    }

    fn place(&self, weight: u8) -> Result<usize, usize> {
        self.0.binary_search_by_key(&weight, |(of, _)| *of)
    }
}
