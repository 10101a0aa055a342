//! What is true of an agent: presence is what it chose, work what the engine knows, reach what the edge knows.

use alloc::sync::Arc;
use core::time::Duration;

use crate::id::{CallId, OfferId};
use crate::time::Timestamp;

/// What the agent chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Not here: no new calls, public or private.
    SignedOut,
    /// Takes calls.
    Ready,
    /// Here, but takes no calls.
    NotReady(NotReady),
}

/// Why an agent takes no calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotReady {
    /// In which of the three ways.
    pub kind: NotReadyKind,
    /// The agent's or the engine's own code for it, 0 to 255; see [`NotReady::DECLINED`] and [`NotReady::EXPIRED`].
    pub reason: u8,
}

impl NotReady {
    /// What the engine makes of an agent who declined an offer.
    pub const DECLINED: Self = Self { kind: NotReadyKind::Busy, reason: 7 };
    /// What the engine makes of an agent who let an offer expire.
    pub const EXPIRED: Self = Self { kind: NotReadyKind::Busy, reason: 2 };
}

/// The three ways of not being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotReadyKind {
    /// Busy with something else.
    Busy,
    /// On a break.
    Rest,
    /// In training.
    Study,
}

/// How far a rest has come that an agent asked for, or that was given a length otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rest {
    /// It waits for a place.
    Asked {
        /// How long it shall be.
        length: Duration,
        /// The agent's own code for it.
        cause: u8,
        /// Since when it waits.
        since: Timestamp,
        /// Its number in the line of all that wait: less came first.
        ticket: u64,
    },
    /// It has a place, and begins when the agent's work is over.
    Granted {
        /// How long it will be from then on.
        length: Duration,
    },
    /// It goes on.
    Begun {
        /// When its time is over.
        until: Timestamp,
        /// Its time is over, and the agent still rests.
        is_overdue: bool,
    },
}

impl Rest {
    /// The shortest rest that can be asked for.
    pub const LENGTH_MIN: Duration = Duration::from_secs(1);
    /// The longest one.
    pub const LENGTH_MAX: Duration = Duration::from_secs(86_399);
}

/// What a supervisor may make of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ForcedPresence {
    /// Take calls.
    Ready,
    /// Take none.
    Busy,
    /// Go on a break, whatever the quotas say.
    Rest {
        /// For how long, from [`Rest::LENGTH_MIN`] to [`Rest::LENGTH_MAX`]; none: until the agent says so.
        length: Option<Duration>,
    },
    /// Take part in a training.
    Study,
    /// Leave.
    SignedOut,
}

impl ForcedPresence {
    /// What the agent is then, with this reason.
    #[must_use]
    pub const fn presence(self, reason: u8) -> Presence {
        let kind = match self {
            Self::Ready => return Presence::Ready,
            Self::SignedOut => return Presence::SignedOut,
            Self::Busy => NotReadyKind::Busy,
            Self::Rest { .. } => NotReadyKind::Rest,
            Self::Study => NotReadyKind::Study,
        };
        Presence::NotReady(NotReady { kind, reason })
    }
}

/// A supervisor's word, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// The supervisor's own code for it, 0 to 255.
    pub reason: u8,
    /// Who gave it, by the name that the faces know; may be empty.
    pub who: Arc<str>,
}

/// What a supervisor made of an agent, as long as it is so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Forced {
    /// What it is to be.
    pub presence: ForcedPresence,
    /// Why, and by whom.
    pub order: Order,
    /// When that was said.
    pub at: Timestamp,
}

/// What the engine knows the agent to be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// Nothing, since then.
    Idle {
        /// When it became idle.
        since: Timestamp,
    },
    /// A call is offered to it.
    Offered {
        /// Which offer.
        offer: OfferId,
        /// Which call.
        call: CallId,
    },
    /// It talks with a caller, or is the caller itself.
    Talking {
        /// Which call.
        call: CallId,
        /// Since when.
        since: Timestamp,
    },
    /// It works after a talk.
    WrapUp {
        /// The call it talked with.
        call: CallId,
        /// When wrap-up ends by itself; none: when the agent ends it.
        until: Option<Timestamp>,
    },
}

impl Work {
    /// Offered, talking or in wrap-up.
    #[must_use]
    pub const fn is_engaged(self) -> bool {
        !matches!(self, Self::Idle { .. })
    }
}

/// What the edge knows of the agent's phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// There is a live binding, or a fixed phone.
    Reachable,
    /// Nothing is offered to it.
    Lost {
        /// Since when.
        since: Timestamp,
        /// Why.
        cause: LostCause,
        /// When its phone is tried again by itself; none: when it is heard of.
        retry_at: Option<Timestamp>,
        /// When it is signed out, if it is lost until then; none: it is not signed in, or signed in for ever.
        sign_out_at: Option<Timestamp>,
    },
}

/// Why an agent is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LostCause {
    /// Its phone has no live binding.
    NoBinding,
    /// An offer to its phone failed; `lost_retry` later it is tried again.
    OfferFailed,
}

/// Who or what changed an agent's presence or ended its wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangedBy {
    /// The agent, on its phone or through a face.
    Agent,
    /// A supervisor.
    Supervisor,
    /// The first binding of its phone, or a fixed phone.
    Phone,
    /// The floor: an offer was declined or expired, `auto_ready` or a wrap-up time is over, or the work is over for
    /// whose end the presence was chosen.
    Rule,
    /// `lost_grace` was over.
    Lost,
    /// The configuration.
    Configuration,
}
