//! How well an agent must suit a queue to take a call, and how that widens while the call waits.

use core::time::Duration;

use crate::time::Timestamp;

use super::Queue;

/// From some age of a call on, agents of this weight may take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SkillStep {
    /// Since the call's `since`; zero in the first step, and later in each.
    pub after: Duration,
    /// The least agent weight, 1 to 255; lower in each step.
    pub weight_min: u8,
}

/// The least weight when a queue asks for none: every agent has it.
pub(crate) const ANY_WEIGHT: u8 = 1;

impl Queue {
    /// The least weight that a call of this age needs at `now`, and when it next becomes lower.
    pub(crate) fn need(&self, since: Timestamp, now: Timestamp) -> (u8, Option<Timestamp>) {
        let is_over = |step: &&SkillStep| since + step.after <= now;
        let weight_min = self.skill_steps.iter().take_while(is_over).last().map_or(ANY_WEIGHT, |step| step.weight_min);
        let next = self.skill_steps.iter().find(|step| !is_over(step)).map(|step| since + step.after);
        (weight_min, next)
    }
}
