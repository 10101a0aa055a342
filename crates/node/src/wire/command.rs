//! Commands on disk: kept for audit.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    AgentId, CallId, Caller, ChangedBy, Command, FailCause, Floor, ForcedPresence, LegKey, NotReady, OfferId, Order,
    QueueId, Target, Transfer,
};

use super::mirror::mirror_enum;

mirror_enum!(CommandWire for Command {
    Configure(floor: Floor),
    Arrive { key: LegKey, caller: Caller, called: Arc<str>, priority: u8, target: Target },
    CallerLeft { call: CallId },
    AgentLeft { call: CallId, agent: AgentId },
    FailCall { call: CallId, cause: FailCause },
    FailAllCalls { cause: FailCause },
    ReleaseCall { call: CallId },
    CancelQueuing { call: CallId },
    SetHeld { call: CallId, held: bool },
    Transfer { call: CallId, agent: AgentId, target: Target },
    MoveCall { call: CallId, target: Target },
    OutsideAnswered { call: CallId },
    OutsideLeft { call: CallId },
    AcceptOffer { offer: OfferId },
    DeclineOffer { offer: OfferId },
    ExpireOffer { offer: OfferId },
    FailOffer { offer: OfferId },
    SignIn { agent: AgentId, by: ChangedBy },
    SignOut { agent: AgentId, by: ChangedBy },
    BecomeReady { agent: AgentId, by: ChangedBy },
    BecomeNotReady { agent: AgentId, why: NotReady, by: ChangedBy },
    EndWrapUp { agent: AgentId, by: ChangedBy },
    PhoneFound { agent: AgentId },
    PhoneLost { agent: AgentId },
    Tick,
    CloseQueue { queue: QueueId },
    OpenQueue { queue: QueueId },
    TransferBy(transfer: Transfer),
    CompleteTransfer { call: CallId, agent: AgentId },
    JoinTalk { call: CallId, agent: AgentId },
    TakeBack { call: CallId, agent: AgentId },
    AskRest { agent: AgentId, length: Duration, cause: u8, by: ChangedBy },
    CancelRest { agent: AgentId, by: ChangedBy },
    GrantRest { agent: AgentId },
    DenyRest { agent: AgentId, order: Order },
    ForcePresence { agent: AgentId, presence: ForcedPresence, order: Order },
});
