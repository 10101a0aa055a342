//! Events on disk: what state is rebuilt from.

use std::sync::Arc;
use std::time::Duration;

use engine::{
    Action, AgentId, AgentSettings, CallId, Caller, Cause, ChangedBy, ChosenPresence, Event, ForcedPresence, Keeping,
    LegKey, Line, LostCause, OfferEnd, OfferId, Order, Outcome, Party, Presence, PrivateAction, Queue, QueueId,
    Refusal, Sender, Situation, TakenBack, Timestamp, VdnId, VdnSettings, Why,
};

use super::mirror::mirror_enum;

mirror_enum!(EventWire for Event {
    VdnNamed(vdn: VdnId),
    SettingsDefined(settings: Box<VdnSettings>),
    QueueDefined(queue: Box<Queue>),
    QueueRemoved(queue: QueueId),
    AgentDefined(agent: Box<AgentSettings>),
    AgentRemoved(agent: AgentId),
    AgentSignedIn { agent: AgentId, by: ChangedBy },
    AgentSignedOut { agent: AgentId, by: ChangedBy },
    PresenceChanged { agent: AgentId, presence: Presence, by: ChangedBy, ready_at: Option<Timestamp> },
    PresenceChosen { agent: AgentId, after_work: Option<ChosenPresence>, by: ChangedBy },
    AgentFound { agent: AgentId },
    AgentLost {
        agent: AgentId,
        cause: LostCause,
        retry_at: Option<Timestamp>,
        sign_out_at: Option<Timestamp>,
    },
    WrapUpStarted { agent: AgentId, call: CallId, until: Option<Timestamp> },
    WrapUpEnded { agent: AgentId, by: ChangedBy },
    CallArrived { call: CallId, key: LegKey, caller: Caller, called: Arc<str>, priority: u8 },
    TreatmentApplied { call: CallId, queue: QueueId, situation: Situation, action: Option<Action> },
    CallQueued {
        call: CallId,
        line: Line,
        since: Option<Timestamp>,
        until: Timestamp,
        cause: Cause,
        sender: Sender,
        hops: u8,
    },
    WaitExtended { call: CallId, until: Timestamp },
    CallSentOutside { call: CallId, address: Arc<str>, queue: QueueId, situation: Situation, hops: u8 },
    OutsideAnswered { call: CallId },
    OfferMade { offer: OfferId, call: CallId, agent: AgentId, line: Line, until: Timestamp, why: Box<Why> },
    OfferAccepted { offer: OfferId, call: CallId, agent: AgentId },
    OfferEnded {
        offer: OfferId,
        call: CallId,
        agent: AgentId,
        how: OfferEnd,
        not_before: Option<Timestamp>,
    },
    ReofferAllowed { agent: AgentId, call: CallId },
    HeldChanged { call: CallId, held: bool },
    CallTransferred { call: CallId, agent: AgentId },
    CallEnded { call: CallId, outcome: Outcome, by: Party },
    QueueClosed { queue: QueueId },
    QueueOpened { queue: QueueId },
    SkillWidened { call: CallId, weight_min: u8, next: Option<Timestamp> },
    CallKept { call: CallId, agent: AgentId, keeping: Keeping },
    KeepingChanged { call: CallId, keeping: Keeping },
    CallGivenAway { call: CallId, agent: AgentId },
    CallTakenBack { call: CallId, agent: AgentId, why: TakenBack },
    CallTransferredOutside { call: CallId, address: Arc<str>, agent: AgentId, hops: u8 },
    RestAsked { agent: AgentId, length: Duration, cause: u8, ticket: u64, by: ChangedBy },
    RestGranted { agent: AgentId, length: Duration, by: ChangedBy },
    RestDenied { agent: AgentId, order: Order },
    RestCancelled { agent: AgentId, by: ChangedBy },
    RestProlonged { agent: AgentId, until: Timestamp, by: ChangedBy },
    RestOverdue { agent: AgentId },
    PresenceForced { agent: AgentId, presence: ForcedPresence, order: Order },
    TreatmentRefused { call: CallId, queue: QueueId, situation: Situation, action: Action, reason: Refusal },
    PrivateActionRefused { call: CallId, agent: AgentId, action: PrivateAction, reason: Refusal },
});
