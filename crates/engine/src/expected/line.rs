//! What is ahead of a call, and who serves it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::call::{Call, Line, Wait};
use crate::floor::Queue;
use crate::id::{AgentId, CallId, QueueId};
use crate::routing::{CallOrder, Standing, waiting};
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::server::{Private, Server, WrapUp, millis, millis_up};
use super::{AHEAD_MAX, SERVERS_MAX};

/// How far a place in a line is counted; whoever is further back is taken for the last.
const PLACE_MAX: usize = 4096;

/// How many other queues of the same agents are looked at, and how many calls of each.
const RIVAL_QUEUES_MAX: usize = 32;
const RIVAL_CALLS_MAX: usize = 64;

/// Shares of rivals are counted in these parts.
const PARTS: u64 = 1024;

/// A call, those ahead of it, and those who serve them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ahead {
    pub(super) takers: Vec<Taker>,
    /// The calls ahead that are played, in order.
    pub(super) calls: Vec<Waiter>,
    /// How many more there are.
    pub(super) beyond: u64,
    /// The call itself.
    pub(super) own: Waiter,
    /// It is served so much of the way from the last one ahead to the next: `.0` of `.1`, the whole way but where only
    /// some of the agents are played.
    pub(super) way: (u64, u64),
    /// How many calls come in a million seconds that these agents will take before it, but for private ones.
    pub(super) overtaking: u64,
    /// What follows the talks with these.
    pub(super) wraps_up: WrapUp,
    /// All agents who serve it are played.
    pub(super) is_whole: bool,
}

/// An agent who serves the line.
#[derive(Clone, Debug)]
pub(super) struct Taker {
    pub(super) server: Server,
    /// How old, in milliseconds, a call must be for its weight; none: it never has the weight.
    pub(super) from_age: Option<u64>,
    /// Until when it is kept from the call itself, in milliseconds from now.
    kept_until: u64,
}

/// A call that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiter {
    /// In milliseconds.
    age: u64,
    pub(super) wraps_up: WrapUp,
}

impl Default for Waiter {
    fn default() -> Self {
        Self { age: u64::MAX, wraps_up: WrapUp::None }
    }
}

impl Waiter {
    fn of(state: &State, now: Timestamp, call: &Call, wait: &Wait) -> Self {
        let age = millis(now.since(call.since.unwrap_or(wait.joined)));
        Self { age, wraps_up: WrapUp::after(state, call) }
    }

    /// From when on an agent may take it, in milliseconds from now; none: never.
    pub(super) fn takeable_from(self, taker: &Taker) -> Option<u64> {
        Some(taker.from_age?.saturating_sub(self.age))
    }
}

impl Taker {
    /// From when on the agent may take the call that is asked about.
    pub(super) fn own_from(&self, own: Waiter) -> Option<u64> {
        Some(own.takeable_from(self)?.max(self.kept_until))
    }
}

/// A call's place in its queue, and what decides it.
struct Own<'a> {
    queue: &'a Queue,
    priority: u8,
    order: CallOrder,
    standing: Standing,
    not_before: &'a [(AgentId, Timestamp)],
    id: Option<CallId>,
}

impl Ahead {
    pub(super) fn of_waiting(state: &State, now: Timestamp, call: &Call, wait: &Wait) -> Self {
        let own = Waiter::of(state, now, call, wait);
        match wait.line {
            Line::Private(agent) => {
                let Some(agent) = state.agent(agent) else { return Self::default() };
                let ahead = state.private_queue(agent.settings.id).take_while(|other| other.id != call.id);
                let kept = kept_until(&call.not_before, agent.settings.id, now);
                Self::of_private(state, now, agent, call.priority, (ahead, own, kept))
            }
            Line::Queue(id) => {
                let Some(queue) = state.queue(id) else { return Self::default() };
                let step = state.priority_step(id);
                let order = CallOrder::of(call, wait, step);
                let standing = Standing::of(&order, step, now);
                let place = Own {
                    queue,
                    priority: call.priority,
                    order,
                    standing,
                    not_before: &call.not_before,
                    id: Some(call.id),
                };
                Self::of_public(state, now, &place, own)
            }
        }
    }

    pub(super) fn of_newcomer(state: &State, now: Timestamp, queue: &Queue, priority: u8) -> Self {
        let step = state.priority_step(queue.id);
        let order = CallOrder::of_newcomer(priority, now, step);
        let standing = Standing::of_newcomer(priority, now, step);
        let own = Waiter { age: 0, wraps_up: WrapUp::of(queue.wrap_up) };
        Self::of_public(state, now, &Own { queue, priority, order, standing, not_before: &[], id: None }, own)
    }

    pub(super) fn of_directed(state: &State, now: Timestamp, agent: &Agent, priority: u8) -> Self {
        let ahead = state.private_queue(agent.settings.id).take_while(|other| other.priority >= priority);
        Self::of_private(state, now, agent, priority, (ahead, Waiter::default(), 0))
    }

    fn of_private<'a>(
        state: &State,
        now: Timestamp,
        agent: &Agent,
        priority: u8,
        (ahead, own, kept_until): (impl Iterator<Item = &'a Call>, Waiter, u64),
    ) -> Self {
        let place = (0, Private::NONE, agent.settings.queues.first().map(|part| part.queue));
        let Some(server) = Server::of(state, now, agent, place) else { return Self::default() };
        let waiter = |call: &Call| Waiter { age: u64::MAX, wraps_up: WrapUp::after(state, call) };
        let mut calls: Vec<Waiter> = ahead.map(waiter).collect();
        let public = Waiter { age: u64::MAX, wraps_up: calls.first().map_or(WrapUp::None, |call| call.wraps_up) };
        calls.extend(core::iter::repeat_n(public, public_ones_between(state, agent, calls.len())));
        let beyond = calls.len().saturating_sub(AHEAD_MAX) as u64;
        calls.truncate(AHEAD_MAX);
        let overtaking = state.figures(agent.settings.id).map_or(0, |figures| figures.joined.above(priority, now));
        let taker = Taker { server, from_age: Some(0), kept_until };
        Self {
            takers: Vec::from([taker]),
            calls,
            beyond,
            own,
            way: (1, 1),
            overtaking,
            wraps_up: public.wraps_up,
            is_whole: true,
        }
    }

    fn of_public(state: &State, now: Timestamp, place: &Own<'_>, own: Waiter) -> Self {
        let sample = Sample::of(state, place.queue);
        let mut takers = Vec::new();
        let mut rivals = Rivals::default();
        for agent in &sample.agents {
            let at = (takers.len(), Private::before_public(state, now, agent, place.queue), Some(place.queue.id));
            let Some(server) = Server::of(state, now, agent, at) else { continue };
            let from_age = from_age(place.queue, agent);
            let kept_until = kept_until(place.not_before, agent.settings.id, now);
            takers.push(Taker { server, from_age, kept_until });
            rivals.add(state, now, place, agent);
        }
        let mut line: Vec<Waiter> = Vec::new();
        let before_it =
            |call: &&Call| Some(call.id) != place.id && order_of(state, place.queue.id, call) < Some(place.order);
        let ahead = state.waiting(place.queue.id).take_while(before_it).take(AHEAD_MAX);
        line.extend(ahead.filter_map(|call| Some(Waiter::of(state, now, call, waiting(call)?))));
        let in_line = if line.len() < AHEAD_MAX {
            line.len()
        } else {
            state.ahead_count(place.queue.id, &place.order, PLACE_MAX)
        };
        let wraps_up = WrapUp::of(place.queue.wrap_up);
        let rival = Waiter { age: u64::MAX, wraps_up };
        let (calls, beyond, way) = sample.share_of(&line, in_line as u64, rivals.count(), rival);
        let wraps_up = WrapUp::of(place.queue.wrap_up);
        Self { takers, calls, beyond, own, way, overtaking: rivals.overtaking, wraps_up, is_whole: sample.is_whole() }
    }
}

/// The public calls that go ahead of one that has so many private ones before it.
fn public_ones_between(state: &State, agent: &Agent, before: usize) -> usize {
    let Some(max) = state.settings().private_run_max.filter(|max| *max > 0) else { return 0 };
    let run = usize::try_from(agent.private_run).unwrap_or(usize::MAX);
    let turns = run.saturating_add(before) / usize::try_from(max).unwrap_or(usize::MAX);
    let waiting = agent.settings.queues.iter().map(|part| state.waiting_count(part.queue)).sum();
    turns.min(waiting).min(AHEAD_MAX)
}

fn order_of(state: &State, queue: QueueId, call: &Call) -> Option<CallOrder> {
    Some(CallOrder::of(call, waiting(call)?, state.priority_step(queue)))
}

fn kept_until(not_before: &[(AgentId, Timestamp)], agent: AgentId, now: Timestamp) -> u64 {
    let kept = not_before.iter().filter(|(kept, _)| *kept == agent);
    kept.map(|(_, until)| millis_up(until.since(now))).max().unwrap_or(0)
}

/// How old a call of a queue must be for an agent.
fn from_age(queue: &Queue, agent: &Agent) -> Option<u64> {
    let weight = queue.takers().filter_map(|taker| agent.settings.weight_in(taker)).max()?;
    if queue.skill_steps.is_empty() {
        return Some(0);
    }
    queue.skill_steps.iter().find(|step| step.weight_min <= weight).map(|step| millis(step.after))
}

/// The agents of a queue who are played, of all there are.
struct Sample<'a> {
    agents: Vec<&'a Agent>,
    all: u64,
}

impl<'a> Sample<'a> {
    fn of(state: &'a State, queue: &Queue) -> Self {
        let mut agents: Vec<&Agent> = Vec::new();
        let mut all = 0;
        for taker in queue.takers() {
            all += state.signed_in_count(taker);
            let earlier = |agent: &&Agent| {
                let mut before = queue.takers().take_while(|other| *other != taker);
                !before.any(|other| agent.settings.serves(other))
            };
            let free = SERVERS_MAX - agents.len();
            agents.extend(state.signed_in(taker).take(free).filter(earlier));
        }
        let is_whole = agents.len() < SERVERS_MAX;
        let all = if is_whole { agents.len() } else { all.max(agents.len()) };
        Self { agents, all: all as u64 }
    }

    const fn is_whole(&self) -> bool {
        self.all == self.agents.len() as u64
    }

    /// As many of the calls ahead as these agents will take: those that are played, how many more, and how much of the
    /// way to the next.
    fn share_of(&self, line: &[Waiter], in_line: u64, rivals: u64, rival: Waiter) -> (Vec<Waiter>, u64, (u64, u64)) {
        let (played, all) = ((self.agents.len() as u64).max(1), self.all.max(1));
        let position = (in_line + rivals + 1) * played;
        let (whole, rest) = (position / all, position % all);
        let ahead = if rest == 0 { whole - 1 } else { whole };
        let way = if rest == 0 { (1, 1) } else { (rest, all) };
        let kept = usize::try_from(ahead).unwrap_or(AHEAD_MAX).min(AHEAD_MAX);
        let of_rivals = kept as u64 * rivals / (in_line + rivals).max(1);
        let of_rivals = usize::try_from(of_rivals).unwrap_or(kept).max(kept.saturating_sub(line.len()));
        let mut calls = Vec::with_capacity(kept);
        calls.resize(of_rivals, rival);
        calls.extend(&line[..kept - of_rivals]);
        (calls, ahead - kept as u64, way)
    }
}

/// Calls of other queues that come before a call with the same agents.
#[derive(Default)]
struct Rivals {
    queues: BTreeMap<QueueId, Rival>,
    parts: u64,
    /// How many calls come in a million seconds that these agents will take before the call.
    overtaking: u64,
}

impl Rivals {
    /// Takes up an agent who serves the line.
    fn add(&mut self, state: &State, now: Timestamp, place: &Own<'_>, agent: &Agent) {
        let is_own = |queue: QueueId| place.queue.takers().any(|taker| taker == queue);
        let of_own = agent.settings.queues.iter().filter(|part| is_own(part.queue));
        let Some(matters) = of_own.map(|part| part.queue_weight).max() else { return };
        for part in agent.settings.queues.iter().filter(|part| part.queue_weight >= matters) {
            for queue in core::iter::once(part.queue).chain(state.hosts(part.queue)) {
                let is_full = self.queues.len() >= RIVAL_QUEUES_MAX;
                if is_full && !self.queues.contains_key(&queue) {
                    continue;
                }
                let rival = *self.queues.entry(queue).or_insert_with(|| Rival::of(state, now, place, queue));
                let is_first = part.queue_weight > matters && queue != place.queue.id;
                self.parts += rival.ahead(is_first) * PARTS / rival.servers;
                self.overtaking += rival.overtaking(is_first) / rival.servers;
            }
        }
    }

    fn count(&self) -> u64 {
        (self.parts + PARTS / 2) / PARTS
    }
}

/// A queue of the same agents, the call's own among them.
#[derive(Clone, Copy)]
struct Rival {
    /// How many calls wait.
    all: u64,
    /// How many of these come before the call where both queues matter alike.
    before: u64,
    /// How many come in a million seconds.
    joining: u64,
    /// How many of these will come before the call where both queues matter alike.
    overtaking: u64,
    /// How many agents serve it, at least one.
    servers: u64,
}

impl Rival {
    fn of(state: &State, now: Timestamp, place: &Own<'_>, id: QueueId) -> Self {
        let step = state.priority_step(id);
        let is_before = |call: &&Call| {
            let order = waiting(call).map(|wait| CallOrder::of(call, wait, step));
            order.is_some_and(|order| Standing::of(&order, step, now) < place.standing)
        };
        let is_own = id == place.queue.id;
        // The calls of its own queue are the line.
        let all = if is_own { 0 } else { state.waiting_count(id) };
        let looked_at = if is_own { 0 } else { RIVAL_CALLS_MAX };
        let before = state.waiting(id).take(looked_at).take_while(is_before).count();
        let before = if before == RIVAL_CALLS_MAX { all } else { before };
        let serve = |taker| state.available_count(taker) as u64 + u64::from(state.passed_over(taker).engaged);
        let servers = state.queue(id).map_or(0, |queue| queue.takers().map(serve).sum());
        let flow = |priority| state.queue_figures(id).map_or(0, |figures| figures.joined.above(priority, now));
        Self {
            all: all as u64,
            before: before as u64,
            joining: flow(0),
            overtaking: flow(place.priority),
            servers: servers.max(1),
        }
    }

    const fn ahead(self, is_first: bool) -> u64 {
        if is_first { self.all } else { self.before }
    }

    const fn overtaking(self, is_first: bool) -> u64 {
        if is_first { self.joining } else { self.overtaking }
    }
}
