//! Ordered lists by weight: few weights are in use at a time, mostly one.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Lists under their weights, the least first. A list that is emptied stays, with the memory that its next entry needs:
/// an agent who becomes available is offered a waiting call in the same turn, and would leave a new list each time.
#[derive(Clone, Debug)]
pub(super) struct ByWeight<T>(Vec<(u8, BTreeSet<T>)>);

impl<T> Default for ByWeight<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> ByWeight<T> {
    /// Adds to the list of a weight; true when it is the first there.
    pub(super) fn insert(&mut self, weight: u8, thing: T) -> bool {
        let place = self.place(weight).unwrap_or_else(|place| {
            self.0.insert(place, (weight, BTreeSet::new()));
            place
        });
        let list = &mut self.0[place].1;
        let is_first = list.is_empty();
        list.insert(thing);
        is_first
    }

    /// Takes off the list of a weight; true when that list is empty by it.
    pub(super) fn remove(&mut self, weight: u8, thing: &T) -> bool {
        let Ok(place) = self.place(weight) else { return false };
        let list = &mut self.0[place].1;
        list.remove(thing) && list.is_empty()
    }

    /// The lists of this weight and less.
    pub(super) fn up_to(&self, weight: u8) -> impl Iterator<Item = &BTreeSet<T>> {
        self.filled().take_while(move |(of, _)| *of <= weight).map(|(_, list)| list)
    }

    /// The lists of this weight and more.
    pub(super) fn from(&self, weight: u8) -> impl Iterator<Item = &BTreeSet<T>> {
        self.filled().skip_while(move |(of, _)| *of < weight).map(|(_, list)| list)
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
        self.filled().next().map(|(weight, _)| weight)
    }

    /// The greatest weight in use.
    pub(super) fn greatest(&self) -> Option<u8> {
        self.filled().next_back().map(|(weight, _)| weight)
    }

    /// The lists that have something on them, with their weights.
    fn filled(&self) -> impl DoubleEndedIterator<Item = (u8, &BTreeSet<T>)> {
        self.0.iter().filter(|(_, list)| !list.is_empty()).map(|(weight, list)| (*weight, list))
    }

    fn place(&self, weight: u8) -> Result<usize, usize> {
        self.0.binary_search_by_key(&weight, |(of, _)| *of)
    }
}

impl<T: Ord> PartialEq for ByWeight<T> {
    /// The same things under the same weights, whatever lists were emptied before.
    fn eq(&self, other: &Self) -> bool {
        self.filled().eq(other.filled())
    }
}

impl<T: Ord> Eq for ByWeight<T> {}
