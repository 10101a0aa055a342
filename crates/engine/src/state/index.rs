//! What can be looked up without a search. Everything here follows from the facts alone: a call and an agent are
//! listed as they are now, taken off the lists before they change, and listed again after.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

use crate::agent::{Presence, Reach, Rest, Work};
use crate::call::{Call, Line, PassedOver, Place, Wait};
use crate::floor::{Queue, Strategy};
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId};
use crate::routing::{AgentOrder, CallOrder};
use crate::time::Timestamp;

use super::by_queue::{ByQueue, QueueSet};
use super::by_weight::ByWeight;
use super::lookup::Lookup;
use super::merged::Merged;
use super::rests::{RestIndex, RestStanding};
use super::table::Table;
use super::{Agent, Deadline};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    queues: ByQueue<QueueIndex>,
    /// How many calls of a queue ring at an agent or are talked with; no entry is 0. Apart from the queues, for a talk
    /// outlives the queue that it came from.
    with_agents: Lookup<QueueId, u32>,
    /// Calls that wait for one agent; no entry is empty.
    private: Lookup<AgentId, BTreeSet<CallOrder>>,
    /// Queues in which calls wait while agents are available: what settling looks at.
    matchable: QueueSet,
    /// Queues with available agents whose calls wait elsewhere: in queues that list them among their further ones.
    matchable_also: QueueSet,
    /// Available agents for whom private calls wait: what settling looks at first.
    servable: BTreeSet<AgentId>,
    pub(super) call_by_offer: Lookup<OfferId, CallId>,
    pub(super) call_by_key: Lookup<LegKey, CallId>,
    pub(super) deadlines: BTreeSet<(Timestamp, Deadline)>,
    /// Who rests, and who waits for it.
    pub(super) rests: RestIndex,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct QueueIndex {
    strategy: Strategy,
    /// By the least weight that an agent must have.
    waiting: ByWeight<CallOrder>,
    /// By their weight in the queue.
    available: ByWeight<AgentOrder>,
    /// All agents who are signed in to it, in an order that has nothing to do with their ids: the first of them are as
    /// good a sample as any.
    signed_in: BTreeSet<(u32, AgentId)>,
    /// All agents who have it among their queues, signed in or not.
    agents: BTreeSet<AgentId>,
    passed_over: PassedOver,
    /// In which time the priority of its calls grows by one.
    step: Option<Duration>,
    /// Queues whose agents may take its calls too.
    also: Vec<QueueId>,
    /// Queues whose calls its agents may take too.
    hosts: BTreeSet<QueueId>,
}

impl Index {
    /// The calls of a queue that an agent of this weight may take, in the order in which they will be served.
    pub(super) fn waiting(&self, queue: QueueId, weight: u8) -> impl Iterator<Item = CallId> {
        self.waiting_orders(queue, weight).map(|order| order.call)
    }

    /// The places of these calls.
    pub(super) fn waiting_orders(&self, queue: QueueId, weight: u8) -> impl Iterator<Item = &CallOrder> {
        let lists = self.queues.get(queue).into_iter().flat_map(move |index| index.waiting.up_to(weight));
        Merged::new(lists)
    }

    pub(super) fn priority_step(&self, queue: QueueId) -> Option<Duration> {
        self.queues.get(queue)?.step
    }

    pub(super) fn waiting_count(&self, queue: QueueId) -> usize {
        self.queues.get(queue).map_or(0, |index| index.waiting.len())
    }

    pub(super) fn private(&self, agent: AgentId) -> impl ExactSizeIterator<Item = CallId> {
        let calls = self.private.get(&agent).unwrap_or(const { &BTreeSet::new() });
        calls.iter().map(|order| order.call)
    }

    /// The available agents of a queue who have at least this weight in it, in the order of its strategy.
    pub(super) fn available(&self, queue: QueueId, weight_min: u8) -> impl Iterator<Item = AgentId> {
        let lists = self.queues.get(queue).into_iter().flat_map(move |index| index.available.from(weight_min));
        Merged::new(lists).map(|order| order.agent)
    }

    pub(super) fn available_count(&self, queue: QueueId, weight_min: u8) -> usize {
        let index = self.queues.get(queue);
        index.map_or(0, |index| index.available.from(weight_min).map(BTreeSet::len).sum())
    }

    pub(super) fn best_available(&self, queue: QueueId) -> Option<u8> {
        self.queues.get(queue)?.available.greatest()
    }

    pub(super) fn signed_in_count(&self, queue: QueueId) -> usize {
        self.queues.get(queue).map_or(0, |index| index.signed_in.len())
    }

    pub(super) fn signed_in(&self, queue: QueueId) -> impl Iterator<Item = AgentId> {
        self.queues.get(queue).into_iter().flat_map(|index| index.signed_in.iter().map(|(_, agent)| *agent))
    }

    pub(super) fn agents_of(&self, queue: QueueId) -> impl Iterator<Item = AgentId> {
        self.queues.get(queue).into_iter().flat_map(|index| index.agents.iter().copied())
    }

    pub(super) fn with_agents_count(&self, queue: QueueId) -> u32 {
        self.with_agents.get(&queue).copied().unwrap_or(0)
    }

    /// How many calls of a queue come before a place, of each list no more than `max`; further back it is all of them.
    pub(super) fn ahead_count(&self, queue: QueueId, place: &CallOrder, max: usize) -> usize {
        let lists = self.queues.get(queue).into_iter().flat_map(|index| index.waiting.up_to(u8::MAX));
        let ahead = |list: &BTreeSet<CallOrder>| {
            let counted = list.range(..place).take(max).count();
            if counted == max { list.len() } else { counted }
        };
        lists.map(ahead).sum()
    }

    pub(super) fn passed_over(&self, queue: QueueId) -> PassedOver {
        self.queues.get(queue).map_or_else(PassedOver::default, |index| index.passed_over)
    }

    pub(super) fn matchable(&self) -> impl Iterator<Item = QueueId> {
        self.matchable.iter()
    }

    pub(super) fn matchable_also(&self) -> impl Iterator<Item = QueueId> {
        self.matchable_also.iter()
    }

    pub(super) fn hosts(&self, queue: QueueId) -> impl Iterator<Item = QueueId> {
        self.queues.get(queue).into_iter().flat_map(|index| index.hosts.iter().copied())
    }

    pub(super) fn servable(&self) -> impl Iterator<Item = AgentId> {
        self.servable.iter().copied()
    }

    /// Takes up a queue, or its new strategy: its available agents stand in another order then.
    pub(super) fn define_queue(&mut self, queue: &Queue, agents: &Table<AgentId, Agent>) {
        self.define_also(queue.id, &queue.also);
        self.rests.define_queue(queue.id, queue.rest_max, agents);
        let index = self.queues.or_default(queue.id);
        if index.strategy == queue.strategy {
            return;
        }
        index.strategy = queue.strategy;
        for (weight, listed) in index.available.lists_mut() {
            let agents = listed.iter().filter_map(|order| agents.get(order.agent));
            *listed = agents.map(|agent| AgentOrder::of(queue.strategy, agent, weight)).collect();
        }
    }

    /// Takes up how the priority of a queue's calls grows: they stand in another order then.
    pub(super) fn define_step(&mut self, queue: QueueId, step: Option<Duration>, calls: &Table<CallId, Call>) {
        let index = self.queues.or_default(queue);
        if index.step == step {
            return;
        }
        index.step = step;
        let order = |call: &Call| match &call.place {
            Place::Waiting(wait) => Some(CallOrder::of(call, wait, step)),
            Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
        };
        for (_, listed) in index.waiting.lists_mut() {
            *listed = listed.iter().filter_map(|before| order(calls.get(before.call)?)).collect();
        }
    }

    /// Takes up who else may take a queue's calls.
    fn define_also(&mut self, queue: QueueId, also: &[QueueId]) {
        let index = self.queues.or_default(queue);
        if index.also == also {
            return;
        }
        let before = core::mem::replace(&mut index.also, also.to_vec());
        for other in &before {
            if let Some(other) = self.queues.get_mut(*other) {
                other.hosts.remove(&queue);
            }
        }
        for other in also {
            self.queues.or_default(*other).hosts.insert(queue);
        }
        before.iter().chain(also).for_each(|other| self.match_also(*other));
    }

    /// Notes whether an available agent of a queue may take one of its calls, and one of those that wait elsewhere.
    fn match_queue(&mut self, queue: QueueId) {
        let index = self.queues.get(queue);
        let is_matchable = index.is_some_and(|index| index.can_take_from(index));
        let has_hosts = index.is_some_and(|index| !index.hosts.is_empty());
        self.matchable.note(queue, is_matchable);
        if has_hosts {
            self.match_also(queue);
        }
    }

    fn match_also(&mut self, queue: QueueId) {
        let is_matchable = self.queues.get(queue).is_some_and(|index| {
            index.hosts.iter().filter_map(|host| self.queues.get(*host)).any(|host| index.can_take_from(host))
        });
        self.matchable_also.note(queue, is_matchable);
    }

    /// As [`Self::match_queue`], and for all queues whose agents may take its calls.
    fn match_takers(&mut self, queue: QueueId) {
        self.match_queue(queue);
        let count = self.queues.get(queue).map_or(0, |index| index.also.len());
        for nth in 0..count {
            if let Some(other) = self.queues.get(queue).and_then(|index| index.also.get(nth).copied()) {
                self.match_also(other);
            }
        }
    }

    pub(super) fn remove_queue(&mut self, queue: QueueId) {
        if self.queues.get(queue).is_some() {
            self.define_also(queue, &[]);
        }
        self.rests.remove_queue(queue);
        let Some(index) = self.queues.remove(queue) else { return };
        assert!(index.waiting.len() == 0, "a queue is removed only when no call waits in it");
        assert!(index.agents.is_empty(), "a queue is removed only when it is no agent's any more");
    }

    /// One of the queues of an agent.
    fn of_agent(&mut self, queue: QueueId) -> &mut QueueIndex {
        self.queues.get_mut(queue).expect("an agent's queues are of the floor")
    }

    /// Takes up an agent.
    pub(super) fn list_agent(&mut self, agent: &Agent) {
        for part in &agent.settings.queues {
            self.of_agent(part.queue).agents.insert(agent.settings.id);
        }
        self.restand(agent, Standing::Out, Standing::of(agent));
        self.rests.restand(agent, RestStanding::OUT, RestStanding::of(agent));
        self.list_work(agent);
    }

    /// Drops an agent.
    pub(super) fn unlist_agent(&mut self, agent: &Agent) {
        for part in &agent.settings.queues {
            self.of_agent(part.queue).agents.remove(&agent.settings.id);
        }
        self.restand(agent, Standing::of(agent), Standing::Out);
        self.rests.restand(agent, RestStanding::of(agent), RestStanding::OUT);
        self.unlist_work(agent);
    }

    /// Counts an agent anew in each of its queues, where it stood otherwise before.
    pub(super) fn restand(&mut self, agent: &Agent, before: Standing, after: Standing) {
        if before == after {
            return;
        }
        for part in &agent.settings.queues {
            let index = self.of_agent(part.queue);
            if before == Standing::Out {
                index.signed_in.insert(mixed(agent.settings.id));
            } else if after == Standing::Out {
                index.signed_in.remove(&mixed(agent.settings.id));
            }
            if let Some(count) = index.passed_over(before) {
                *count -= 1;
            }
            if let Some(count) = index.passed_over(after) {
                *count += 1;
            }
        }
    }

    /// Lists what an agent can be found by that changes with its work: an available one, and its deadlines.
    pub(super) fn list_work(&mut self, agent: &Agent) {
        let id = agent.settings.id;
        self.deadlines.extend(deadlines_of_agent(agent));
        if !agent.is_available() {
            return;
        }
        for part in &agent.settings.queues {
            let index = self.of_agent(part.queue);
            let order = AgentOrder::of(index.strategy, agent, part.agent_weight);
            if index.available.insert(part.agent_weight, order) {
                self.match_queue(part.queue);
            }
        }
        if self.private.contains_key(&id) {
            self.servable.insert(id);
        }
    }

    /// Takes off the lists what [`Self::list_work`] put there.
    pub(super) fn unlist_work(&mut self, agent: &Agent) {
        let id = agent.settings.id;
        for deadline in deadlines_of_agent(agent) {
            self.deadlines.remove(&deadline);
        }
        if !agent.is_available() {
            return;
        }
        for part in &agent.settings.queues {
            let index = self.of_agent(part.queue);
            let order = AgentOrder::of(index.strategy, agent, part.agent_weight);
            if index.available.remove(part.agent_weight, &order) {
                self.match_queue(part.queue);
            }
        }
        self.servable.remove(&id);
    }

    /// Takes up a call.
    pub(super) fn list_call(&mut self, call: &Call, agents: &Table<AgentId, Agent>) {
        self.call_by_key.insert(call.key, call.id);
        self.list_place(call, agents);
    }

    /// Drops a call.
    pub(super) fn unlist_call(&mut self, call: &Call) {
        self.call_by_key.remove(&call.key);
        self.unlist_place(call);
    }

    /// Lists what a call can be found by that changes with its place.
    pub(super) fn list_place(&mut self, call: &Call, agents: &Table<AgentId, Agent>) {
        self.deadlines.extend(deadlines_of_call(call));
        match &call.place {
            Place::Waiting(wait) => self.list_wait(call, wait, agents),
            Place::Offered { offer, wait, .. } => {
                self.call_by_offer.insert(*offer, call.id);
                self.list_with_agent(wait.line);
            }
            Place::Talking { line, .. } => self.list_with_agent(*line),
            Place::Outside { .. } => {}
        }
    }

    /// Takes off the lists what [`Self::list_place`] put there.
    pub(super) fn unlist_place(&mut self, call: &Call) {
        for deadline in deadlines_of_call(call) {
            self.deadlines.remove(&deadline);
        }
        match &call.place {
            Place::Waiting(wait) => self.unlist_wait(call, wait),
            Place::Offered { offer, wait, .. } => {
                self.call_by_offer.remove(offer);
                self.unlist_with_agent(wait.line);
            }
            Place::Talking { line, .. } => self.unlist_with_agent(*line),
            Place::Outside { .. } => {}
        }
    }

    fn list_with_agent(&mut self, line: Line) {
        if let Line::Queue(queue) = line {
            *self.with_agents.or_default(queue) += 1;
        }
    }

    fn unlist_with_agent(&mut self, line: Line) {
        let Line::Queue(queue) = line else { return };
        let count = self.with_agents.get_mut(&queue).expect("a call with an agent is counted");
        *count -= 1;
        if *count == 0 {
            self.with_agents.remove(&queue);
        }
    }

    fn list_wait(&mut self, call: &Call, wait: &Wait, agents: &Table<AgentId, Agent>) {
        match wait.line {
            Line::Queue(queue) => {
                let index = self.queues.get_mut(queue).expect("a call waits in a queue of the floor");
                let order = CallOrder::of(call, wait, index.step);
                if index.waiting.insert(wait.weight_min, order) {
                    self.match_takers(queue);
                }
            }
            Line::Private(agent) => {
                self.private.or_default(agent).insert(CallOrder::of(call, wait, None));
                if agents.get(agent).is_some_and(Agent::is_available) {
                    self.servable.insert(agent);
                }
            }
        }
    }

    fn unlist_wait(&mut self, call: &Call, wait: &Wait) {
        match wait.line {
            Line::Queue(queue) => {
                let index = self.queues.get_mut(queue).expect("a call waits in a queue of the floor");
                let order = CallOrder::of(call, wait, index.step);
                if index.waiting.remove(wait.weight_min, &order) {
                    self.match_takers(queue);
                }
            }
            Line::Private(agent) => {
                let calls = self.private.get_mut(&agent).expect("a call that waits in private is listed");
                calls.remove(&CallOrder::of(call, wait, None));
                if calls.is_empty() {
                    self.private.remove(&agent);
                    self.servable.remove(&agent);
                }
            }
        }
    }
}

/// As what an agent counts in its queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Signed out: it does not count.
    Out,
    Available,
    Engaged,
    Lost,
    NotReady,
}

impl Standing {
    pub(super) fn of(agent: &Agent) -> Self {
        match (agent.presence, agent.work.is_engaged(), agent.reach) {
            (Presence::SignedOut, _, _) => Self::Out,
            (_, true, _) => Self::Engaged,
            (_, false, Reach::Lost { .. }) => Self::Lost,
            (Presence::Ready, false, Reach::Reachable) => Self::Available,
            (Presence::NotReady(_), false, Reach::Reachable) => Self::NotReady,
        }
    }
}

impl QueueIndex {
    /// Where an agent is counted who is signed in and not available.
    fn passed_over(&mut self, standing: Standing) -> Option<&mut u32> {
        match standing {
            Standing::Out | Standing::Available => None,
            Standing::Engaged => Some(&mut self.passed_over.engaged),
            Standing::Lost => Some(&mut self.passed_over.lost),
            Standing::NotReady => Some(&mut self.passed_over.not_ready),
        }
    }

    /// Whether an available agent of this queue has the weight that a call of that queue needs.
    fn can_take_from(&self, host: &Self) -> bool {
        matches!((self.available.greatest(), host.waiting.least()), (Some(weight), Some(need)) if need <= weight)
    }
}

/// An agent with a number that is its own and looks like chance.
const fn mixed(agent: AgentId) -> (u32, AgentId) {
    (agent.0.wrapping_mul(0x9e37_79b1) ^ agent.0.wrapping_mul(0x85eb_ca6b) >> 15, agent)
}

fn deadlines_of_agent(agent: &Agent) -> impl Iterator<Item = (Timestamp, Deadline)> + use<> {
    let id = agent.settings.id;
    let (retry_at, sign_out_at) = match agent.reach {
        Reach::Reachable => (None, None),
        Reach::Lost { retry_at, sign_out_at, .. } => (retry_at, sign_out_at),
    };
    let wrap_up_end = match agent.work {
        Work::WrapUp { until, .. } => until,
        Work::Idle { .. } | Work::Offered { .. } | Work::Talking { .. } => None,
    };
    let rest_end = match agent.rest {
        Some(Rest::Begun { until, is_overdue: false }) => Some(until),
        _ => None,
    };
    let ends = [
        (rest_end, Deadline::RestEnd(id)),
        (retry_at, Deadline::LostRetry(id)),
        (sign_out_at, Deadline::LostGraceEnd(id)),
        (agent.ready_at, Deadline::AutoReady(id)),
        (wrap_up_end, Deadline::WrapUpEnd(id)),
    ];
    ends.into_iter().filter_map(|(at, deadline)| Some((at?, deadline)))
}

fn deadlines_of_call(call: &Call) -> impl Iterator<Item = (Timestamp, Deadline)> {
    let end = match &call.place {
        Place::Waiting(Wait { line: Line::Queue(_), until, .. }) => Some((*until, Deadline::WaitEnd(call.id))),
        Place::Waiting(Wait { line: Line::Private(_), until, .. }) => Some((*until, Deadline::PrivateWaitEnd(call.id))),
        // The end of waiting never breaks an offer.
        Place::Offered { offer, until, .. } => Some((*until, Deadline::OfferExpiry(*offer))),
        Place::Talking { .. } | Place::Outside { .. } => None,
    };
    let widens_at = match &call.place {
        Place::Waiting(wait) => wait.widens_at.map(|at| (at, Deadline::SkillStep(call.id))),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    };
    let reoffers = call.not_before.iter().map(|(agent, until)| (*until, Deadline::ReofferMin(*agent, call.id)));
    reoffers.chain(end).chain(widens_at)
}
