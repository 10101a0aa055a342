//! Chance without a source of chance: a sequence grown from one number that the shell drew.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// How long to wait after a 491, in steps of 10 ms (RFC 3261, 14.1): 2.1 to 4 s for the owner of the Call-ID, up
    /// to 2 s for the other side.
    pub(super) fn back_off(&mut self, owns_call_id: bool) -> Duration {
        let steps = if owns_call_id { 210 + self.below(191) } else { self.below(201) };
        Duration::from_millis(steps * 10)
    }

    /// Seconds for `Retry-After` in the 500 of RFC 3261 14.2: 0 to 10.
    pub(super) fn retry_after(&mut self) -> u64 {
        self.below(11)
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;
    use std::time::Duration;

    #[test]
    fn back_off_keeps_to_the_ranges_of_the_rfc() {
        let mut dice = Dice::new(7);
        for _ in 0..2000 {
            let owner = dice.back_off(true);
            assert!(owner >= Duration::from_millis(2100) && owner <= Duration::from_millis(4000));
            assert!(dice.back_off(false) <= Duration::from_millis(2000));
            assert!(dice.retry_after() <= 10);
        }
    }
}
