//! Queues as operators run them: further queues, holidays, skill steps, and priorities that grow.

use std::time::Duration;

use engine::{DayHours, Floor, Holiday, Queue, QueueId, SkillStep};

use super::Draw;

/// The day on which the simulation begins, where local time is behind UTC; the next one has just begun where it is not.
const FIRST_DAY: i32 = 18_581;

/// The same queues with other rules for who takes their calls, and in which order.
pub(super) fn change_rules(floor: &mut Floor, others: Vec<Queue>) {
    for other in others {
        if let Some(queue) = floor.queues.iter_mut().find(|queue| queue.id == other.id) {
            queue.also = other.also;
            queue.priority_step = other.priority_step;
            queue.skill_steps = other.skill_steps;
            queue.strategy = other.strategy;
        }
    }
}

impl Draw<'_> {
    pub(super) fn also(&mut self, id: QueueId) -> Vec<QueueId> {
        if !self.chance.is(300) {
            return Vec::new();
        }
        let others = self.queues.iter().copied().filter(|queue| *queue != id);
        others.filter(|_| self.chance.is(500)).collect()
    }

    /// Closed all day, or but for its first minutes, or without hours that the week has.
    pub(super) fn holidays(&mut self) -> Vec<Holiday> {
        if !self.chance.is(120) {
            return Vec::new();
        }
        let day = FIRST_DAY + i32::from(self.chance.is(500));
        let hours = match self.chance.below(4) {
            0 => vec![DayHours { from_minute: 0, until_minute: 1 }],
            1 => vec![DayHours { from_minute: 1, until_minute: 1440 }],
            2 => vec![DayHours { from_minute: 0, until_minute: 1440 }],
            _ => Vec::new(),
        };
        vec![Holiday { day: day + 1, hours: Vec::new() }, Holiday { day, hours }]
    }

    /// As the VDN says, or not at all, or in a time of its own.
    pub(super) fn priority_step(&mut self) -> Option<Duration> {
        match self.chance.weighted(&[5, 1, 2]) {
            0 => None,
            1 => Some(Duration::ZERO),
            _ => Some(self.chance.millis(100, 3000)),
        }
    }

    /// The best first, then the second best; in the end often everybody.
    pub(super) fn skill_steps(&mut self) -> Vec<SkillStep> {
        if !self.chance.is(350) {
            return Vec::new();
        }
        let second = self.chance.millis(200, 6000);
        let third = second + self.chance.millis(200, 8000);
        let mut steps = vec![
            SkillStep { after: Duration::ZERO, weight_min: 3 },
            SkillStep { after: second, weight_min: 2 },
            SkillStep { after: third, weight_min: 1 },
        ];
        match self.chance.below(6) {
            0 => steps.truncate(2),
            1 => {
                steps.remove(1);
            }
            2 => steps[0].weight_min = 4,
            _ => {}
        }
        steps
    }
}
