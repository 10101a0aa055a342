//! What contradicts itself in a floor, one sentence per mistake.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Display;
use core::time::Duration;

use crate::id::{AgentId, QueueId};

use super::{
    Action, AgentSettings, DayHours, Floor, Holiday, OpenHours, PrivateAction, Queue, RestMax, Situation, Treatment,
};

/// The shortest time that a setting may name: a wait must have an end that is not its beginning.
const SPAN_MIN: Duration = Duration::from_millis(1);

/// How many actions a treatment may list, its fallbacks included.
const ACTIONS_MAX: usize = 16;

/// The longest time in which a priority may grow by one.
const PRIORITY_STEP_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How many further queues a queue may list.
const ALSO_MAX: usize = 16;

/// How many skill steps a queue may have.
const STEPS_MAX: usize = 8;

const DAY_MINUTES: u16 = 24 * 60;
const WEEK_MINUTES: u16 = 7 * DAY_MINUTES;

impl Floor {
    /// Everything that is wrong with this floor, in sentences; empty when it can be configured.
    #[must_use]
    pub fn mistakes(&self) -> Vec<String> {
        let mut check = Check {
            queues: self.queues.iter().map(|queue| queue.id).collect(),
            agents: self.agents.iter().map(|agent| agent.id).collect(),
            mistakes: Vec::new(),
        };
        check.that((1..=5000).contains(&self.vdn.0), || format!("VDN {} is not from 1 to 5000", self.vdn));
        check.no_repeats("queue", self.queues.iter().map(|queue| queue.id));
        check.no_repeats("agent", self.agents.iter().map(|agent| agent.id));
        check.settings(self);
        self.queues.iter().for_each(|queue| check.queue(queue));
        self.agents.iter().for_each(|agent| check.agent(agent));
        check.mistakes
    }
}

struct Check {
    queues: BTreeSet<QueueId>,
    agents: BTreeSet<AgentId>,
    mistakes: Vec<String>,
}

impl Check {
    fn that(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.mistakes.push(sentence());
        }
    }

    fn no_repeats<Id: Ord + Copy + Display>(&mut self, kind: &str, ids: impl Iterator<Item = Id>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            self.that(seen.insert(id), || format!("{kind} {id} is there twice"));
        }
    }

    fn lasts(&mut self, whose: &str, name: &str, span: Duration) {
        self.that(span >= SPAN_MIN, || format!("{whose}: {name} is shorter than a millisecond"));
    }

    fn priority_step(&mut self, whose: &str, step: Duration) {
        self.lasts(whose, "priority_step", step);
        self.that(step <= PRIORITY_STEP_MAX, || format!("{whose}: priority_step is longer than a day"));
    }

    fn settings(&mut self, floor: &Floor) {
        let settings = &floor.settings;
        self.lasts("settings", "private_wait_max", settings.private_wait_max);
        self.lasts("settings", "lost_retry", settings.lost_retry);
        self.lasts("settings", "reoffer_min", settings.reoffer_min);
        self.lasts("settings", "auto_ready", settings.auto_ready);
        self.lasts("settings", "ring_max", settings.ring_max);
        let offset = settings.utc_offset_minutes;
        self.that((-840..=840).contains(&offset), || {
            format!("settings: utc_offset_minutes {offset} is not from -840 to 840")
        });
        if let Some(queue) = settings.default_queue {
            let is_known = self.queues.contains(&queue);
            self.that(is_known, || format!("settings: there is no queue {queue} for default_queue"));
        }
        if let Some(step) = settings.priority_step {
            self.priority_step("settings", step);
        }
        self.that(settings.private_run_max != Some(0), || "settings: private_run_max is 0".into());
        if let Some(public_wait_max) = settings.public_wait_max {
            self.lasts("settings", "public_wait_max", public_wait_max);
        }
        self.delegate("settings", settings.delegate);
        self.private_actions("settings", &settings.on_private_wait_end);
    }

    fn delegate(&mut self, whose: &str, delegate: Option<AgentId>) {
        if let Some(agent) = delegate.filter(|agent| !self.agents.contains(agent)) {
            self.mistakes.push(format!("{whose}: there is no agent {agent} for delegate"));
        }
    }

    fn private_actions(&mut self, whose: &str, actions: &[PrivateAction]) {
        let count = actions.len();
        self.that(count <= ACTIONS_MAX, || {
            format!("{whose}: {count} actions at the end of a private wait are more than {ACTIONS_MAX}")
        });
        for action in actions {
            match action {
                PrivateAction::Queue(queue) => {
                    let is_known = self.queues.contains(queue);
                    self.that(is_known, || format!("{whose}: there is no queue {queue} for the end of a private wait"));
                }
                PrivateAction::Agent(agent) => {
                    let is_known = self.agents.contains(agent);
                    self.that(is_known, || format!("{whose}: there is no agent {agent} for the end of a private wait"));
                }
                PrivateAction::Return
                | PrivateAction::Delegate
                | PrivateAction::ReturnToSender
                | PrivateAction::Stay
                | PrivateAction::Release => {}
            }
        }
    }

    fn queue(&mut self, queue: &Queue) {
        let whose = format!("queue {}", queue.id);
        self.that(queue.id.0 != 0, || format!("{whose} is not from 1 to 65535"));
        self.lasts(&whose, "ring_max", queue.ring_max);
        self.lasts(&whose, "wait_max", queue.wait_max);
        for OpenHours { from_minute, until_minute } in &queue.hours {
            self.that(from_minute < until_minute && *until_minute <= WEEK_MINUTES, || {
                format!("{whose}: minutes {from_minute} to {until_minute} are no stretch of a week")
            });
        }
        if let Some(step) = queue.priority_step.filter(|step| !step.is_zero()) {
            self.priority_step(&whose, step);
        }
        if let Some(RestMax::Percent(percent)) = queue.rest_max {
            self.that((1..=100).contains(&percent), || format!("{whose}: rest_max {percent} % is not from 1 to 100 %"));
        }
        self.holidays(&whose, queue);
        self.also(&whose, queue);
        self.skill_steps(&whose, queue);
        for situation in Situation::ALL {
            self.treatment(queue, situation);
        }
    }

    fn holidays(&mut self, whose: &str, queue: &Queue) {
        let mut seen = BTreeSet::new();
        for Holiday { day, hours } in &queue.holidays {
            self.that(seen.insert(*day), || format!("{whose}: day {day} is a holiday twice"));
            for DayHours { from_minute, until_minute } in hours {
                self.that(from_minute < until_minute && *until_minute <= DAY_MINUTES, || {
                    format!("{whose}: minutes {from_minute} to {until_minute} are no stretch of a day")
                });
            }
        }
    }

    fn skill_steps(&mut self, whose: &str, queue: &Queue) {
        let steps = &queue.skill_steps;
        let begins = steps.first().is_none_or(|step| step.after.is_zero());
        self.that(begins, || format!("{whose}: the first skill step is not after 0"));
        for pair in steps.windows(2) {
            let widens = pair[0].after < pair[1].after && pair[0].weight_min > pair[1].weight_min;
            self.that(widens, || format!("{whose}: a skill step is not later and lower than the one before it"));
        }
        self.that(steps.iter().all(|step| step.weight_min > 0), || format!("{whose}: a skill step asks for weight 0"));
        let count = steps.len();
        self.that(count <= STEPS_MAX, || format!("{whose}: {count} skill steps are more than {STEPS_MAX}"));
    }

    fn also(&mut self, whose: &str, queue: &Queue) {
        let mut seen = BTreeSet::new();
        for also in &queue.also {
            let is_known = self.queues.contains(also);
            self.that(is_known, || format!("{whose}: there is no queue {also} whose agents could take its calls too"));
            self.that(*also != queue.id, || format!("{whose}: its own agents take its calls anyway"));
            self.that(seen.insert(*also), || format!("{whose}: queue {also} is there twice"));
        }
        let count = queue.also.len();
        self.that(count <= ALSO_MAX, || format!("{whose}: {count} further queues are more than {ALSO_MAX}"));
    }

    fn treatment(&mut self, queue: &Queue, situation: Situation) {
        let whose = format!("queue {}, {situation:?}", queue.id);
        let mut count = 0;
        let mut next = Some(queue.treatments.of(situation));
        while let Some(Treatment { action, fallback }) = next {
            self.action(queue, &whose, action);
            count += 1;
            next = fallback.as_deref();
        }
        self.that(count <= ACTIONS_MAX, || format!("{whose}: {count} actions are more than {ACTIONS_MAX}"));
    }

    fn action(&mut self, queue: &Queue, whose: &str, action: &Action) {
        match action {
            Action::Release | Action::Stay => {}
            Action::Queue(target) if *target == queue.id => {
                self.mistakes.push(format!("{whose}: sends calls to the queue itself; `stay` keeps them there"));
            }
            Action::Queue(target) => {
                let is_known = self.queues.contains(target);
                self.that(is_known, || format!("{whose}: there is no queue {target}"));
            }
            Action::Agent(target) => {
                let is_known = self.agents.contains(target);
                self.that(is_known, || format!("{whose}: there is no agent {target}"));
            }
            Action::External(address) => self.that(!address.is_empty(), || format!("{whose}: the address is empty")),
        }
    }

    fn agent(&mut self, agent: &AgentSettings) {
        let AgentSettings { id, queues, .. } = agent;
        let is_in_range = matches!(id.0, 101..=59_999 | 70_000..=999_999);
        self.that(is_in_range, || format!("agent {id} is not from 101 to 59999 or 70000 to 999999"));
        self.private(agent);
        let mut seen = BTreeSet::new();
        for part in queues {
            let queue = part.queue;
            let is_known = self.queues.contains(&queue);
            self.that(is_known, || format!("agent {id}: there is no queue {queue}"));
            self.that(seen.insert(queue), || format!("agent {id}: queue {queue} is there twice"));
            self.that(part.agent_weight > 0 && part.queue_weight > 0, || {
                format!("agent {id}: a weight of queue {queue} is not from 1 to 255")
            });
        }
    }

    fn private(&mut self, agent: &AgentSettings) {
        let whose = format!("agent {}", agent.id);
        let own = &agent.private;
        if let Some(wait_max) = own.wait_max {
            self.lasts(&whose, "private_wait_max", wait_max);
        }
        self.that(own.delegate != Some(agent.id), || format!("{whose}: is its own delegate"));
        self.delegate(&whose, own.delegate);
        self.private_actions(&whose, own.on_wait_end.as_deref().unwrap_or_default());
    }
}
