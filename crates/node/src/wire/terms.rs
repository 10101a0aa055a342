//! The words that commands, events and images share.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    AgentId, Caller, Cause, ChangedBy, ChosenPresence, FailCause, Line, LostCause, NotReady, NotReadyKind, OfferEnd,
    OfferRule, Outcome, Party, Presence, QueueId, ReleaseCause, Sender, Situation, Strategy, Target, Why,
    WithdrawCause,
};

use super::mirror::{mirror_enum, mirror_struct};

mirror_enum!(TargetV1 for Target { Queue(queue: QueueId), Agent(agent: AgentId) });

mirror_enum!(CallerV1 for Caller { Outside(number: Arc<str>), Agent(agent: AgentId) });

mirror_enum!(LineV1 for Line { Queue(queue: QueueId), Private(agent: AgentId) });

mirror_enum!(SituationV1 for Situation { Closed, NoAgents, Overflow, Busy, Timeout, Cancelled });

mirror_enum!(CauseV1 for Cause {
    Dialled,
    Transfer,
    Treatment(situation: Situation),
    Request,
    PrivateTimeout,
    AgentSignedOut,
    Removed,
});

mirror_enum!(SenderV1 for Sender {
    Caller,
    Agent(agent: AgentId),
    Queue(queue: QueueId),
    Private(agent: AgentId),
    Request,
});

mirror_enum!(NotReadyKindV1 for NotReadyKind { Busy, Rest, Study });

mirror_struct!(NotReadyV1 for NotReady { kind: NotReadyKind, reason: u8 });

mirror_enum!(PresenceV1 for Presence { SignedOut, Ready, NotReady(why: NotReady) });

mirror_enum!(ChosenPresenceV1 for ChosenPresence { Ready, NotReady(why: NotReady) });

mirror_enum!(ChangedByV1 for ChangedBy { Agent, Supervisor, Phone, Rule, Lost, Configuration });

mirror_enum!(LostCauseV1 for LostCause { NoBinding, OfferFailed });

mirror_enum!(WithdrawCauseV1 for WithdrawCause {
    CallerLeft,
    Cancelled,
    AgentLeft,
    PhoneLost,
    CallTaken,
    Removed,
});

mirror_enum!(OfferEndV1 for OfferEnd { Declined, Expired, Withdrawn(cause: WithdrawCause), Failed });

mirror_enum!(ReleaseCauseV1 for ReleaseCause {
    Treatment(situation: Situation),
    TooManyHops,
    NoQueueToReturnTo,
    Request,
});

mirror_enum!(FailCauseV1 for FailCause { LostAtRestart, NoAck, LegLost, Resources });

mirror_enum!(OutcomeV1 for Outcome {
    Answered,
    Abandoned,
    Released(cause: ReleaseCause),
    Failed(cause: FailCause),
});

mirror_enum!(PartyV1 for Party { Caller, Called, Server });

mirror_enum!(StrategyV1 for Strategy { LongestIdle, RoundRobin, LeastTalked, BestSkilled });

mirror_enum!(OfferRuleV1 for OfferRule {
    PrivateFirst,
    BestCallOfQueues,
    Strategy(strategy: Strategy),
    Directed,
});

mirror_struct!(WhyV1 for Why {
    rule: Option<OfferRule>,
    idle_for: Duration,
    waiting_behind: u32,
    agents_available: u32,
    runners_up: Vec<AgentId>,
});
