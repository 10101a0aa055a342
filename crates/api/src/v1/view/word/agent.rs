//! What is said of agents.

use engine::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::v1::view::time::Moment;

plain! {
    /// In which of three ways an agent is not ready.
    NotReadyKind {
        /// Busy with something else.
        Busy,
        /// On a break.
        Rest,
        /// In training.
        Study,
    }
}

impl From<NotReadyKind> for engine::NotReadyKind {
    fn from(kind: NotReadyKind) -> Self {
        match kind {
            NotReadyKind::Busy => Self::Busy,
            NotReadyKind::Rest => Self::Rest,
            NotReadyKind::Study => Self::Study,
        }
    }
}

/// What an agent chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Presence {
    /// Not here.
    SignedOut,
    /// Takes calls.
    Ready,
    /// Here, but takes no calls.
    NotReady {
        /// In which way.
        why: NotReadyKind,
        /// The agent's own code for it; 2: an offer expired, 7: an offer was declined.
        reason: u8,
    },
}

impl From<engine::NotReady> for Presence {
    fn from(engine::NotReady { kind, reason }: engine::NotReady) -> Self {
        Self::NotReady { why: kind.into(), reason }
    }
}

impl From<engine::Presence> for Presence {
    fn from(presence: engine::Presence) -> Self {
        match presence {
            engine::Presence::SignedOut => Self::SignedOut,
            engine::Presence::Ready => Self::Ready,
            engine::Presence::NotReady(why) => why.into(),
        }
    }
}

impl From<engine::ChosenPresence> for Presence {
    fn from(presence: engine::ChosenPresence) -> Self {
        match presence {
            engine::ChosenPresence::Ready => Self::Ready,
            engine::ChosenPresence::NotReady(why) => why.into(),
        }
    }
}

/// What an agent does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Work {
    /// Nothing.
    Idle,
    /// A call is offered to it.
    Offered {
        /// Which offer.
        offer: u64,
        /// Which call.
        call: String,
    },
    /// It talks with a caller, or is the caller itself.
    Talking {
        /// Which call.
        call: String,
    },
    /// It works after a talk.
    WrapUp {
        /// The call it talked with.
        call: String,
        /// When wrap-up ends by itself; none: when the agent ends it.
        until: Option<Moment>,
    },
}

impl From<engine::Work> for Work {
    fn from(work: engine::Work) -> Self {
        match work {
            engine::Work::Idle { .. } => Self::Idle,
            engine::Work::Offered { offer, call } => Self::Offered { offer: offer.0, call: call.to_string() },
            engine::Work::Talking { call, .. } => Self::Talking { call: call.to_string() },
            engine::Work::WrapUp { call, until } => Self::WrapUp { call: call.to_string(), until: until.map(Moment) },
        }
    }
}

plain! {
    /// Why an agent is lost.
    LostCause {
        /// Its phone has no live binding.
        NoBinding,
        /// An offer to its phone failed.
        OfferFailed,
    }
}

/// Whether an agent's phone can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Reach {
    /// It can.
    Reachable,
    /// It cannot: nothing is offered to it.
    Lost {
        /// Since when.
        since: Moment,
        /// Why.
        cause: LostCause,
        /// When it is tried again by itself.
        retry_at: Option<Moment>,
        /// When the agent is signed out if it is lost until then.
        sign_out_at: Option<Moment>,
    },
}

impl From<engine::Reach> for Reach {
    fn from(reach: engine::Reach) -> Self {
        let moment = |time: Option<Timestamp>| time.map(Moment);
        match reach {
            engine::Reach::Reachable => Self::Reachable,
            engine::Reach::Lost { since, cause, retry_at, sign_out_at } => Self::Lost {
                since: Moment(since),
                cause: cause.into(),
                retry_at: moment(retry_at),
                sign_out_at: moment(sign_out_at),
            },
        }
    }
}

plain! {
    /// Who or what changed an agent's presence or ended its wrap-up.
    ChangedBy {
        /// The agent.
        Agent,
        /// A supervisor or an integration.
        Supervisor,
        /// Its phone.
        Phone,
        /// A rule of the floor.
        Rule,
        /// It was lost for too long.
        Lost,
        /// The configuration.
        Configuration,
    }
}
