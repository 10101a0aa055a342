//! Who rests in each queue, and who waits for a place there. Follows from the facts of agents and queues alone.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::agent::{Presence, Rest};
use crate::floor::RestMax;
use crate::id::{AgentId, QueueId};

use super::Agent;
use super::table::Table;

/// A wish's place in a line: its ticket, which no other wish has, and whose it is.
type Wish = (u64, AgentId);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RestIndex {
    queues: BTreeMap<QueueId, QueueRests>,
    /// All wishes that wait.
    wishes: BTreeSet<Wish>,
    /// Those of agents none of whose queues has a quota; settling leaves none.
    unbound: BTreeSet<Wish>,
    /// Queues with a quota that have a place left while somebody waits: what settling looks at.
    open: BTreeSet<QueueId>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct QueueRests {
    max: Option<RestMax>,
    signed_in: u32,
    resting: u32,
    /// Wishes of its agents, if it has a quota.
    line: BTreeSet<Wish>,
}

impl QueueRests {
    fn places(&self) -> Option<u32> {
        self.max.map(|max| max.places(self.signed_in))
    }

    fn has_place(&self) -> bool {
        self.places().is_none_or(|places| self.resting < places)
    }
}

/// As what an agent counts among those who rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RestStanding {
    is_signed_in: bool,
    takes_place: bool,
    ticket: Option<u64>,
}

impl RestStanding {
    /// Signed out: it does not count.
    pub(super) const OUT: Self = Self { is_signed_in: false, takes_place: false, ticket: None };

    pub(super) fn of(agent: &Agent) -> Self {
        if agent.presence == Presence::SignedOut {
            return Self::OUT;
        }
        let ticket = match agent.rest {
            Some(Rest::Asked { ticket, .. }) => Some(ticket),
            Some(Rest::Granted { .. } | Rest::Begun { .. }) | None => None,
        };
        Self { is_signed_in: true, takes_place: agent.takes_rest_place(), ticket }
    }
}

impl RestIndex {
    pub(super) fn resting(&self, queue: QueueId) -> u32 {
        self.queues.get(&queue).map_or(0, |rests| rests.resting)
    }

    pub(super) fn places(&self, queue: QueueId) -> Option<u32> {
        self.queues.get(&queue)?.places()
    }

    pub(super) fn has_place(&self, queue: QueueId) -> bool {
        self.queues.get(&queue).is_none_or(QueueRests::has_place)
    }

    pub(super) fn line(&self, queue: QueueId) -> impl ExactSizeIterator<Item = AgentId> {
        let line = self.queues.get(&queue).map_or(const { &BTreeSet::new() }, |rests| &rests.line);
        line.iter().map(|(_, agent)| *agent)
    }

    pub(super) fn wishes(&self) -> impl ExactSizeIterator<Item = AgentId> {
        self.wishes.iter().map(|(_, agent)| *agent)
    }

    pub(super) fn next_ticket(&self) -> u64 {
        self.wishes.last().map_or(1, |(ticket, _)| ticket + 1)
    }

    /// Looks at the first of each line that could move, and at that agent's queues.
    pub(super) fn next_to_rest(&self, agents: &Table<AgentId, Agent>) -> Option<AgentId> {
        let first = |queue: &QueueId| self.queues.get(queue)?.line.first().copied();
        let firsts = self.open.iter().filter_map(first).filter(|wish| self.can_rest(*wish, agents));
        firsts.chain(self.unbound.first().copied()).min().map(|(_, agent)| agent)
    }

    fn can_rest(&self, wish: Wish, agents: &Table<AgentId, Agent>) -> bool {
        let agent = agents.get(wish.1).expect("who waits is on the floor");
        agent
            .settings
            .queues
            .iter()
            .filter_map(|part| self.queues.get(&part.queue))
            .all(|rests| rests.max.is_none() || (rests.has_place() && rests.line.first() == Some(&wish)))
    }

    /// Takes up a queue, or its new quota. A queue has a line only while it has a quota.
    pub(super) fn define_queue(&mut self, queue: QueueId, max: Option<RestMax>, agents: &Table<AgentId, Agent>) {
        let rests = self.queues.entry(queue).or_default();
        if rests.max == max {
            return;
        }
        let is_as_bound = rests.max.is_some() == max.is_some();
        if is_as_bound {
            rests.max = max;
        } else {
            let waiting: alloc::vec::Vec<Wish> = self.wishes.iter().copied().collect();
            let agent = |id| agents.get(id).expect("who waits is on the floor");
            waiting.iter().for_each(|wish| self.unlist(agent(wish.1), wish.0));
            self.queues.entry(queue).or_default().max = max;
            waiting.iter().for_each(|wish| self.list(agent(wish.1), wish.0));
        }
        self.note_open(queue);
    }

    pub(super) fn remove_queue(&mut self, queue: QueueId) {
        self.queues.remove(&queue);
        self.open.remove(&queue);
    }

    /// Counts an agent anew in each of its queues, where it stood otherwise before.
    pub(super) fn restand(&mut self, agent: &Agent, before: RestStanding, after: RestStanding) {
        if before == after {
            return;
        }
        if let Some(ticket) = before.ticket {
            self.unlist(agent, ticket);
        }
        for part in &agent.settings.queues {
            let rests = self.queues.get_mut(&part.queue).expect("an agent's queues are of the floor");
            rests.signed_in -= u32::from(before.is_signed_in);
            rests.signed_in += u32::from(after.is_signed_in);
            rests.resting -= u32::from(before.takes_place);
            rests.resting += u32::from(after.takes_place);
            self.note_open(part.queue);
        }
        if let Some(ticket) = after.ticket {
            self.list(agent, ticket);
        }
    }

    fn list(&mut self, agent: &Agent, ticket: u64) {
        let wish = (ticket, agent.settings.id);
        self.wishes.insert(wish);
        let mut is_bound = false;
        for part in &agent.settings.queues {
            if let Some(rests) = self.queues.get_mut(&part.queue).filter(|rests| rests.max.is_some()) {
                is_bound = true;
                rests.line.insert(wish);
                self.note_open(part.queue);
            }
        }
        if !is_bound {
            self.unbound.insert(wish);
        }
    }

    fn unlist(&mut self, agent: &Agent, ticket: u64) {
        let wish = (ticket, agent.settings.id);
        self.wishes.remove(&wish);
        self.unbound.remove(&wish);
        for part in &agent.settings.queues {
            if let Some(rests) = self.queues.get_mut(&part.queue) {
                rests.line.remove(&wish);
                self.note_open(part.queue);
            }
        }
    }

    fn note_open(&mut self, queue: QueueId) {
        let is_open = |rests: &QueueRests| rests.max.is_some() && rests.has_place() && !rests.line.is_empty();
        if self.queues.get(&queue).is_some_and(is_open) {
            self.open.insert(queue);
        } else {
            self.open.remove(&queue);
        }
    }
}
