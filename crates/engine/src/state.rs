//! What is true now. Only the child module `apply` writes it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::agent::{Presence, Reach, Work};
use crate::call::Call;
use crate::event::ChosenPresence;
use crate::floor::{AgentSettings, Floor, Queue, VdnSettings};
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId, VdnId};
use crate::time::Timestamp;

/// What a floor knows at one moment.
#[derive(Clone, Debug, Default)]
pub struct State {}

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
    /// Configured no more, and gone as soon as its talk is over; signed out for good.
    pub is_leaving: bool,
}

impl Agent {
    /// `Ready`, idle and reachable.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.presence == Presence::Ready && !self.work.is_engaged() && self.reach == Reach::Reachable
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
    /// An agent may be offered a call again that it declined.
    ReofferMin(AgentId, CallId),
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
}

impl State {
    /// The VDN, once the journal has its first entry.
    #[must_use]
    pub fn vdn(&self) -> Option<VdnId> {
        todo!()
    }

    /// What is configured, whole; none before the first `Configure`.
    #[must_use]
    pub fn floor(&self) -> Option<Floor> {
        todo!()
    }

    /// What holds for the whole VDN.
    #[must_use]
    pub fn settings(&self) -> &VdnSettings {
        todo!()
    }

    /// A queue's settings.
    #[must_use]
    pub fn queue(&self, id: QueueId) -> Option<&Queue> {
        let _ = id;
        todo!()
    }

    /// All queues, by id.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        core::iter::empty()
    }

    /// An agent.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<&Agent> {
        let _ = id;
        todo!()
    }

    /// All agents, by id.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        core::iter::empty()
    }

    /// A live call.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<&Call> {
        let _ = id;
        todo!()
    }

    /// The live call of a caller's leg.
    #[must_use]
    pub fn call_by_key(&self, key: LegKey) -> Option<&Call> {
        let _ = key;
        todo!()
    }

    /// All live calls, by id.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        core::iter::empty()
    }

    /// The call of a pending offer.
    #[must_use]
    pub fn offered(&self, offer: OfferId) -> Option<&Call> {
        let _ = offer;
        todo!()
    }

    /// The calls that wait in an agent's private queue, in the order in which it will serve them. Empty for an unknown
    /// agent. An offered call is not among them.
    pub fn private_queue(&self, agent: AgentId) -> impl Iterator<Item = &Call> {
        let _ = agent;
        core::iter::empty()
    }

    /// The calls that wait in a queue, in the order in which they will be served. An offered call is not among them.
    pub fn waiting(&self, queue: QueueId) -> impl Iterator<Item = &Call> {
        let _ = queue;
        core::iter::empty()
    }

    /// How many calls wait in a queue. O(1) or O(log n).
    #[must_use]
    pub fn waiting_count(&self, queue: QueueId) -> usize {
        let _ = queue;
        todo!()
    }

    /// How many calls wait in an agent's private queue. O(1) or O(log n).
    #[must_use]
    pub fn private_count(&self, agent: AgentId) -> usize {
        let _ = agent;
        todo!()
    }

    /// How many agents are signed in to a queue.
    #[must_use]
    pub fn signed_in_count(&self, queue: QueueId) -> usize {
        let _ = queue;
        todo!()
    }

    /// How many agents of a queue are available.
    #[must_use]
    pub fn available_count(&self, queue: QueueId) -> usize {
        let _ = queue;
        todo!()
    }

    /// A hash of all that is true, the same on every machine: to compare an engine with its follower and its replay.
    #[must_use]
    pub fn hash(&self) -> u64 {
        todo!()
    }

    /// This state as plain data.
    #[must_use]
    pub fn image(&self) -> Image {
        todo!()
    }

    /// The state of an image, its indexes rebuilt.
    #[must_use]
    pub fn from_image(image: Image) -> Self {
        let _ = image;
        todo!()
    }
}
