//! What goes wrong in one run: every seed switches on a random half of it, at random rates.

use std::time::Duration;

use crate::chance::Chance;

/// The faults of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Messages lost, of 1000.
    pub(crate) loss: u64,
    /// Messages that come twice, of 1000.
    pub(crate) twice: u64,
    /// Messages that take up to 2 s, of 1000.
    pub(crate) late: u64,
    /// The usual time between crashes.
    pub(crate) crash_every: Option<Duration>,
    /// The usual time between times without room on the disk.
    pub(crate) full_every: Option<Duration>,
    /// Appends that fail without anybody knowing whether they happened, of 1000.
    pub(crate) write_error: u64,
    /// Appends that take up to 1.5 s, of 1000.
    pub(crate) slow_disk: u64,
    /// Whether the clock of the machine is set at restarts.
    pub(crate) clock_jumps: bool,
    /// Phones that vanish: the usual time between two, over all agents.
    pub(crate) phone_lost_every: Option<Duration>,
}

impl Faults {
    /// What goes wrong in this run.
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let mut some = |most: u64| if chance.is(500) { 1 + chance.below(most) } else { 0 };
        let (loss, twice, late, write_error, slow_disk) = (some(120), some(80), some(60), some(2), some(20));
        let mut every = |least: u64, most: u64| chance.is(500).then(|| chance.millis(least, most));
        Self {
            loss,
            twice,
            late,
            crash_every: every(8_000, 40_000),
            full_every: every(10_000, 60_000),
            write_error,
            slow_disk,
            clock_jumps: chance.is(500),
            phone_lost_every: chance.is(600).then(|| chance.millis(4_000, 20_000)),
        }
    }
}
