//! The words that commands, events and images share.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    AgentId, CallId, Caller, Cause, ChangedBy, ChosenPresence, FailCause, ForcedPresence, Keeping, Line, LostCause,
    NotReady, NotReadyKind, OfferEnd, OfferId, OfferRule, Order, Outcome, Party, PassedOver, Presence, QueueId,
    Refusal, ReleaseCause, Sender, Situation, Strategy, TakenBack, Target, Timestamp, Transfer, TransferMode,
    TransferTo, Why, WinnerKey, WithdrawCause,
};

use super::mirror::{mirror_enum, mirror_struct};

mirror_enum!(TargetWire for Target { Queue(queue: QueueId), Agent(agent: AgentId) });

mirror_enum!(CallerWire for Caller { Outside(number: Arc<str>), Agent(agent: AgentId) });

mirror_enum!(LineWire for Line { Queue(queue: QueueId), Private(agent: AgentId) });

mirror_enum!(SituationWire for Situation { Closed, NoAgents, Overflow, Busy, Timeout, Cancelled });

mirror_enum!(CauseWire for Cause {
    Dialled,
    Transfer,
    Treatment(situation: Situation),
    Request,
    PrivateTimeout,
    AgentSignedOut,
    Removed,
    AgentNotReady,
    Delegated,
    ReturnedToSender,
    PrivateWaitEnd,
    OutsideFailed,
});

mirror_enum!(SenderWire for Sender {
    Caller,
    Agent(agent: AgentId),
    Queue(queue: QueueId),
    Private(agent: AgentId),
    Request,
    Outside,
});

mirror_struct!(TransferWire for Transfer {
    call: CallId,
    agent: AgentId,
    to: TransferTo,
    mode: TransferMode,
    expected_wait_max: Option<Duration>,
});

mirror_enum!(TransferToWire for TransferTo { Queue(queue: QueueId), Agent(agent: AgentId), Outside(address: Arc<str>) });

mirror_enum!(TransferModeWire for TransferMode { Release, Specified, Success, Consult, ThreeParty });

mirror_enum!(KeepingWire for Keeping { UntilAnswered, ToConsult, ToJoin });

mirror_enum!(TakenBackWire for TakenBack {
    Asked,
    Declined,
    Expired,
    Failed,
    WaitOver,
    TurnedAway(situation: Situation),
    AgentLeft,
    QueueRemoved,
    OtherLeft,
    OutsideFailed,
});

mirror_enum!(RefusalWire for Refusal {
    NoSuchAgent,
    NoSuchQueue,
    AgentSignedOut,
    AgentNotReady,
    AgentIsInTheCall,
    PrivateQueueFull,
    TurnedAway(situation: Situation),
    TooManyHops,
    NobodyNamed,
    AskedBefore,
});

mirror_enum!(NotReadyKindWire for NotReadyKind { Busy, Rest, Study });

mirror_struct!(NotReadyWire for NotReady { kind: NotReadyKind, reason: u8 });

mirror_enum!(PresenceWire for Presence { SignedOut, Ready, NotReady(why: NotReady) });

mirror_enum!(ChosenPresenceWire for ChosenPresence { Ready, NotReady(why: NotReady) });

mirror_enum!(ForcedPresenceWire for ForcedPresence {
    Ready,
    Busy,
    Rest { length: Option<Duration> },
    Study,
    SignedOut,
});

mirror_struct!(OrderWire for Order { reason: u8, who: Arc<str> });

mirror_enum!(ChangedByWire for ChangedBy { Agent, Supervisor, Phone, Rule, Lost, Configuration });

mirror_enum!(LostCauseWire for LostCause { NoBinding, OfferFailed });

mirror_enum!(WithdrawCauseWire for WithdrawCause {
    CallerLeft,
    Cancelled,
    AgentLeft,
    PhoneLost,
    CallTaken,
    Removed,
});

mirror_enum!(OfferEndWire for OfferEnd { Declined, Expired, Withdrawn(cause: WithdrawCause), Failed });

mirror_enum!(ReleaseCauseWire for ReleaseCause {
    Treatment(situation: Situation),
    TooManyHops,
    NoQueueToReturnTo,
    Request,
    PrivateWaitEnd,
    AgentLeft,
});

mirror_enum!(FailCauseWire for FailCause { LostAtRestart, NoAck, LegLost, Resources });

mirror_enum!(OutcomeWire for Outcome {
    Answered,
    Abandoned,
    Released(cause: ReleaseCause),
    Failed(cause: FailCause),
});

mirror_enum!(PartyWire for Party { Caller, Called, Server });

mirror_enum!(StrategyWire for Strategy { LongestIdle, RoundRobin, LeastTalked, BestSkilled });

mirror_enum!(OfferRuleWire for OfferRule {
    PrivateFirst,
    BestCallOfQueues,
    Strategy(strategy: Strategy),
    Directed,
    PublicGoesAhead,
});

mirror_struct!(WhyWire for Why {
    rule: Option<OfferRule>,
    idle_for: Duration,
    waiting_behind: u32,
    agents_available: u32,
    runners_up: Vec<AgentId>,
} and WhyMoreWire since 2 {
    Key(key: Option<WinnerKey> = None),
    PassedOver(passed_over: PassedOver = PassedOver::default()),
});

mirror_enum!(WinnerKeyWire for WinnerKey {
    IdleSince(since: Timestamp),
    LastOffer(offer: Option<OfferId>),
    Talked(talked: Duration),
    AgentWeight(weight: u8),
    Call { queue_weight: Option<u8>, priority: u8, from: Timestamp },
});

mirror_struct!(PassedOverWire for PassedOver {
    engaged: u32,
    lost: u32,
    not_ready: u32,
    lack_weight: u32,
    kept_from_it: u32,
});
