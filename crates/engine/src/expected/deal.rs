//! Which of the equally likely spans happens in which scenario.

use super::SCENARIOS;

/// What is dealt for an agent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dealt {
    /// The rest of its talk or wrap-up, or the talk of a call that rings.
    Rest = 1,
    /// The wrap-up after that.
    WrapUp = 2,
    /// The talk of a call of its private queue.
    PrivateTalk = 3,
    /// The wrap-up after it.
    PrivateWrapUp = 4,
    /// The talk of a call of the line.
    LineTalk = 5,
    /// The wrap-up after it.
    LineWrapUp = 6,
    /// How long until the next call joins its private queue, or the next one comes that goes first in the line.
    Newcomer = 7,
}

/// Bounds of equally likely ranges of spans, the shortest first.
pub(super) type Bounds = [u32; SCENARIOS + 1];

/// How long until the next call comes, in 1/1024 of the time in which one comes on average: −1024 ln(1 − n/32), and the
/// last range as wide as has it right on average.
const GAPS: Bounds = [
    0, 33, 66, 101, 137, 174, 213, 253, 295, 338, 384, 431, 481, 534, 589, 648, 710, 776, 847, 922, 1004, 1093, 1191,
    1299, 1420, 1556, 1714, 1901, 2129, 2424, 2839, 3549, 5597,
];

/// How long until the `nth` call comes, in milliseconds, where so many come in a million seconds.
pub(super) fn gap(in_a_million_seconds: u64, place: usize, nth: usize, scenario: usize) -> u64 {
    if in_a_million_seconds == 0 {
        return u64::MAX;
    }
    deal(&GAPS, (place, Dealt::Newcomer, nth), scenario) * 1_000_000_000 / 1024 / in_a_million_seconds
}

/// How long the `nth` thing of a kind lasts in `scenario` for the agent at this place: over all scenarios once in each of
/// the ranges, in an order that differs from thing to thing, and somewhere within the range.
pub(super) fn deal(bounds: &Bounds, (place, what, nth): (usize, Dealt, usize), scenario: usize) -> u64 {
    let key = key(place, what, nth);
    let range = permuted(key, scenario);
    let within = (mix(key ^ scenario as u64) >> 54, 1 << 10);
    let (from, until) = (u64::from(bounds[range]), u64::from(bounds[range + 1]));
    from + (until - from) * within.0 / within.1
}

fn permuted(key: u64, scenario: usize) -> usize {
    const LAST: usize = SCENARIOS - 1;
    const { assert!(SCENARIOS == 32, "the steps below permute five bits") };
    let key = usize::try_from(key >> 44).unwrap_or(0);
    let mut dealt = (scenario ^ key) & LAST;
    dealt = (dealt * ((key >> 5) | 1)) & LAST;
    dealt ^= dealt >> 2;
    dealt = (dealt * ((key >> 10) | 1) + (key >> 15)) & LAST;
    dealt ^= dealt >> 3;
    dealt
}

fn key(place: usize, what: Dealt, nth: usize) -> u64 {
    mix((place as u64) << 24 | (nth as u64) << 8 | what as u64)
}

/// Bits that look like chance.
const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ bits >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ bits >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^ bits >> 32
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_range_is_dealt_once_and_in_many_orders() {
        let bounds: Bounds = core::array::from_fn(|n| u32::try_from(n).unwrap_or(0) * 1000);
        let mut orders = BTreeSet::new();
        for place in 0..8 {
            for nth in 0..8 {
                let dealt = |scenario| deal(&bounds, (place, Dealt::LineTalk, nth), scenario) / 1000;
                let order: Vec<u64> = (0..SCENARIOS).map(dealt).collect();
                assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), SCENARIOS);
                orders.insert(order);
            }
        }
        assert_eq!(orders.len(), 64);
    }
}
