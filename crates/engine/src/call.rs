//! What is true of a call: where it is, why, and where it was.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::floor::Situation;
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId};
use crate::time::Timestamp;

/// A live call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// For life.
    pub id: CallId,
    /// What the edge knows the caller's leg by.
    pub key: LegKey,
    /// Who calls.
    pub caller: Caller,
    /// The number that was called.
    pub called: Arc<str>,
    /// When it arrived.
    pub arrived: Timestamp,
    /// 1 to 254, higher first.
    pub priority: u8,
    /// The last public queue it waited in, or that directed it to an agent at its door.
    pub origin_queue: Option<QueueId>,
    /// How many times it was sent on: by treatments, transfers and requests. At most [`HOPS_MAX`].
    pub hops: u8,
    /// Orders the call in public queues: when it first joined one after its arrival or its last talk.
    pub since: Option<Timestamp>,
    /// Where it is now.
    pub place: Place,
    /// The agent who asked for somebody else and keeps the call meanwhile.
    pub keeper: Option<Keeper>,
    /// Situations in queues that already directed it away; each counts as `stay` when it comes back.
    pub diverted: Vec<(QueueId, Situation)>,
    /// Agents who did not take it and were kept `Ready`, and until when they are not offered it again.
    pub not_before: Vec<(AgentId, Timestamp)>,
    /// Every place it was in before, oldest first; an offer is not a place. Bounded by the hops.
    pub history: Vec<Stay>,
}

/// How many hops a call may take in its life; the next one releases it with `TooManyHops`.
pub const HOPS_MAX: u8 = 16;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Somebody outside, by the number that the trunk gave; empty when withheld.
    Outside(Arc<str>),
    /// A colleague who dialled; engaged with this call until it ends.
    Agent(AgentId),
}

/// Where a live call is: in exactly one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// It waits.
    Waiting(Wait),
    /// It is offered, and keeps its place in the line until the agent answers.
    Offered {
        /// The one offer there is.
        offer: OfferId,
        /// To whom.
        agent: AgentId,
        /// When it was made.
        since: Timestamp,
        /// When it expires.
        until: Timestamp,
        /// Where it is back as if it had never left, when the offer ends in any other way than accepted.
        wait: Wait,
    },
    /// The caller talks with an agent.
    Talking {
        /// With whom.
        agent: AgentId,
        /// Since when.
        since: Timestamp,
        /// Whether one side is on hold.
        held: bool,
        /// The line it was served from.
        line: Line,
    },
    /// It was sent to an external number or address.
    Outside {
        /// Where to.
        address: Arc<str>,
        /// Since when.
        since: Timestamp,
        /// Whether the other side has answered.
        answered: bool,
        /// Who sent it, for what is done when nobody answers there.
        sent_by: OutsideSender,
    },
}

/// Who sent a call to an outside number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutsideSender {
    /// The treatment of a situation in a queue: its fallback is tried.
    Treatment(QueueId, Situation),
    /// An agent, by transfer: its keeper has it back, or it goes back to who sent it.
    Agent(AgentId),
}

/// An agent who asked for somebody else and keeps the call until then: engaged with it all the while, wherever the call
/// waits or rings or is talked with, and given it back when nothing comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keeper {
    /// Who.
    pub agent: AgentId,
    /// What for.
    pub keeping: Keeping,
    /// The line the agent was served the call from.
    pub line: Line,
    /// The call's `since` until then; it is that again when the agent has the call back.
    pub since: Option<Timestamp>,
    /// The call's origin queue until then, likewise.
    pub origin_queue: Option<QueueId>,
}

/// What an agent keeps a call for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keeping {
    /// Until the other one answers, who then talks with the caller in the agent's place: a success transfer.
    UntilAnswered,
    /// To talk with the other one first, the caller on hold: a consultation.
    ToConsult,
    /// To talk all three.
    ToJoin,
}

/// A call's place in a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wait {
    /// In which line.
    pub line: Line,
    /// When it joined this line: orders private queues.
    pub joined: Timestamp,
    /// When waiting here ends by itself: `wait_max` or `private_wait_max`.
    pub until: Timestamp,
    /// Why it is here.
    pub cause: Cause,
    /// Who sent it here.
    pub sender: Sender,
    /// The least agent weight that it needs now; 1: any.
    pub weight_min: u8,
    /// When it needs less.
    pub widens_at: Option<Timestamp>,
}

/// Where calls wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// In a queue, for any of its agents.
    Queue(QueueId),
    /// In the private queue of one agent.
    Private(AgentId),
}

impl Line {
    /// Whether it is one agent's.
    #[must_use]
    pub const fn is_private(self) -> bool {
        matches!(self, Self::Private(_))
    }
}

/// Why a call was directed or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The caller, or a colleague, dialled the number of this queue or agent.
    Dialled,
    /// An agent transferred it.
    Transfer,
    /// The treatment of that situation in its queue.
    Treatment(Situation),
    /// A request through a face.
    Request,
    /// It came back with the return ticket: its private wait was over.
    PrivateTimeout,
    /// It came back with the return ticket: its agent signed out.
    AgentSignedOut,
    /// It came back with the return ticket: its queue or agent was removed from the configuration.
    Removed,
    /// It came back with the return ticket: its agent stopped being `Ready`.
    AgentNotReady,
    /// Its agent could not take it, and its delegate is asked to.
    Delegated,
    /// Its agent, or the outside number, could not take it, and it went back to the agent who had sent it.
    ReturnedToSender,
    /// Its private wait was over, and this is where it is to go then.
    PrivateWaitEnd,
    /// It came back with the return ticket: the outside number that an agent had sent it to did not answer.
    OutsideFailed,
}

impl Cause {
    /// Whether the call came back with the return ticket.
    #[must_use]
    pub const fn is_return(self) -> bool {
        matches!(
            self,
            Self::PrivateTimeout | Self::AgentSignedOut | Self::Removed | Self::AgentNotReady | Self::OutsideFailed
        )
    }
}

/// Who sent a call to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// The caller's own choice of number.
    Caller,
    /// An agent, by transfer or by dialling.
    Agent(AgentId),
    /// A queue, by treatment.
    Queue(QueueId),
    /// The private queue it was in.
    Private(AgentId),
    /// A face.
    Request,
    /// The outside number it was with.
    Outside,
}

/// A place a call was in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stay {
    /// Which one.
    pub at: StayAt,
    /// When it came.
    pub from: Timestamp,
    /// When it left.
    pub until: Timestamp,
    /// Why it came.
    pub cause: Cause,
}

/// A kind of place, as the history keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StayAt {
    /// Waiting in a line.
    Line(Line),
    /// Talking with an agent.
    Agent(AgentId),
    /// Sent outside.
    Outside(Arc<str>),
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// After a talk.
    Answered,
    /// The caller left while not talking.
    Abandoned,
    /// We ended it.
    Released(ReleaseCause),
    /// It could not go on.
    Failed(FailCause),
}

/// Why we ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReleaseCause {
    /// The treatment of this situation, or its last fallback, said release, or was refused.
    Treatment(Situation),
    /// The hop after [`HOPS_MAX`].
    TooManyHops,
    /// The private wait ended and there was no queue to go back to.
    NoQueueToReturnTo,
    /// A supervisor or an integration asked for it.
    Request,
    /// Its private wait was over, and it was to be released then.
    PrivateWaitEnd,
    /// The agent it waited for signed out or stopped being `Ready`, and it was to be released then.
    AgentLeft,
}

/// Why a call could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailCause {
    /// The server restarted and the leg was not taken up again.
    LostAtRestart,
    /// The caller's phone never acknowledged our answer.
    NoAck,
    /// A leg broke in the middle: a session timer ran out or a request in the dialog failed.
    LegLost,
    /// Our own side could not serve it: no port for its audio, for instance.
    Resources,
}

/// Which side ended a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The caller's side.
    Caller,
    /// The agent's side, or the outside number's.
    Called,
    /// We did.
    Server,
}

/// Who is passed over for an offer, and why; kept small so that it costs nothing to carry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Why {
    /// By which rule the winner was found.
    pub rule: Option<OfferRule>,
    /// How long the winner had been idle, for strategies that look at it.
    pub idle_for: Duration,
    /// How many calls waited behind it in the line it was taken from.
    pub waiting_behind: u32,
    /// How many other agents were available for it.
    pub agents_available: u32,
    /// At most four of them, in the order in which they would have come.
    pub runners_up: Vec<AgentId>,
    /// What the winner came first by.
    pub key: Option<WinnerKey>,
    /// How many agents of the queue were passed over.
    pub passed_over: PassedOver,
}

/// What came first by this: an agent by its queue's strategy, or a call among those of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WinnerKey {
    /// The agent was idle longest.
    IdleSince(Timestamp),
    /// The agent's last offer lay furthest back; none: it never had one.
    LastOffer(Option<OfferId>),
    /// The agent had talked least since signing in.
    Talked(Duration),
    /// The agent suited the queue best.
    AgentWeight(u8),
    /// The call was next.
    Call {
        /// How much its queue matters to the agent; none: it waited for the agent alone.
        queue_weight: Option<u8>,
        /// Its priority, as it was given.
        priority: u8,
        /// What orders calls of one priority: `since`, or in private when it joined.
        from: Timestamp,
    },
}

/// How many agents who are signed in to a queue did not come into question, each for the first of these reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PassedOver {
    /// Offered a call, talking, or in wrap-up.
    pub engaged: u32,
    /// Their phones cannot be reached.
    pub lost: u32,
    /// `NotReady`.
    pub not_ready: u32,
    /// Available, but without the weight that the call needs at its age.
    pub lack_weight: u32,
    /// Available, but kept from this call, which they did not take a moment ago.
    pub kept_from_it: u32,
}

/// The rules of `semantics.md` section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfferRule {
    /// The agent became available; its private queue comes first.
    PrivateFirst,
    /// The agent became available; the best of its queues' calls.
    BestCallOfQueues,
    /// The call joined a queue; its strategy picked the agent.
    Strategy(crate::floor::Strategy),
    /// The call was directed to the agent, who was available.
    Directed,
    /// Private calls wait for the agent, but it has had enough of them for now, or the public call has waited too long.
    PublicGoesAhead,
}
