//! Events: what is so from now on. State is rebuilt from events alone, and an event is also the work order of the
//! edges: whatever an edge must act on has an event of its own.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::time::Duration;

use crate::agent::{ChangedBy, ForcedPresence, LostCause, NotReady, Order, Presence};
use crate::call::{Caller, Cause, Keeping, Line, Outcome, Party, Sender, Why};
use crate::floor::{Action, AgentSettings, PrivateAction, Queue, Situation, VdnSettings};
use crate::id::{AgentId, CallId, LegKey, OfferId, QueueId, VdnId};
use crate::rejection::Refusal;
use crate::time::Timestamp;

/// Past tense: this is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The journal belongs to this VDN; the first event there is.
    VdnNamed(VdnId),
    /// What holds for the whole VDN is this.
    SettingsDefined(Box<VdnSettings>),
    /// A queue is this, new or changed.
    QueueDefined(Box<Queue>),
    /// A queue is no more; no call waits in it and no agent signs in to it.
    QueueRemoved(QueueId),
    /// A queue is closed by hand; what its waiting calls meet follows in the same entry.
    QueueClosed {
        /// Which queue.
        queue: QueueId,
    },
    /// A queue is no longer closed by hand.
    QueueOpened {
        /// Which queue.
        queue: QueueId,
    },
    /// An agent is this, new or changed.
    AgentDefined(Box<AgentSettings>),
    /// An agent is configured no more; signed out before, and gone as soon as its talk is over.
    AgentRemoved(AgentId),

    /// An agent is signed in, as `Ready`.
    AgentSignedIn {
        /// Who.
        agent: AgentId,
        /// By whom or what.
        by: ChangedBy,
    },
    /// An agent is signed out.
    AgentSignedOut {
        /// Who.
        agent: AgentId,
        /// By whom or what.
        by: ChangedBy,
    },
    /// An agent's presence is now this; never `SignedOut`, and never from it.
    PresenceChanged {
        /// Who.
        agent: AgentId,
        /// What it is.
        presence: Presence,
        /// By whom or what.
        by: ChangedBy,
        /// When the agent becomes `Ready` again by itself, if it does.
        ready_at: Option<Timestamp>,
    },
    /// An agent chose a presence that takes effect after its work; none: the choice was taken back.
    PresenceChosen {
        /// Who.
        agent: AgentId,
        /// `Ready`, or `NotReady`.
        after_work: Option<ChosenPresence>,
        /// By whom.
        by: ChangedBy,
    },
    /// An agent's wish for a rest waits for a place, until it is granted, denied or taken back, or the agent signs out.
    /// Comes again with the same ticket when the agent asks for another length.
    RestAsked {
        /// Who.
        agent: AgentId,
        /// For how long.
        length: Duration,
        /// The agent's own code for it.
        cause: u8,
        /// Its number in the line of all that wait: less came first.
        ticket: u64,
        /// By whom.
        by: ChangedBy,
    },
    /// An agent has a place for its rest: the rest begins with the presence that follows, in this entry or after the
    /// agent's work, and its time is over `length` after that.
    RestGranted {
        /// Who.
        agent: AgentId,
        /// For how long.
        length: Duration,
        /// By whom: `Rule` when a place became free.
        by: ChangedBy,
    },
    /// A supervisor denied an agent's wish for a rest.
    RestDenied {
        /// Who.
        agent: AgentId,
        /// Why, and by whom.
        order: Order,
    },
    /// A wish for a rest, or a rest that had not begun, was taken back.
    RestCancelled {
        /// Who.
        agent: AgentId,
        /// By whom.
        by: ChangedBy,
    },
    /// The time of a rest that goes on is over then.
    RestProlonged {
        /// Who.
        agent: AgentId,
        /// The new end.
        until: Timestamp,
        /// By whom.
        by: ChangedBy,
    },
    /// The time of a rest is over, and the agent still rests.
    RestOverdue {
        /// Who.
        agent: AgentId,
    },
    /// A supervisor said what an agent shall be; what follows from it has its own events, in this entry or after the
    /// agent's work.
    PresenceForced {
        /// Who.
        agent: AgentId,
        /// What it shall be.
        presence: ForcedPresence,
        /// Why, and by whom.
        order: Order,
    },
    /// An agent's phone can be reached.
    AgentFound {
        /// Who.
        agent: AgentId,
    },
    /// An agent's phone cannot be reached. Comes again when the cause or one of the two ends changes.
    AgentLost {
        /// Who.
        agent: AgentId,
        /// Why.
        cause: LostCause,
        /// When its phone is tried again by itself; none: when it is heard of.
        retry_at: Option<Timestamp>,
        /// When the agent is signed out, if it is lost until then; none: it is not signed in, or signed in for ever.
        sign_out_at: Option<Timestamp>,
    },
    /// Wrap-up began.
    WrapUpStarted {
        /// Who.
        agent: AgentId,
        /// After which call.
        call: CallId,
        /// When it ends by itself; none: when the agent ends it.
        until: Option<Timestamp>,
    },
    /// Wrap-up is over; the agent is idle.
    WrapUpEnded {
        /// Who.
        agent: AgentId,
        /// By whom or what.
        by: ChangedBy,
    },

    /// A call is here. Its place follows in the same entry.
    CallArrived {
        /// Its id for life.
        call: CallId,
        /// The caller's leg.
        key: LegKey,
        /// Who calls. A colleague is engaged from now on.
        caller: Caller,
        /// The number that was called.
        called: Arc<str>,
        /// 1 to 254.
        priority: u8,
    },
    /// A call met a special situation, and this is what its queue does with it. What follows from it has its own event.
    TreatmentApplied {
        /// Which call.
        call: CallId,
        /// In which queue.
        queue: QueueId,
        /// What it met.
        situation: Situation,
        /// What is done: the first of treatment and fallbacks that was not refused; none: nothing was left, so that a
        /// `Timeout` stays with a fresh `wait_max` and any other situation releases the call.
        action: Option<Action>,
    },
    /// What a queue's treatment said was refused: its fallback is tried next, and what is done in the end follows.
    TreatmentRefused {
        /// Which call.
        call: CallId,
        /// In which queue.
        queue: QueueId,
        /// What it met.
        situation: Situation,
        /// What was to be done.
        action: Action,
        /// Why it is not.
        reason: Refusal,
    },
    /// What was to be done with a call at the end of its private wait was refused: what is tried next follows.
    PrivateActionRefused {
        /// Which call.
        call: CallId,
        /// For whom it waited.
        agent: AgentId,
        /// What was to be done.
        action: PrivateAction,
        /// Why it is not.
        reason: Refusal,
    },
    /// A call waits: the caller hears hold audio.
    CallQueued {
        /// Which call.
        call: CallId,
        /// In which line.
        line: Line,
        /// What orders it in public queues; none while it has never been in one.
        since: Option<Timestamp>,
        /// When waiting here ends by itself.
        until: Timestamp,
        /// Why it is here.
        cause: Cause,
        /// Who sent it.
        sender: Sender,
        /// How many times it has been sent on, this time included.
        hops: u8,
    },
    /// A call goes on waiting where it is, until then.
    WaitExtended {
        /// Which call.
        call: CallId,
        /// The new end.
        until: Timestamp,
    },
    /// A call has waited long enough for agents of less weight to take it.
    SkillWidened {
        /// Which call.
        call: CallId,
        /// The least weight from now on.
        weight_min: u8,
        /// When it needs less again.
        next: Option<Timestamp>,
    },
    /// A call was sent to an external number or address: the edge dials it.
    CallSentOutside {
        /// Which call.
        call: CallId,
        /// Where to.
        address: Arc<str>,
        /// From which queue.
        queue: QueueId,
        /// In which situation.
        situation: Situation,
        /// How many times it has been sent on, this time included.
        hops: u8,
    },
    /// The outside number answered: caller and outside number talk.
    OutsideAnswered {
        /// Which call.
        call: CallId,
    },

    /// A call is offered: the edge rings the agent's phone.
    OfferMade {
        /// This offer.
        offer: OfferId,
        /// Which call.
        call: CallId,
        /// To whom.
        agent: AgentId,
        /// From which line.
        line: Line,
        /// When it expires.
        until: Timestamp,
        /// Why this agent, and this call.
        why: Box<Why>,
    },
    /// The agent answered: caller and agent talk.
    OfferAccepted {
        /// Which offer.
        offer: OfferId,
        /// Which call.
        call: CallId,
        /// Who.
        agent: AgentId,
    },
    /// The offer ended in another way; the call is back at its place as if it had never left.
    OfferEnded {
        /// Which offer.
        offer: OfferId,
        /// Which call.
        call: CallId,
        /// Whose phone stops ringing.
        agent: AgentId,
        /// How.
        how: OfferEnd,
        /// Until when the agent is not offered this call again, if it is kept `Ready`.
        not_before: Option<Timestamp>,
    },
    /// `reoffer_min` is over: an agent kept `Ready` may be offered a call again that it did not take.
    ReofferAllowed {
        /// Who.
        agent: AgentId,
        /// Which call.
        call: CallId,
    },
    /// A side of the talk is on hold, or no longer.
    HeldChanged {
        /// Which call.
        call: CallId,
        /// On hold now.
        held: bool,
    },
    /// An agent gave its call away; what follows says where to. The agent's leg is hung up; the agent is free.
    CallTransferred {
        /// Which call.
        call: CallId,
        /// Who gave it away.
        agent: AgentId,
    },
    /// An agent asked for somebody else and keeps its call until then, on hold; where the call is follows.
    CallKept {
        /// Which call.
        call: CallId,
        /// Who keeps it.
        agent: AgentId,
        /// What for.
        keeping: Keeping,
    },
    /// A keeper wants something else than before of who was asked for: all three talk, or the keeper leaves at the answer.
    KeepingChanged {
        /// Which call.
        call: CallId,
        /// What for from now on.
        keeping: Keeping,
    },
    /// A keeper has given its call away; the call stays where it is. The keeper's legs are hung up; it is free.
    CallGivenAway {
        /// Which call.
        call: CallId,
        /// Who kept it.
        agent: AgentId,
    },
    /// A keeper talks with its caller again, and nobody else does: another agent who talked is free, an outside number is
    /// hung up.
    CallTakenBack {
        /// Which call.
        call: CallId,
        /// Who kept it.
        agent: AgentId,
        /// Why.
        why: TakenBack,
    },
    /// An agent sent a call to an external number or address: the edge dials it.
    CallTransferredOutside {
        /// Which call.
        call: CallId,
        /// Where to.
        address: Arc<str>,
        /// Who sent it.
        agent: AgentId,
        /// How many times it has been sent on, this time included.
        hops: u8,
    },
    /// A call is over. Legs that are left are hung up; agents who talked are free.
    CallEnded {
        /// Which call.
        call: CallId,
        /// How it ended.
        outcome: Outcome,
        /// Who ended it.
        by: Party,
    },
}

/// A presence that can be chosen for after the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChosenPresence {
    /// Take calls.
    Ready,
    /// Take none.
    NotReady(NotReady),
}

/// The ways an offer ends other than accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfferEnd {
    /// The agent declined.
    Declined,
    /// It rang for its whole time, or the phone gave up.
    Expired,
    /// The call or the agent left; see [`WithdrawCause`].
    Withdrawn(WithdrawCause),
    /// The phone could not be rung.
    Failed,
}

/// Why a keeper has its call back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TakenBack {
    /// It took the call back.
    Asked,
    /// Who was asked for declined.
    Declined,
    /// The phone of who was asked for rang for its whole time.
    Expired,
    /// The phone of who was asked for could not be rung.
    Failed,
    /// The call had waited for as long as it may.
    WaitOver,
    /// The call met this where it waited.
    TurnedAway(Situation),
    /// The agent for whom it waited signed out, stopped being `Ready`, or is no more.
    AgentLeft,
    /// The queue in which it waited is no more.
    QueueRemoved,
    /// Who was asked for had answered, and hung up.
    OtherLeft,
    /// The outside number refused, or could not be reached.
    OutsideFailed,
}

/// Why an offer was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WithdrawCause {
    /// The caller hung up.
    CallerLeft,
    /// The caller pressed the cancel key, or a request cancelled the queuing.
    Cancelled,
    /// The agent signed out, or was forced out of `Ready`.
    AgentLeft,
    /// The agent's last binding ended.
    PhoneLost,
    /// The call was ended or moved by request, or failed.
    CallTaken,
    /// The agent or its queue was removed from the configuration.
    Removed,
}
