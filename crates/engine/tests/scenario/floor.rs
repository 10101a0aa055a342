//! Sentences about the floor.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, DayHours, DirectedToNotReady, Floor, Holiday, OnNotReady, OnRestEnd,
    OnSignOut, OpenHours, PrivateAction, PrivateSettings, Queue, QueueId, RestMax, SignIn, Situation, SkillStep,
    Strategy, Treatment, VdnId, VdnSettings,
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
        if let Some(actions) = clause.strip_prefix("ends private waits by ") {
            self.floor.settings.on_private_wait_end = self.private_actions(actions)?;
            return Ok(());
        }
        let settings = &mut self.floor.settings;
        match clause.split_whitespace().collect::<Vec<_>>()[..] {
            ["private", "wait", span] => settings.private_wait_max = duration(span)?,
            ["private", "depth", depth] => settings.private_depth_max = number(depth)?,
            ["default", "queue", _] => settings.default_queue = queue,
            ["directed", "calls", "wait"] => settings.directed_to_not_ready = DirectedToNotReady::Wait,
            ["signing", "out", ref what @ ..] => settings.on_sign_out = on_sign_out(what)?,
            ["not", "ready", "counts", "as", "signing", "out"] => settings.on_not_ready = OnNotReady::AsOnSignOut,
            ["delegate", id] => settings.delegate = Some(AgentId(number(id)?)),
            ["priority", "grows", "every", span] => settings.priority_step = Some(duration(span)?),
            ["a", "public", "call", "after", calls, "private"] => settings.private_run_max = Some(number(calls)?),
            ["a", "public", "call", "that", "waits", span] => settings.public_wait_max = Some(duration(span)?),
            ["rest", "wishes", "wait"] => settings.rest_wait = true,
            ["ready", "after", "a", "rest"] => settings.on_rest_end = OnRestEnd::Ready,
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
        clauses.try_for_each(|clause| {
            let Some(others) = clause.strip_prefix("also taken by ") else { return queue_clause(queue, clause) };
            let ids = others.split(" and ").map(|name| self.queue_names.get(name).copied());
            queue.also = ids.collect::<Option<_>>().ok_or("a queue that is not there yet")?;
            Ok(())
        })
    }

    fn agent<'a>(&mut self, id: AgentId, mut clauses: impl Iterator<Item = &'a str>) -> Read<()> {
        let mut agent = AgentSettings::new(id, "");
        clauses.try_for_each(|clause| self.agent_clause(&mut agent, clause))?;
        match self.floor.agents.iter_mut().find(|agent| agent.id == id) {
            Some(known) => *known = agent,
            None => self.floor.agents.push(agent),
        }
        Ok(())
    }

    /// `return`, `delegate`, `sender`, `queue sales`, `agent 1002`, `stay`, `release`, with `or` between them.
    fn private_actions(&self, text: &str) -> Read<Vec<PrivateAction>> {
        let action = |text: &str| match text.split_whitespace().collect::<Vec<_>>()[..] {
            ["return"] => Ok(PrivateAction::Return),
            ["delegate"] => Ok(PrivateAction::Delegate),
            ["sender"] => Ok(PrivateAction::ReturnToSender),
            ["queue", name] => self.queue_id(name).map(PrivateAction::Queue),
            ["agent", id] => number(id).map(AgentId).map(PrivateAction::Agent),
            ["stay"] => Ok(PrivateAction::Stay),
            ["release"] => Ok(PrivateAction::Release),
            _ => Err(format!("`{text}` ends no private wait")),
        };
        text.split(" or ").map(action).collect()
    }

    fn agent_clause(&self, agent: &mut AgentSettings, clause: &str) -> Read<()> {
        if let Some(actions) = clause.strip_prefix("ends private waits by ") {
            agent.private.on_wait_end = Some(self.private_actions(actions)?);
            return Ok(());
        }
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
            ref words => private_clause(&mut agent.private, words),
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
        ["priority", "grows", "every", span] => queue.priority_step = Some(duration(span)?),
        ["priority", "does", "not", "grow"] => queue.priority_step = Some(std::time::Duration::ZERO),
        ["after", span, "skill", weight] => {
            queue.skill_steps.push(SkillStep { after: duration(span)?, weight_min: number(weight)? });
        }
        ["at", "most", most, "rest"] => {
            queue.rest_max = Some(match most.strip_suffix('%') {
                Some(percent) => RestMax::Percent(number(percent)?),
                None => RestMax::Agents(number(most)?),
            });
        }
        ["all", "may", "rest"] => queue.rest_max = None,
        ["closed", "on", day] => queue.holidays.push(Holiday { day: number(day)?, hours: vec![] }),
        ["open", "on", day, "from", from, "to", until] => {
            let minute = |text| duration(text).map(|span| u16::try_from(span.as_secs() / 60).unwrap_or(u16::MAX));
            let hours = vec![DayHours { from_minute: minute(from)?, until_minute: minute(until)? }];
            queue.holidays.push(Holiday { day: number(day)?, hours });
        }
        ["longest", "idle"] => queue.strategy = Strategy::LongestIdle,
        ["round", "robin"] => queue.strategy = Strategy::RoundRobin,
        ["least", "talked"] => queue.strategy = Strategy::LeastTalked,
        ["best", "skilled"] => queue.strategy = Strategy::BestSkilled,
        _ => return Err(format!("`{clause}` is nothing of a queue")),
    }
    Ok(())
}

/// What an agent's private queue has otherwise than the VDN says.
fn private_clause(private: &mut PrivateSettings, words: &[&str]) -> Read<()> {
    match words {
        ["private", "wait", span] => private.wait_max = Some(duration(span)?),
        ["private", "depth", depth] => private.depth_max = Some(number(depth)?),
        ["directed", "calls", "wait"] => private.directed_to_not_ready = Some(DirectedToNotReady::Wait),
        ["directed", "calls", "are", "refused"] => private.directed_to_not_ready = Some(DirectedToNotReady::Refuse),
        ["signing", "out", what @ ..] => private.on_sign_out = Some(on_sign_out(what)?),
        ["not", "ready", "counts", "as", "signing", "out"] => private.on_not_ready = Some(OnNotReady::AsOnSignOut),
        ["not", "ready", "keeps", "calls"] => private.on_not_ready = Some(OnNotReady::Keep),
        ["delegate", id] => private.delegate = Some(AgentId(number(id)?)),
        _ => return Err(format!("`{}` is nothing of an agent", words.join(" "))),
    }
    Ok(())
}

/// What follows `signing out`.
fn on_sign_out(words: &[&str]) -> Read<OnSignOut> {
    match words {
        ["returns", "calls"] => Ok(OnSignOut::Return),
        ["hands", "calls", "to", "the", "delegate"] => Ok(OnSignOut::Delegate),
        ["returns", "calls", "to", "their", "senders"] => Ok(OnSignOut::ReturnToSender),
        ["is", "refused", "while", "calls", "wait"] => Ok(OnSignOut::Refuse),
        ["releases", "calls"] => Ok(OnSignOut::Release),
        _ => Err(format!("`signing out {}` means nothing", words.join(" "))),
    }
}

fn situation_named(text: &str) -> Read<Situation> {
    let named = Situation::ALL.into_iter().find(|situation| format!("{situation:?}") == text);
    named.ok_or_else(|| format!("`{text}` is no situation"))
}
