//! Chance that is the same on every machine and in every version: SplitMix64 (Steele, Lea, Flood 2014), or bytes that
//! somebody else has chosen.

use std::time::Duration;

/// A source of numbers.
#[derive(Clone, Debug)]
pub struct Chance(Source);

#[derive(Clone, Debug)]
enum Source {
    Seed(u64),
    /// As a seed, and the bytes by which the same is drawn again.
    Noted(u64, Vec<u8>),
    /// The rest of them. When they are used up, the greatest number is drawn: nothing more happens that is drawn by chance.
    Bytes(std::vec::IntoIter<u8>),
}

impl Chance {
    /// Numbers that follow from `seed` alone.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Source::Seed(seed))
    }

    /// Numbers that follow from `seed` alone, and are noted.
    #[must_use]
    pub const fn noted(seed: u64) -> Self {
        Self(Source::Noted(seed, Vec::new()))
    }

    /// Numbers that follow from these bytes: each draw takes as many as it needs.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Source::Bytes(Vec::from(bytes).into_iter()))
    }

    /// The bytes by which all is drawn again that was drawn, where it was noted.
    #[must_use]
    pub fn notes(&self) -> &[u8] {
        match &self.0 {
            Source::Noted(_, notes) => notes,
            Source::Seed(_) | Source::Bytes(_) => &[],
        }
    }

    /// Whether bytes are used up.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(&self.0, Source::Bytes(rest) if rest.as_slice().is_empty())
    }

    /// Another source that follows from this one, so that drawing more from one does not change the other.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self::new(self.bits())
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        let bits = match &mut self.0 {
            Source::Seed(state) | Source::Noted(state, _) => next(state),
            Source::Bytes(rest) => take(rest, 8),
        };
        self.note(bits, 8);
        bits
    }

    /// 0 to `bound` - 1; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let width = width(bound);
        let drawn = match &mut self.0 {
            Source::Seed(state) | Source::Noted(state, _) => {
                let product = u128::from(next(state)) * u128::from(bound);
                u64::try_from(product >> 64).unwrap_or_default()
            }
            Source::Bytes(rest) if rest.as_slice().is_empty() => bound.saturating_sub(1),
            Source::Bytes(rest) => take(rest, width).checked_rem(bound).unwrap_or_default(),
        };
        self.note(drawn, width);
        drawn
    }

    fn note(&mut self, drawn: u64, width: usize) {
        if let Source::Noted(_, notes) = &mut self.0 {
            notes.extend_from_slice(&drawn.to_le_bytes()[..width]);
        }
    }

    /// An index into something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// True in `permille` of 1000 cases.
    pub fn is(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// From `least` to `most` milliseconds.
    pub fn millis(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_millis(least + self.below(most.saturating_sub(least) + 1))
    }

    /// From `least` to `most` microseconds.
    pub fn micros(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_micros(least + self.below(most.saturating_sub(least) + 1))
    }

    /// One of them; none of nothing.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.index(things.len()))
    }

    /// The number of the drawn one, where each weighs this much; 0 when nothing weighs anything.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (number, weight) in weights.iter().enumerate() {
            if left < *weight {
                return number;
            }
            left -= weight;
        }
        0
    }
}

/// The next state of a seed, and the 64 bits it stands for.
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How many bytes a number below `bound` takes; none where there is no choice.
const fn width(bound: u64) -> usize {
    match bound {
        0 | 1 => 0,
        2..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        0x1_0001..=0x1_0000_0000 => 4,
        _ => 8,
    }
}

fn take(rest: &mut std::vec::IntoIter<u8>, width: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes[..width].iter_mut().for_each(|byte| *byte = rest.next().unwrap_or(0));
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn chance_is_the_same_for_ever() {
        let mut chance = Chance::new(0);
        assert_eq!(
            [chance.bits(), chance.bits(), chance.bits()],
            [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]
        );
    }

    #[test]
    fn what_was_noted_is_drawn_again() {
        let draw = |chance: &mut Chance| {
            (
                chance.bits(),
                chance.below(1),
                chance.below(256),
                chance.is(300),
                chance.below(70_000),
                chance.millis(5, 9),
            )
        };
        let (mut noted, mut seeded) = (Chance::noted(3), Chance::new(3));
        let drawn = draw(&mut noted);
        assert_eq!(draw(&mut seeded), drawn);
        let mut again = Chance::of_bytes(noted.notes());
        assert_eq!(draw(&mut again), drawn);
        assert!(again.is_over());
        assert_eq!((again.bits(), again.below(9), again.is(999)), (0, 8, false));
    }

    #[test]
    fn draws_stay_within_their_bounds() {
        let mut chance = Chance::new(7);
        for _ in 0..10_000 {
            assert!(chance.below(3) < 3);
            assert!((5..=9).contains(&chance.millis(5, 9).as_millis()));
            assert_ne!(chance.weighted(&[1, 0, 5]), 1);
        }
        assert_eq!((chance.below(0), chance.one_of::<u8>(&[])), (0, None));
    }
}
