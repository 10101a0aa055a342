//! Sentences about the floor.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, DirectedToNotReady, Floor, OpenHours, Queue, QueueId, SignIn,
    Situation, Strategy, Treatment, VdnId, VdnSettings,
};

use super::words::{Read, duration, number};

/// The floor as the script has it so far, with the names of its queues.
#[derive(Debug)]
pub struct FloorBook {
    pub floor: Floor,
    pub queue_names: BTreeMap<String, QueueId>,
}

impl Default for FloorBook {
    fn default() -> Self {
        let floor = Floor { vdn: VdnId(170), settings: VdnSettings::default(), queues: vec![], agents: vec![] };
        Self { floor, queue_names: BTreeMap::new() }
    }
}

impl FloorBook {
    /// One sentence, such as `queue sales: rings 20s, wraps up 30s` or `agent 1001: serves sales`.
    pub fn sentence(&mut self, text: &str) -> Read<()> {
        if let Some((subject, rest)) = text.split_once(':') {
            let clauses = rest.split(',').map(str::trim).filter(|clause| !clause.is_empty());
            return match subject.split_whitespace().collect::<Vec<_>>()[..] {
                ["vdn"] => clauses.into_iter().try_for_each(|clause| self.vdn(clause)),
                ["queue", name] => self.queue(name, clauses),
                ["agent", id] => self.agent(number(id).map(AgentId)?, clauses),
                ["treatment", name, situation] => self.treatment(name, situation, clauses),
                _ => Err(format!("`{subject}` is nothing of a floor")),
            };
        }
        match text.split_whitespace().collect::<Vec<_>>()[..] {
            ["queue", name, "is", "removed"] => {
                let id = self.queue_id(name)?;
                self.floor.queues.retain(|queue| queue.id != id);
                Ok(())
            }
            ["agent", id, "is", "removed"] => {
                let id = AgentId(number(id)?);
                self.floor.agents.retain(|agent| agent.id != id);
                Ok(())
            }
            ["is", "as", "it", "was"] => Ok(()),
            _ => Err("no sentence about a floor".into()),
        }
    }

    pub fn queue_id(&self, name: &str) -> Read<QueueId> {
        self.queue_names.get(name).copied().ok_or_else(|| format!("no queue is called `{name}`"))
    }

    pub fn queue_name(&self, id: QueueId) -> String {
        let named = self.queue_names.iter().find(|(_, known)| **known == id);
        named.map_or_else(|| format!("queue {id}"), |(name, _)| name.clone())
    }

    fn vdn(&mut self, clause: &str) -> Read<()> {
        let queue = clause.strip_prefix("default queue ").map(|name| self.queue_id(name)).transpose()?;
        let settings = &mut self.floor.settings;
        match clause.split_whitespace().collect::<Vec<_>>()[..] {
            ["private", "wait", span] => settings.private_wait_max = duration(span)?,
            ["private", "depth", depth] => settings.private_depth_max = number(depth)?,
            ["default", "queue", _] => settings.default_queue = queue,
            ["directed", "calls", "wait"] => settings.directed_to_not_ready = DirectedToNotReady::Wait,
            ["lost", "retry", span] => settings.lost_retry = duration(span)?,
            ["lost", "grace", span] => settings.lost_grace = duration(span)?,
            ["offers", "again", "after", span] => settings.reoffer_min = duration(span)?,
            ["ready", "again", "after", span] => settings.auto_ready = duration(span)?,
            ["rings", span] => settings.ring_max = duration(span)?,
            ["wraps", "up", span] => settings.wrap_up = duration(span)?,
            ["keeps", "agents", "ready"] => settings.keep_ready = true,
            ["utc", minutes] => settings.utc_offset_minutes = number(minutes)?,
            _ => return Err(format!("`{clause}` is nothing of a VDN")),
        }
        Ok(())
    }

    fn queue<'a>(&mut self, name: &str, mut clauses: impl Iterator<Item = &'a str>) -> Read<()> {
        let next = QueueId(u16::try_from(self.queue_names.len() + 1).map_err(|_| "too many queues")?);
        let id = *self.queue_names.entry(name.into()).or_insert(next);
        if !self.floor.queues.iter().any(|queue| queue.id == id) {
            self.floor.queues.push(Queue::new(id, name));
        }
        let queue = self.floor.queues.iter_mut().find(|queue| queue.id == id).ok_or("no such queue")?;
        clauses.try_for_each(|clause| queue_clause(queue, clause))
    }

    fn agent<'a>(&mut self, id: AgentId, mut clauses: impl Iterator<Item = &'a str>) -> Read<()> {
        let mut agent =
            AgentSettings { id, name: "".into(), queues: vec![], sign_in: SignIn::Person, idle_automatically: true };
        clauses.try_for_each(|clause| self.agent_clause(&mut agent, clause))?;
        match self.floor.agents.iter_mut().find(|agent| agent.id == id) {
            Some(known) => *known = agent,
            None => self.floor.agents.push(agent),
        }
        Ok(())
    }

    fn agent_clause(&self, agent: &mut AgentSettings, clause: &str) -> Read<()> {
        let words: Vec<&str> = clause.split_whitespace().collect();
        let mut serve = |name: &str, agent_weight: u8, queue_weight: u8| {
            agent.queues.push(AgentQueue { queue: self.queue_id(name)?, agent_weight, queue_weight });
            Ok(())
        };
        match words[..] {
            ["serves", name] => serve(name, 1, 1),
            ["serves", name, "with", "skill", skill] => serve(name, number(skill)?, 1),
            ["serves", name, "with", "weight", weight] => serve(name, 1, number(weight)?),
            ["signed", "in", "by", "phone"] => {
                agent.sign_in = SignIn::Register;
                Ok(())
            }
            ["always", "signed", "in"] => {
                agent.sign_in = SignIn::Always;
                Ok(())
            }
            ["ends", "wrap-up", "by", "hand"] => {
                agent.idle_automatically = false;
                Ok(())
            }
            _ => Err(format!("`{clause}` is nothing of an agent")),
        }
    }

    fn treatment<'a>(&mut self, name: &str, situation: &str, clauses: impl Iterator<Item = &'a str>) -> Read<()> {
        let id = self.queue_id(name)?;
        let actions = clauses.map(|clause| self.action(clause)).collect::<Read<Vec<_>>>()?;
        let chain = actions.into_iter().rev().fold(None, |fallback: Option<Treatment>, action| {
            Some(Treatment { action, fallback: fallback.map(Box::new) })
        });
        let treatment = chain.ok_or("a treatment without an action")?;
        let queue = self.floor.queues.iter_mut().find(|queue| queue.id == id).ok_or("no such queue")?;
        let treatments = &mut queue.treatments;
        *match situation_named(situation)? {
            Situation::Closed => &mut treatments.closed,
            Situation::NoAgents => &mut treatments.no_agents,
            Situation::Overflow => &mut treatments.overflow,
            Situation::Busy => &mut treatments.busy,
            Situation::Timeout => &mut treatments.timeout,
            Situation::Cancelled => &mut treatments.cancelled,
        } = treatment;
        Ok(())
    }

    fn action(&self, clause: &str) -> Read<Action> {
        let words: Vec<&str> = clause.split_whitespace().filter(|word| *word != "else").collect();
        match words[..] {
            ["release"] => Ok(Action::Release),
            ["stay"] => Ok(Action::Stay),
            ["queue", name] => self.queue_id(name).map(Action::Queue),
            ["agent", id] => number(id).map(AgentId).map(Action::Agent),
            ["outside", address] => Ok(Action::External(Arc::from(address))),
            _ => Err(format!("`{clause}` is no action")),
        }
    }
}

fn queue_clause(queue: &mut Queue, clause: &str) -> Read<()> {
    match clause.split_whitespace().collect::<Vec<_>>()[..] {
        ["rings", span] => queue.ring_max = duration(span)?,
        ["wraps", "up", span] => queue.wrap_up = duration(span)?,
        ["waits", "at", "most", span] => queue.wait_max = duration(span)?,
        ["holds", "at", "most", calls] => queue.waiting_max = Some(number(calls)?),
        ["lets", "nobody", "wait"] => queue.lets_wait = false,
        ["keeps", "agents", "ready"] => queue.keep_ready = true,
        ["asks", "for", "agents", "while", "waiting"] => queue.no_agents_while_waiting = true,
        ["open", from, "to", until] => {
            let minute = |text| duration(text).map(|span| u16::try_from(span.as_secs() / 60).unwrap_or(u16::MAX));
            queue.hours.push(OpenHours { from_minute: minute(from)?, until_minute: minute(until)? });
        }
        ["longest", "idle"] => queue.strategy = Strategy::LongestIdle,
        ["round", "robin"] => queue.strategy = Strategy::RoundRobin,
        ["least", "talked"] => queue.strategy = Strategy::LeastTalked,
        ["best", "skilled"] => queue.strategy = Strategy::BestSkilled,
        _ => return Err(format!("`{clause}` is nothing of a queue")),
    }
    Ok(())
}

fn situation_named(text: &str) -> Read<Situation> {
    let named = Situation::ALL.into_iter().find(|situation| format!("{situation:?}") == text);
    named.ok_or_else(|| format!("`{text}` is no situation"))
}
