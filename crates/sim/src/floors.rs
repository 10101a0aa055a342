//! Random floors, and what a supervisor makes of them.

use std::time::Duration;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, DirectedToNotReady, Floor, OnRestEnd, OpenHours, PrivateAction, Queue,
    QueueId, RestMax, SignIn, Strategy, Treatment, Treatments, VdnId, VdnSettings,
};

use crate::chance::Chance;

mod private;
mod queues;

/// Whose floor it is.
pub const VDN: VdnId = VdnId(170);

const FIRST_AGENT: u32 = 1001;

/// How large a floor is, and how much goes on there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// Two queues, three agents, a call every few seconds.
    Small,
    /// Up to five queues and eight agents, more calls than they can take.
    Busy,
}

impl Size {
    const fn queues_max(self) -> u16 {
        match self {
            Self::Small => 2,
            Self::Busy => 5,
        }
    }

    const fn agents_max(self) -> u32 {
        match self {
            Self::Small => 3,
            Self::Busy => 8,
        }
    }

    /// The usual time between two callers.
    #[must_use]
    pub const fn arrival_gap(self) -> Duration {
        match self {
            Self::Small => Duration::from_millis(4000),
            Self::Busy => Duration::from_millis(700),
        }
    }
}

/// Every queue that any floor of this size may have; some are not there.
pub fn queue_ids(size: Size) -> impl Iterator<Item = QueueId> {
    (1..=size.queues_max()).map(QueueId)
}

/// Every agent that any floor of this size may have; some are not there.
pub fn agent_ids(size: Size) -> impl Iterator<Item = AgentId> {
    (FIRST_AGENT..FIRST_AGENT + size.agents_max()).map(AgentId)
}

/// A floor that can be configured.
#[must_use]
pub fn floor(chance: &mut Chance, size: Size) -> Floor {
    let queues: Vec<QueueId> = queue_ids(size).filter(|queue| queue.0 == 1 || chance.is(800)).collect();
    let agents: Vec<AgentId> = agent_ids(size).filter(|agent| agent.0 == FIRST_AGENT || chance.is(850)).collect();
    let mut draw = Draw { chance, queues: &queues, agents: &agents };
    let settings = draw.settings();
    let settings_of_queues = queues.iter().map(|queue| draw.queue(*queue)).collect();
    let settings_of_agents = agents.iter().map(|agent| draw.agent(*agent)).collect();
    Floor { vdn: VDN, settings, queues: settings_of_queues, agents: settings_of_agents }
}

/// The same floor with something new, changed or gone.
#[must_use]
pub fn changed(chance: &mut Chance, size: Size, floor: &Floor) -> Floor {
    let mut floor = floor.clone();
    let other = self::floor(chance, size);
    match chance.below(7) {
        0 => drop(floor.queues.pop()),
        1 => drop(floor.agents.pop()),
        2 => floor.settings = other.settings,
        3 => add_queues(&mut floor, other.queues),
        4 => add_agents(&mut floor, other.agents),
        5 => queues::change_rules(&mut floor, other.queues),
        _ => return other,
    }
    mend(&mut floor);
    floor
}

fn add_queues(floor: &mut Floor, queues: Vec<Queue>) {
    for queue in queues {
        floor.queues.retain(|known| known.id != queue.id);
        floor.queues.push(queue);
    }
}

fn add_agents(floor: &mut Floor, agents: Vec<AgentSettings>) {
    for agent in agents {
        floor.agents.retain(|known| known.id != agent.id);
        floor.agents.push(agent);
    }
}

/// Takes out what names a queue or an agent that is not there.
fn mend(floor: &mut Floor) {
    let queues: Vec<QueueId> = floor.queues.iter().map(|queue| queue.id).collect();
    let agents: Vec<AgentId> = floor.agents.iter().map(|agent| agent.id).collect();
    let is_there = |action: &PrivateAction| match action {
        PrivateAction::Queue(queue) => queues.contains(queue),
        PrivateAction::Agent(agent) => agents.contains(agent),
        _ => true,
    };
    floor.settings.default_queue = floor.settings.default_queue.filter(|queue| queues.contains(queue));
    floor.settings.delegate = floor.settings.delegate.filter(|agent| agents.contains(agent));
    floor.settings.on_private_wait_end.retain(is_there);
    for agent in &mut floor.agents {
        agent.queues.retain(|part| queues.contains(&part.queue));
        agent.private.delegate = agent.private.delegate.filter(|delegate| agents.contains(delegate));
        if let Some(own) = &mut agent.private.on_wait_end {
            own.retain(is_there);
        }
    }
    for queue in &mut floor.queues {
        let id = queue.id;
        queue.also.retain(|also| queues.contains(also));
        let Treatments { closed, no_agents, overflow, busy, timeout, cancelled } = &mut queue.treatments;
        for treatment in [closed, no_agents, overflow, busy, timeout, cancelled] {
            let mut next = Some(treatment);
            while let Some(Treatment { action, fallback }) = next {
                let is_wrong = match action {
                    Action::Queue(target) => *target == id || !queues.contains(target),
                    Action::Agent(target) => !agents.contains(target),
                    Action::Release | Action::External(_) | Action::Stay => false,
                };
                if is_wrong {
                    *action = Action::Stay;
                }
                next = fallback.as_deref_mut();
            }
        }
    }
}

struct Draw<'a> {
    chance: &'a mut Chance,
    queues: &'a [QueueId],
    agents: &'a [AgentId],
}

impl Draw<'_> {
    /// Usually one, sometimes the other.
    fn seconds(&mut self, least: u64, most: u64) -> Duration {
        self.chance.millis(least * 1000, most * 1000)
    }

    fn settings(&mut self) -> VdnSettings {
        let default_queue = if self.chance.is(500) { self.chance.one_of(self.queues).copied() } else { None };
        let wait = self.chance.is(300);
        VdnSettings {
            private_wait_max: self.seconds(3, 25),
            private_depth_max: u32::try_from([1, 2, 3, 100][self.chance.index(4)]).unwrap_or(100),
            default_queue,
            directed_to_not_ready: if wait { DirectedToNotReady::Wait } else { DirectedToNotReady::Refuse },
            lost_retry: self.seconds(2, 8),
            lost_grace: if self.chance.is(100) { Duration::ZERO } else { self.seconds(2, 12) },
            reoffer_min: self.seconds(1, 5),
            auto_ready: self.seconds(2, 10),
            ring_max: self.seconds(3, 12),
            wrap_up: if self.chance.is(500) { Duration::ZERO } else { self.seconds(1, 3) },
            keep_ready: self.chance.is(400),
            utc_offset_minutes: if self.chance.is(500) { 60 } else { -330 },
            on_private_wait_end: if self.chance.is(400) { self.private_actions() } else { Vec::new() },
            on_sign_out: self.on_sign_out(),
            on_not_ready: self.on_not_ready(),
            delegate: if self.chance.is(500) { self.chance.one_of(self.agents).copied() } else { None },
            private_run_max: if self.chance.is(350) { Some(1 + u32::from(self.chance.is(400))) } else { None },
            public_wait_max: if self.chance.is(350) { Some(self.seconds(1, 8)) } else { None },
            priority_step: if self.chance.is(300) { Some(self.chance.millis(200, 4000)) } else { None },
            rest_wait: self.chance.is(700),
            on_rest_end: if self.chance.is(500) { OnRestEnd::Ready } else { OnRestEnd::Overdue },
        }
    }

    fn queue(&mut self, id: QueueId) -> Queue {
        let strategies = [Strategy::LongestIdle, Strategy::RoundRobin, Strategy::LeastTalked, Strategy::BestSkilled];
        let strategy = strategies[self.chance.index(4)];
        let waiting_max = if self.chance.is(600) { None } else { u32::try_from(self.chance.below(4)).ok() };
        // The simulated day begins in the first hour of Monday; some queues open or close during it.
        let hours = match self.chance.below(12) {
            0 => vec![OpenHours { from_minute: 600, until_minute: 660 }],
            1 => vec![OpenHours { from_minute: 1, until_minute: 10080 }, OpenHours { from_minute: 0, until_minute: 1 }],
            _ => Vec::new(),
        };
        Queue {
            strategy,
            ring_max: self.seconds(3, 12),
            wrap_up: if self.chance.is(600) { Duration::ZERO } else { self.seconds(1, 4) },
            wait_max: self.seconds(4, 40),
            waiting_max,
            lets_wait: self.chance.is(850),
            keep_ready: self.chance.is(400),
            no_agents_while_waiting: self.chance.is(300),
            hours,
            treatments: Treatments {
                closed: self.treatment(id),
                no_agents: if self.chance.is(500) { stay() } else { self.treatment(id) },
                overflow: self.treatment(id),
                busy: self.treatment(id),
                timeout: self.treatment(id),
                cancelled: self.treatment(id),
            },
            also: self.also(id),
            holidays: self.holidays(),
            priority_step: self.priority_step(),
            skill_steps: self.skill_steps(),
            rest_max: match self.chance.weighted(&[4, 2, 2, 1, 2]) {
                0 => None,
                1 => Some(RestMax::Agents(1)),
                2 => Some(RestMax::Agents(2)),
                3 => Some(RestMax::Agents(0)),
                _ => Some(RestMax::Percent(50)),
            },
            ..Queue::new(id, "")
        }
    }

    fn treatment(&mut self, id: QueueId) -> Treatment {
        let more = self.chance.is(400);
        let fallback = if more { Some(Box::new(self.treatment(id))) } else { None };
        let action = match self.chance.weighted(&[2, 2, 4, 4, 2]) {
            0 => Action::Release,
            1 => Action::Stay,
            2 => self
                .chance
                .one_of(self.queues)
                .filter(|queue| **queue != id)
                .map_or(Action::Stay, |q| Action::Queue(*q)),
            3 => self.chance.one_of(self.agents).map_or(Action::Stay, |agent| Action::Agent(*agent)),
            _ => Action::External(["0301", "0302", "0303"][self.chance.index(3)].into()),
        };
        Treatment { action, fallback }
    }

    fn agent(&mut self, id: AgentId) -> AgentSettings {
        let sign_in = [SignIn::Person, SignIn::Register, SignIn::Always][self.chance.weighted(&[4, 4, 2])];
        let mut queues = Vec::new();
        for queue in self.queues {
            if self.chance.is(550) {
                let agent_weight = 1 + u8::try_from(self.chance.below(3)).unwrap_or(0);
                let queue_weight = if self.chance.is(600) { 1 } else { 2 };
                queues.push(AgentQueue { queue: *queue, agent_weight, queue_weight });
            }
        }
        let idle_automatically = self.chance.is(850);
        let private = self.private(id);
        AgentSettings { queues, sign_in, idle_automatically, private, ..AgentSettings::new(id, "") }
    }
}

const fn stay() -> Treatment {
    Treatment { action: Action::Stay, fallback: None }
}

#[cfg(test)]
mod tests {
    use super::{Size, changed, floor};
    use crate::chance::Chance;

    #[test]
    fn all_floors_can_be_configured() {
        let mut chance = Chance::new(1);
        for size in [Size::Small, Size::Busy] {
            let mut drawn = floor(&mut chance, size);
            for _ in 0..300 {
                assert_eq!(drawn.mistakes(), Vec::<String>::new());
                drawn = changed(&mut chance, size, &drawn);
            }
        }
    }
}
