//! Time in samples, and the beat of everything that plays.

use std::time::{Duration, Instant};

/// Samples of a packet we send: 20 ms.
pub(crate) const FRAME: usize = 160;
/// The ports that play are spread over this many steps per frame, so that they do not all send at once.
pub(crate) const PHASES: u64 = 4;
/// Samples between two steps.
const STEP: u64 = FRAME as u64 / PHASES;
/// Microseconds of a sample.
const SAMPLE_MICROS: u64 = 125;

/// Counts samples, 8000 a second, from the start of [`crate::Media`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub(crate) fn now(&self) -> u64 {
        self.origin.elapsed().as_micros() as u64 / SAMPLE_MICROS
    }
}

/// A quarter of a frame's time, counted from the clock's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step(u64);

impl Step {
    /// The step a clock reading falls into.
    pub(crate) fn of(clock: u64) -> Self {
        Self(clock / STEP)
    }

    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The step `count` steps before this one, or the first.
    pub(crate) fn before(self, count: u64) -> Self {
        Self(self.0.saturating_sub(count))
    }

    /// What the clock shows when the step begins. Steps of the same phase are a frame apart, however late they are
    /// carried out.
    pub(crate) fn clock(self) -> u64 {
        self.0 * STEP
    }

    /// Which of the ports play in this step.
    pub(crate) fn phase(self) -> usize {
        (self.0 % PHASES) as usize
    }

    /// How long until it begins.
    pub(crate) fn after(self, clock: &Clock) -> Duration {
        let due = Duration::from_micros(self.clock() * SAMPLE_MICROS);
        due.saturating_sub(clock.origin.elapsed())
    }
}

#[cfg(test)]
impl Clock {
    pub(crate) fn started_ago(ago: Duration) -> Self {
        Self { origin: Instant::now().checked_sub(ago).expect("the machine runs longer than that") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_comes_back_after_one_frame() {
        let step = Step::of(12_345);
        let again = step.next().next().next().next();
        assert_eq!(again.phase(), step.phase());
        assert_eq!(again.clock() - step.clock(), FRAME as u64);
    }

    #[test]
    fn a_step_holds_the_reading_it_was_made_of() {
        for clock in [0, 39, 40, 159, 160, 1_000_003] {
            let step = Step::of(clock);
            assert!((step.clock()..step.next().clock()).contains(&clock), "{clock}");
        }
        assert_eq!(Step::of(80).before(5), Step::of(0));
    }
}
