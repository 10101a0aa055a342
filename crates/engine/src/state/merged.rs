//! Several ordered lists as one.

use alloc::collections::BTreeSet;
use alloc::collections::btree_set::Iter;
use alloc::vec::Vec;
use core::iter::Peekable;

/// The values of some ordered lists, in order. With one list there is nothing to compare and nothing to allocate.
#[derive(Debug)]
pub(super) struct Merged<'a, T> {
    first: Option<Peekable<Iter<'a, T>>>,
    others: Vec<Peekable<Iter<'a, T>>>,
}

impl<'a, T: Ord> Merged<'a, T> {
    pub(super) fn new(mut lists: impl Iterator<Item = &'a BTreeSet<T>>) -> Self {
        let first = lists.next().map(|list| list.iter().peekable());
        Self { first, others: lists.map(|list| list.iter().peekable()).collect() }
    }
}

impl<'a, T: Ord> Iterator for Merged<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        let lists = self.first.iter_mut().chain(&mut self.others);
        let heads = lists.filter_map(|list| Some((*list.peek()?, list)));
        heads.min_by_key(|(head, _)| *head)?.1.next()
    }
}
