//! What can be looked up without a search. Everything here follows from the facts alone: a call and an agent are
//! listed as they are now, taken off the lists before they change, and listed again after.

use alloc::collections::BTreeSet;

use crate::agent::{Presence, Reach, Work};
use crate::call::{Call, Line, Place, Wait};
use crate::floor::{Queue, Strategy};
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId};
use crate::routing::{AgentOrder, CallOrder};
use crate::time::Timestamp;

use super::lookup::Lookup;
use super::table::Table;
use super::{Agent, Deadline};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    queues: Lookup<QueueId, QueueIndex>,
    /// Calls that wait for one agent; no entry is empty.
    private: Lookup<AgentId, BTreeSet<CallOrder>>,
    available: Lookup<AgentId, ()>,
    /// Queues in which calls wait while agents are available: what settling looks at.
    matchable: BTreeSet<QueueId>,
    /// Available agents for whom private calls wait: what settling looks at first.
    servable: BTreeSet<AgentId>,
    pub(super) call_by_offer: Lookup<OfferId, CallId>,
    pub(super) call_by_key: Lookup<LegKey, CallId>,
    pub(super) deadlines: BTreeSet<(Timestamp, Deadline)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct QueueIndex {
    strategy: Strategy,
    waiting: BTreeSet<CallOrder>,
    available: BTreeSet<AgentOrder>,
    signed_in: usize,
}

impl Index {
    pub(super) fn waiting(&self, queue: QueueId) -> impl ExactSizeIterator<Item = CallId> {
        let calls = self.queues.get(&queue).map_or(const { &BTreeSet::new() }, |index| &index.waiting);
        calls.iter().map(|order| order.call)
    }

    pub(super) fn private(&self, agent: AgentId) -> impl ExactSizeIterator<Item = CallId> {
        let calls = self.private.get(&agent).unwrap_or(const { &BTreeSet::new() });
        calls.iter().map(|order| order.call)
    }

    /// The available agents of a queue, in the order of its strategy.
    pub(super) fn available(&self, queue: QueueId) -> impl ExactSizeIterator<Item = AgentId> {
        let agents = self.queues.get(&queue).map_or(const { &BTreeSet::new() }, |index| &index.available);
        agents.iter().map(|order| order.agent)
    }

    pub(super) fn signed_in_count(&self, queue: QueueId) -> usize {
        self.queues.get(&queue).map_or(0, |index| index.signed_in)
    }

    pub(super) fn matchable(&self) -> impl Iterator<Item = QueueId> {
        self.matchable.iter().copied()
    }

    pub(super) fn servable(&self) -> impl Iterator<Item = AgentId> {
        self.servable.iter().copied()
    }

    /// Takes up a queue, or its new strategy: its available agents stand in another order then.
    pub(super) fn define_queue(&mut self, queue: &Queue, agents: &Table<AgentId, Agent>) {
        let index = self.queues.or_default(queue.id);
        if index.strategy == queue.strategy {
            return;
        }
        index.strategy = queue.strategy;
        let listed = core::mem::take(&mut index.available);
        let agents = listed.iter().filter_map(|order| agents.get(order.agent));
        index.available =
            agents.map(|agent| AgentOrder::of(queue.strategy, agent, weight_in(agent, queue.id))).collect();
    }

    pub(super) fn remove_queue(&mut self, queue: QueueId) {
        let Some(index) = self.queues.remove(&queue) else { return };
        assert!(index.waiting.is_empty(), "a queue is removed only when no call waits in it");
        assert!(index.signed_in == 0, "a queue is removed only when no agent signs in to it");
    }

    /// Takes up an agent.
    pub(super) fn list_agent(&mut self, agent: &Agent) {
        self.count_signed_in(agent);
        self.list_work(agent);
    }

    /// Drops an agent.
    pub(super) fn unlist_agent(&mut self, agent: &Agent) {
        self.uncount_signed_in(agent);
        self.unlist_work(agent);
    }

    /// Counts an agent who is not signed out in each of its queues.
    pub(super) fn count_signed_in(&mut self, agent: &Agent) {
        self.queues_of(agent, |index| index.signed_in += usize::from(agent.presence != Presence::SignedOut));
    }

    /// Takes back what [`Self::count_signed_in`] counted.
    pub(super) fn uncount_signed_in(&mut self, agent: &Agent) {
        self.queues_of(agent, |index| index.signed_in -= usize::from(agent.presence != Presence::SignedOut));
    }

    fn queues_of(&mut self, agent: &Agent, change: impl Fn(&mut QueueIndex)) {
        for part in &agent.settings.queues {
            change(self.queues.get_mut(&part.queue).expect("an agent's queues are of the floor"));
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
            let index = self.queues.get_mut(&part.queue).expect("an agent's queues are of the floor");
            index.available.insert(AgentOrder::of(index.strategy, agent, part.agent_weight));
            if !index.waiting.is_empty() {
                self.matchable.insert(part.queue);
            }
        }
        self.available.insert(id, ());
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
            let index = self.queues.get_mut(&part.queue).expect("an agent's queues are of the floor");
            index.available.remove(&AgentOrder::of(index.strategy, agent, part.agent_weight));
            if index.available.is_empty() {
                self.matchable.remove(&part.queue);
            }
        }
        self.available.remove(&id);
        self.servable.remove(&id);
    }

    /// Takes up a call.
    pub(super) fn list_call(&mut self, call: &Call) {
        self.call_by_key.insert(call.key, call.id);
        self.list_place(call);
    }

    /// Drops a call.
    pub(super) fn unlist_call(&mut self, call: &Call) {
        self.call_by_key.remove(&call.key);
        self.unlist_place(call);
    }

    /// Lists what a call can be found by that changes with its place.
    pub(super) fn list_place(&mut self, call: &Call) {
        self.deadlines.extend(deadlines_of_call(call));
        match &call.place {
            Place::Waiting(wait) => self.list_wait(call, wait),
            Place::Offered { offer, .. } => {
                self.call_by_offer.insert(*offer, call.id);
            }
            Place::Talking { .. } | Place::Outside { .. } => {}
        }
    }

    /// Takes off the lists what [`Self::list_place`] put there.
    pub(super) fn unlist_place(&mut self, call: &Call) {
        for deadline in deadlines_of_call(call) {
            self.deadlines.remove(&deadline);
        }
        match &call.place {
            Place::Waiting(wait) => self.unlist_wait(call, wait),
            Place::Offered { offer, .. } => {
                self.call_by_offer.remove(offer);
            }
            Place::Talking { .. } | Place::Outside { .. } => {}
        }
    }

    fn list_wait(&mut self, call: &Call, wait: &Wait) {
        let order = CallOrder::of(call, wait);
        match wait.line {
            Line::Queue(queue) => {
                let index = self.queues.get_mut(&queue).expect("a call waits in a queue of the floor");
                index.waiting.insert(order);
                if !index.available.is_empty() {
                    self.matchable.insert(queue);
                }
            }
            Line::Private(agent) => {
                self.private.or_default(agent).insert(order);
                if self.available.contains_key(&agent) {
                    self.servable.insert(agent);
                }
            }
        }
    }

    fn unlist_wait(&mut self, call: &Call, wait: &Wait) {
        let order = CallOrder::of(call, wait);
        match wait.line {
            Line::Queue(queue) => {
                let index = self.queues.get_mut(&queue).expect("a call waits in a queue of the floor");
                index.waiting.remove(&order);
                if index.waiting.is_empty() {
                    self.matchable.remove(&queue);
                }
            }
            Line::Private(agent) => {
                let calls = self.private.get_mut(&agent).expect("a call that waits in private is listed");
                calls.remove(&order);
                if calls.is_empty() {
                    self.private.remove(&agent);
                    self.servable.remove(&agent);
                }
            }
        }
    }
}

fn weight_in(agent: &Agent, queue: QueueId) -> u8 {
    agent.settings.queues.iter().find(|part| part.queue == queue).map_or(0, |part| part.agent_weight)
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
    let ends = [
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
    let reoffers = call.not_before.iter().map(|(agent, until)| (*until, Deadline::ReofferMin(*agent, call.id)));
    reoffers.chain(end)
}
