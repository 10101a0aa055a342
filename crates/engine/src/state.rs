//! What is true now. Only the child module `apply` writes it.

mod apply;
mod by_queue;
mod by_weight;
mod digest;
mod figures;
mod index;
mod lookup;
mod merged;
mod rests;
mod table;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use self::by_queue::ByQueue;
use self::digest::Digest;
use self::figures::AllFigures;
use self::index::Index;
use self::table::Table;

use crate::agent::{Forced, NotReady, NotReadyKind, Presence, Reach, Rest, Work};
use crate::call::{Call, Caller, PassedOver};
use crate::event::ChosenPresence;
use crate::figures::{Figures, QueueFigures};
use crate::floor::{ANY_WEIGHT, AgentSettings, Floor, PrivateRules, Queue, Situation, VdnSettings};
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId, VdnId};
use crate::routing::CallOrder;
use crate::time::Timestamp;

/// What is true of a VDN at one moment: its floor, its agents, its live calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    vdn: Option<VdnId>,
    settings: VdnSettings,
    queues: ByQueue<Queue>,
    agents: Table<AgentId, Agent>,
    calls: Table<CallId, Call>,
    /// Queues that are closed by hand, and since when.
    closed: BTreeMap<QueueId, Timestamp>,
    /// The call of this entry that has no place yet; none between two turns.
    arriving: Option<Arrival>,
    calls_made: u64,
    offers_made: u64,
    figures: AllFigures,
    index: Index,
}

/// A call between its arrival and its first place, which is in the same entry.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrival {
    id: CallId,
    key: LegKey,
    caller: Caller,
    called: Arc<str>,
    priority: u8,
    diverted: Vec<(QueueId, Situation)>,
}

/// An agent, as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Agent {
    /// What is configured of it.
    pub settings: Arc<AgentSettings>,
    /// What it chose.
    pub presence: Presence,
    /// Since when.
    pub presence_since: Timestamp,
    /// What it chose for after its work.
    pub after_work: Option<ChosenPresence>,
    /// What it does.
    pub work: Work,
    /// Since when.
    pub work_since: Timestamp,
    /// Whether its phone can be reached.
    pub reach: Reach,
    /// When it becomes `Ready` again by itself.
    pub ready_at: Option<Timestamp>,
    /// How long it has talked since it signed in.
    pub talked: Duration,
    /// The last offer made to it, for `RoundRobin`.
    pub last_offer: Option<OfferId>,
    /// How many private calls it has answered since it last answered a public one, or signed in.
    pub private_run: u32,
    /// Configured no more, and gone as soon as its talk is over; signed out for good.
    pub is_leaving: bool,
    /// How far the rest has come that it asked for or was given.
    pub rest: Option<Rest>,
    /// What a supervisor made of it, as long as it is so and the agent chose nothing itself.
    pub forced: Option<Forced>,
}

impl Agent {
    /// `Ready`, idle and reachable.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.presence == Presence::Ready && !self.work.is_engaged() && self.reach == Reach::Reachable
    }

    /// `NotReady(rest)`.
    #[must_use]
    pub const fn rests(&self) -> bool {
        matches!(self.presence, Presence::NotReady(NotReady { kind: NotReadyKind::Rest, .. }))
    }

    /// It rests, or will when its work is over: it counts against the quotas of its queues.
    #[must_use]
    pub const fn takes_rest_place(&self) -> bool {
        let comes =
            matches!(self.after_work, Some(ChosenPresence::NotReady(NotReady { kind: NotReadyKind::Rest, .. })));
        self.rests() || comes || matches!(self.rest, Some(Rest::Granted { .. }))
    }
}

/// What the engine waits for: each wait has a name, so that a log line can say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// A lost agent is tried again.
    LostRetry(AgentId),
    /// A lost agent is signed out.
    LostGraceEnd(AgentId),
    /// An agent becomes `Ready` again by itself.
    AutoReady(AgentId),
    /// Wrap-up ends.
    WrapUpEnd(AgentId),
    /// An offer expires.
    OfferExpiry(OfferId),
    /// A call has waited in its queue for as long as it may.
    WaitEnd(CallId),
    /// A call has waited in private for as long as it may.
    PrivateWaitEnd(CallId),
    /// A call has waited long enough for agents of less weight.
    SkillStep(CallId),
    /// An agent may be offered a call again that it declined.
    ReofferMin(AgentId, CallId),
    /// The time of a rest is over.
    RestEnd(AgentId),
}

/// A state as plain data, its indexes left out: for snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// The VDN, once the journal has its first entry.
    pub vdn: Option<VdnId>,
    /// What holds for the whole VDN.
    pub settings: VdnSettings,
    /// All queues, by id.
    pub queues: Vec<Queue>,
    /// All agents, by id.
    pub agents: Vec<Agent>,
    /// All live calls, by id.
    pub calls: Vec<Call>,
    /// How many calls have arrived in the life of the journal: the `n` of the last call's id.
    pub calls_made: u64,
    /// How many offers were made in the life of the journal: the id of the last one.
    pub offers_made: u64,
    /// Queues that are closed by hand, and since when, by id.
    pub closed: Vec<(QueueId, Timestamp)>,
    /// What is known of how long agents' calls last, by id.
    pub figures: Vec<(AgentId, Figures)>,
    /// What is known of how long talks with the calls of queues last, and of how many come, by id.
    pub queue_figures: Vec<(QueueId, QueueFigures)>,
}

impl State {
    /// The VDN, once the journal has its first entry.
    #[must_use]
    pub fn vdn(&self) -> Option<VdnId> {
        self.vdn
    }

    /// What is configured, whole, all lists by id; none before the first `Configure`.
    #[must_use]
    pub fn floor(&self) -> Option<Floor> {
        let configured = self.agents().filter(|agent| !agent.is_leaving);
        Some(Floor {
            vdn: self.vdn?,
            settings: self.settings.clone(),
            queues: self.queues().cloned().collect(),
            agents: configured.map(|agent| AgentSettings::clone(&agent.settings)).collect(),
        })
    }

    /// What holds for the whole VDN.
    #[must_use]
    pub fn settings(&self) -> &VdnSettings {
        &self.settings
    }

    /// A queue's settings.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        self.queues.get(id)
    }

    /// All queues, by id.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.values()
    }

    /// An agent.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        self.agents.get(id)
    }

    /// All agents, by id.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// What holds for the private queue of an agent.
    #[must_use]
    pub fn private_rules<'a>(&'a self, agent: &'a Agent) -> PrivateRules<'a> {
        PrivateRules::of(&self.settings, &agent.settings)
    }

    /// A live call.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(id)
    }

    /// The live call of a caller's leg.
    #[must_use]
    pub fn call_by_key(&self, key: LegKey) -> Option<&Call> {
        self.call(*self.index.call_by_key.get(&key)?)
    }

    /// All live calls, by id.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.values()
    }

    /// The call of a pending offer.
    #[must_use]
    pub fn offered(&self, offer: OfferId) -> Option<&Call> {
        self.call(*self.index.call_by_offer.get(&offer)?)
    }

    /// The calls that wait in an agent's private queue, in the order in which it will serve them. Empty for an unknown
    /// agent. An offered call is not among them.
    pub fn private_queue(&self, agent: AgentId) -> impl Iterator<Item = &Call> {
        self.index.private(agent).filter_map(|call| self.call(call))
    }

    /// The calls that wait in a queue, in the order in which they will be served. An offered call is not among them.
    pub fn waiting(&self, queue: QueueId) -> impl Iterator<Item = &Call> {
        self.index.waiting(queue, u8::MAX).filter_map(|call| self.call(call))
    }

    /// How many calls wait in a queue.
    #[must_use]
    pub fn waiting_count(&self, queue: QueueId) -> usize {
        self.index.waiting_count(queue)
    }

    /// Since when a queue is closed by hand; none: it is as its hours say.
    #[must_use]
    pub fn closed_since(&self, queue: QueueId) -> Option<Timestamp> {
        self.closed.get(&queue).copied()
    }

    /// Whether a queue takes calls at `now`: open by its hours, and not closed by hand.
    #[must_use]
    pub fn is_open(&self, queue: &Queue, now: Timestamp) -> bool {
        self.closed_since(queue.id).is_none() && queue.is_open(now, self.settings.utc_offset_minutes)
    }

    /// How many calls wait in an agent's private queue.
    #[must_use]
    pub fn private_count(&self, agent: AgentId) -> usize {
        self.index.private(agent).len()
    }

    /// How many agents are signed in to a queue.
    #[must_use]
    pub fn signed_in_count(&self, queue: QueueId) -> usize {
        self.index.signed_in_count(queue)
    }

    /// The agents who have a queue among theirs, signed in or not, by id. Costs what there are of them, however many
    /// others the floor has.
    pub fn agents_of(&self, queue: QueueId) -> impl Iterator<Item = &Agent> {
        self.index.agents_of(queue).filter_map(|agent| self.agent(agent))
    }

    /// How many calls of a queue are with an agent: offered, or talked with. A talk counts until it ends, wherever the
    /// agent who has it is from, and also when the queue was removed meanwhile.
    #[must_use]
    pub fn with_agents_count(&self, queue: QueueId) -> u32 {
        self.index.with_agents_count(queue)
    }

    /// How many agents who are signed in to a queue are not available, each for one reason.
    #[must_use]
    pub fn passed_over(&self, queue: QueueId) -> PassedOver {
        self.index.passed_over(queue)
    }

    /// How many agents of a queue are available.
    #[must_use]
    pub fn available_count(&self, queue: QueueId) -> usize {
        self.index.available_count(queue, ANY_WEIGHT)
    }

    /// How many agents of a queue rest, or will when their work is over.
    #[must_use]
    pub fn resting_count(&self, queue: QueueId) -> u32 {
        self.index.rests.resting(queue)
    }

    /// How many agents of a queue may rest at a time by their own wish, as of now; none: all.
    #[must_use]
    pub fn rest_places(&self, queue: QueueId) -> Option<u32> {
        self.index.rests.places(queue)
    }

    /// The agents of a queue with a quota who wait for a rest, first come first.
    pub fn rest_line(&self, queue: QueueId) -> impl ExactSizeIterator<Item = AgentId> {
        self.index.rests.line(queue)
    }

    /// All agents who wait for a rest, first come first.
    pub fn rest_wishes(&self) -> impl ExactSizeIterator<Item = AgentId> {
        self.index.rests.wishes()
    }

    /// What falls due next, and when.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Timestamp, Deadline)> {
        self.index.deadlines.first().copied()
    }

    /// A hash of all that is true, the same on every machine: to compare an engine with its follower and its replay.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let mut digest = Digest::new();
        (self.vdn, &self.settings, self.calls_made, self.offers_made).hash(&mut digest);
        self.queues().for_each(|queue| queue.hash(&mut digest));
        self.agents().for_each(|agent| agent.hash(&mut digest));
        self.calls().for_each(|call| call.hash(&mut digest));
        self.closed.hash(&mut digest);
        self.figures.agents.entries().into_iter().for_each(|figures| figures.hash(&mut digest));
        self.figures.queues.entries().into_iter().for_each(|figures| figures.hash(&mut digest));
        digest.finish()
    }

    /// This state as plain data.
    #[must_use]
    pub fn image(&self) -> Image {
        Image {
            vdn: self.vdn,
            settings: self.settings.clone(),
            queues: self.queues().cloned().collect(),
            agents: self.agents().cloned().collect(),
            calls: self.calls().cloned().collect(),
            calls_made: self.calls_made,
            offers_made: self.offers_made,
            closed: self.closed.iter().map(|(queue, since)| (*queue, *since)).collect(),
            figures: self.figures.agents.entries().into_iter().map(|(id, of)| (*id, Figures::clone(of))).collect(),
            queue_figures: self
                .figures
                .queues
                .entries()
                .into_iter()
                .map(|(id, of)| (*id, QueueFigures::clone(of)))
                .collect(),
        }
    }
}

/// What only deciding and settling ask.
impl State {
    /// The `n` of the next call's id.
    pub(crate) fn next_call_number(&self) -> u64 {
        self.calls_made + 1
    }

    /// The next offer's id.
    pub(crate) fn next_offer(&self) -> OfferId {
        OfferId(self.offers_made + 1)
    }

    /// The available agents of a queue who have at least this weight in it, in the order of its strategy.
    pub(crate) fn available(&self, queue: QueueId, weight_min: u8) -> impl Iterator<Item = &Agent> {
        self.index.available(queue, weight_min).filter_map(|agent| self.agent(agent))
    }

    /// How many there are of these.
    pub(crate) fn available_from(&self, queue: QueueId, weight_min: u8) -> usize {
        self.index.available_count(queue, weight_min)
    }

    /// The highest weight of the available agents of a queue.
    pub(crate) fn best_available(&self, queue: QueueId) -> Option<u8> {
        self.index.best_available(queue)
    }

    /// The calls of a queue that an agent of this weight may take, in the order in which they will be served.
    pub(crate) fn waiting_for(&self, queue: QueueId, weight: u8) -> impl Iterator<Item = &Call> {
        self.index.waiting(queue, weight).filter_map(|call| self.call(call))
    }

    /// The places of these calls.
    pub(crate) fn waiting_orders(&self, queue: QueueId, weight: u8) -> impl Iterator<Item = &CallOrder> {
        self.index.waiting_orders(queue, weight)
    }

    /// Queues in which calls wait while agents are available.
    pub(crate) fn matchable_queues(&self) -> impl Iterator<Item = QueueId> {
        self.index.matchable()
    }

    /// Queues whose agents are available while calls wait that list the queue among their further ones.
    pub(crate) fn matchable_also(&self) -> impl Iterator<Item = QueueId> {
        self.index.matchable_also()
    }

    /// In which time the priority of a call in a queue grows by one, if it does.
    pub(crate) fn priority_step(&self, queue: QueueId) -> Option<Duration> {
        self.index.priority_step(queue)
    }

    /// Queues whose calls may be taken by the agents of `queue` too.
    pub(crate) fn hosts(&self, queue: QueueId) -> impl Iterator<Item = QueueId> {
        self.index.hosts(queue)
    }

    /// The number of the next wish for a rest that has to wait.
    pub(crate) fn next_rest_ticket(&self) -> u64 {
        self.index.rests.next_ticket()
    }

    /// Whether a queue has a place left for a rest.
    pub(crate) fn has_rest_place(&self, queue: QueueId) -> bool {
        self.index.rests.has_place(queue)
    }

    /// The first who waits for a rest and can have it: with a place in each of its queues, and first in the line of each.
    pub(crate) fn next_to_rest(&self) -> Option<AgentId> {
        self.index.rests.next_to_rest(&self.agents)
    }

    /// The agents who are signed in to a queue, in an order that has nothing to do with their ids.
    pub(crate) fn signed_in(&self, queue: QueueId) -> impl Iterator<Item = &Agent> {
        self.index.signed_in(queue).filter_map(|agent| self.agent(agent))
    }

    /// How many calls of a queue come before this place; counted no further than about `max`, where it is all of them.
    pub(crate) fn ahead_count(&self, queue: QueueId, place: &CallOrder, max: usize) -> usize {
        self.index.ahead_count(queue, place, max)
    }

    /// Available agents for whom private calls wait.
    pub(crate) fn servable_agents(&self) -> impl Iterator<Item = AgentId> {
        self.index.servable()
    }
}
