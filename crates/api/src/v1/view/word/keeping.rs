//! Words of calls that an agent keeps while it has asked for somebody else.

use serde::Serialize;
use utoipa::ToSchema;

use super::Situation;

plain! {
    /// What an agent keeps its call for.
    Keeping {
        /// Until the other one answers, who then talks with the caller in its place.
        UntilAnswered,
        /// To talk with the other one first, the caller on hold.
        ToConsult,
        /// To talk all three.
        ToJoin,
    }
}

plain! {
    /// How an agent gives its call to somebody else.
    TransferMode {
        /// The agent is free at once.
        Release,
        /// As release, and always by way of an agent's private queue: to an agent only.
        Specified,
        /// The agent keeps the caller on hold until the other one answers, and has it back when that does not happen.
        Success,
        /// The agent talks with the other one first, and then completes the transfer, joins the talk or takes it back.
        Consult,
        /// All three talk as soon as the other one answers.
        ThreeParty,
    }
}

impl From<TransferMode> for engine::TransferMode {
    fn from(mode: TransferMode) -> Self {
        match mode {
            TransferMode::Release => Self::Release,
            TransferMode::Specified => Self::Specified,
            TransferMode::Success => Self::Success,
            TransferMode::Consult => Self::Consult,
            TransferMode::ThreeParty => Self::ThreeParty,
        }
    }
}

/// Why an agent has the call back that it kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum TakenBack {
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
    TurnedAway {
        /// What it met.
        situation: Situation,
    },
    /// The agent for whom it waited signed out, stopped being ready, or is no more.
    AgentLeft,
    /// The queue in which it waited is no more.
    QueueRemoved,
    /// Who was asked for had answered, and hung up.
    OtherLeft,
    /// The outside number refused, or could not be reached.
    OutsideFailed,
}

impl From<engine::TakenBack> for TakenBack {
    fn from(why: engine::TakenBack) -> Self {
        match why {
            engine::TakenBack::Asked => Self::Asked,
            engine::TakenBack::Declined => Self::Declined,
            engine::TakenBack::Expired => Self::Expired,
            engine::TakenBack::Failed => Self::Failed,
            engine::TakenBack::WaitOver => Self::WaitOver,
            engine::TakenBack::TurnedAway(situation) => Self::TurnedAway { situation: situation.into() },
            engine::TakenBack::AgentLeft => Self::AgentLeft,
            engine::TakenBack::QueueRemoved => Self::QueueRemoved,
            engine::TakenBack::OtherLeft => Self::OtherLeft,
            engine::TakenBack::OutsideFailed => Self::OutsideFailed,
        }
    }
}
