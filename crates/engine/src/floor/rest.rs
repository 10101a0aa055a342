//! How many agents may rest at a time, and what happens when a rest is over.

/// How many agents of a queue may rest at a time by their own wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RestMax {
    /// So many; zero: nobody.
    Agents(u32),
    /// So many of a hundred who are signed in to the queue, 1 to 100, rounded down.
    Percent(u8),
}

impl RestMax {
    /// How many that is when so many are signed in.
    #[must_use]
    pub const fn places(self, signed_in: u32) -> u32 {
        match self {
            Self::Agents(most) => most,
            // Hundredths of each hundred and of the rest, so that nothing overflows.
            Self::Percent(percent) => {
                let percent = percent as u32;
                signed_in / 100 * percent + signed_in % 100 * percent / 100
            }
        }
    }
}

/// What happens when the time of a rest is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnRestEnd {
    /// The rest is overdue, for all to see: a phone that rings on an empty desk helps no caller.
    #[default]
    Overdue,
    /// The agent is `Ready`, unless it chose something else for after its work.
    Ready,
}
