//! Commands: what somebody wants, or what an edge reports. A wish may be refused; a fact is accepted, or found to be
//! old news (`NoSuchCall`, `OfferNotPending`).

use alloc::sync::Arc;
use core::time::Duration;

use crate::agent::{ChangedBy, ForcedPresence, NotReady, Order};
use crate::call::{Caller, FailCause};
use crate::floor::Floor;
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId};

/// Imperative: somebody wants this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make the floor this, whole. Only differences become events; nothing changes when there are none.
    Configure(Floor),

    /// A call arrives.
    Arrive {
        /// The caller's leg. A repeat is refused with `AlreadyArrived`, naming the call.
        key: LegKey,
        /// Who calls. A colleague must be signed in and not engaged.
        caller: Caller,
        /// The number that was called.
        called: Arc<str>,
        /// 1 to 254.
        priority: u8,
        /// Where the number leads.
        target: Target,
    },
    /// Fact: the caller hung up, or cancelled.
    CallerLeft {
        /// Whose caller.
        call: CallId,
    },
    /// Fact: the agent who talks with this call hung up.
    AgentLeft {
        /// Which call.
        call: CallId,
        /// Which agent; another's hang-up is old news.
        agent: AgentId,
    },
    /// Fact: the call cannot go on.
    FailCall {
        /// Which call.
        call: CallId,
        /// Why.
        cause: FailCause,
    },
    /// Every live call ends as failed, in one turn; agents' presence stays. Given at start, before the SIP edge opens.
    FailAllCalls {
        /// Why.
        cause: FailCause,
    },
    /// End a call for a supervisor or an integration.
    ReleaseCall {
        /// Which call.
        call: CallId,
    },
    /// The caller pressed the cancel key, or a request cancels the queuing.
    CancelQueuing {
        /// Which call.
        call: CallId,
    },
    /// Fact: a side of the talk put the other on hold, or took it back.
    SetHeld {
        /// Which call.
        call: CallId,
        /// On hold from now on.
        held: bool,
    },
    /// Release transfer: the agent gives its call away and is free at once. Refused, the two go on talking.
    Transfer {
        /// Which call.
        call: CallId,
        /// Who gives it away: the agent who talks with it, not a colleague who dialled it.
        agent: AgentId,
        /// Where to.
        target: Target,
    },
    /// A transfer of any kind, to anywhere; the agent who talks with the call asks for it. Refused, the two go on talking.
    TransferBy(Transfer),
    /// The keeper gives its call away. When the other one has answered, they talk with the caller from now on and the
    /// keeper is free; else that happens at the answer.
    CompleteTransfer {
        /// Which call.
        call: CallId,
        /// Its keeper.
        agent: AgentId,
    },
    /// The keeper lets the caller into its talk with the other one; at the answer, if that is still to come.
    JoinTalk {
        /// Which call.
        call: CallId,
        /// Its keeper.
        agent: AgentId,
    },
    /// The keeper has its call back, whatever came of its wish so far; whoever else rang or talked is free.
    TakeBack {
        /// Which call.
        call: CallId,
        /// Its keeper.
        agent: AgentId,
    },
    /// An integration moves a waiting call.
    MoveCall {
        /// Which call.
        call: CallId,
        /// Where to.
        target: Target,
    },
    /// Fact: the outside number that a call was sent to answered.
    OutsideAnswered {
        /// Which call.
        call: CallId,
    },
    /// Fact: the outside number refused, or could not be reached; or, once it had answered, hung up.
    OutsideLeft {
        /// Which call.
        call: CallId,
    },

    /// Fact: the agent's phone answered.
    AcceptOffer {
        /// Which offer.
        offer: OfferId,
    },
    /// Fact: the agent declined.
    DeclineOffer {
        /// Which offer.
        offer: OfferId,
    },
    /// Fact: the agent's phone gave up ringing before our own time was over.
    ExpireOffer {
        /// Which offer.
        offer: OfferId,
    },
    /// Fact: the phone could not be rung. Makes the agent lost.
    FailOffer {
        /// Which offer.
        offer: OfferId,
    },

    /// Sign an agent in as `Ready`. By `Phone` it is a fact, the first binding of the agent's phone: it makes any agent
    /// reachable, signs in only one with [`SignIn::Register`](crate::SignIn::Register), and a repeat changes nothing.
    SignIn {
        /// Which agent.
        agent: AgentId,
        /// `Agent`, `Supervisor` or `Phone`.
        by: ChangedBy,
    },
    /// Sign an agent out; at once for new and private calls, while a talk runs to its end.
    SignOut {
        /// Which agent.
        agent: AgentId,
        /// `Agent` or `Supervisor`.
        by: ChangedBy,
    },
    /// Become `Ready`; after the work that goes on, if any. Signs in an agent with
    /// [`SignIn::Register`](crate::SignIn::Register) who signed out while its phone stayed bound.
    BecomeReady {
        /// Which agent.
        agent: AgentId,
        /// `Agent` or `Supervisor`.
        by: ChangedBy,
    },
    /// Become `NotReady`; after the work that goes on, if any. By `Supervisor` it withdraws an offer and takes effect at
    /// once. For a rest the agent needs a place in each of its queues, unless a supervisor says it.
    BecomeNotReady {
        /// Which agent.
        agent: AgentId,
        /// Why.
        why: NotReady,
        /// `Agent` or `Supervisor`.
        by: ChangedBy,
    },
    /// Ask for a rest of some length. With a place in each of the agent's queues it begins at once, or after the work
    /// that goes on; without one the wish waits, or is refused, as the VDN says. An agent who rests prolongs its rest,
    /// and one who waits keeps its place in the line.
    AskRest {
        /// Which agent.
        agent: AgentId,
        /// How long, from now or from the end of the work: [`Rest::LENGTH_MIN`](crate::Rest::LENGTH_MIN) to
        /// [`Rest::LENGTH_MAX`](crate::Rest::LENGTH_MAX).
        length: Duration,
        /// The agent's own code for it; a rest that is prolonged keeps the one it has.
        cause: u8,
        /// `Agent`, or `Supervisor` in the agent's name: quotas hold for both.
        by: ChangedBy,
    },
    /// Take back a wish for a rest that waits, or a rest that has not begun.
    CancelRest {
        /// Which agent.
        agent: AgentId,
        /// `Agent` or `Supervisor`.
        by: ChangedBy,
    },
    /// Grant a waiting wish by hand, whatever the quotas and the line say.
    GrantRest {
        /// Which agent.
        agent: AgentId,
    },
    /// Deny a waiting wish.
    DenyRest {
        /// Which agent.
        agent: AgentId,
        /// Why, and by whom.
        order: Order,
    },
    /// A supervisor makes this of an agent. An offer is withdrawn at once, unless it shall be `Ready`; a talk runs to its
    /// end, and what was said takes effect after it. The agent may choose otherwise then, as at any time.
    ForcePresence {
        /// Which agent.
        agent: AgentId,
        /// What it shall be.
        presence: ForcedPresence,
        /// Why, and by whom.
        order: Order,
    },
    /// End wrap-up before its time.
    EndWrapUp {
        /// Which agent.
        agent: AgentId,
        /// `Agent` or `Supervisor`.
        by: ChangedBy,
    },
    /// Fact: the agent's phone was heard of: its first binding, or an answered OPTIONS.
    PhoneFound {
        /// Which agent.
        agent: AgentId,
    },
    /// Fact: the last binding of the agent's phone ended.
    PhoneLost {
        /// Which agent.
        agent: AgentId,
    },

    /// Close a queue by hand, whatever its hours say: its waiting calls and all that enter meet `Closed`, until it is
    /// opened again. Closed already, nothing changes.
    CloseQueue {
        /// Which queue.
        queue: QueueId,
    },
    /// Open a queue again that was closed by hand; its hours hold as before.
    OpenQueue {
        /// Which queue.
        queue: QueueId,
    },

    /// Time has passed: what fell due happens.
    Tick,
}

/// What an agent asks for when it wants somebody else for its call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which call.
    pub call: CallId,
    /// The agent who talks with it; not a colleague who dialled it, and nobody whose call another agent keeps.
    pub agent: AgentId,
    /// Who is asked for.
    pub to: TransferTo,
    /// How.
    pub mode: TransferMode,
    /// Refused with `ExpectedWaitTooLong` if the call is expected to wait longer: held against the time within which nine
    /// of ten such calls are answered. Not for the outside, of which nothing is expected.
    pub expected_wait_max: Option<Duration>,
}

/// Whom a transfer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferTo {
    /// Any agent of a queue.
    Queue(QueueId),
    /// An agent: by way of its private queue.
    Agent(AgentId),
    /// An external number or SIP address; the edge knows which are allowed.
    Outside(Arc<str>),
}

/// How an agent gives its call to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransferMode {
    /// The agent is free at once.
    Release,
    /// As `Release`, and always to an agent's private queue: to an agent only.
    Specified,
    /// The agent keeps the caller on hold until the other one answers, and has it back when that does not happen.
    Success,
    /// The agent talks with the other one first, and then gives the call away, joins the talk or takes it back.
    Consult,
    /// All three talk as soon as the other one answers.
    ThreeParty,
}

/// Where a call shall go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// To a queue.
    Queue(QueueId),
    /// Directed to an agent.
    Agent(AgentId),
}
