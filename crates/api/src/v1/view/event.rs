//! What happened, rendered from the record alone.

use engine::Event;
use node::Record;
use serde::Serialize;
use utoipa::ToSchema;

use super::private::PrivateAction;
use super::rest::ForcedPresence;
use super::time::{Moment, end};
use super::word::{
    Action, Caller, Cause, ChangedBy, Keeping, Line, LostCause, Numbers, OfferEnd, Outcome, Party, Presence, Refusal,
    Sender, Situation, Strategy, TakenBack, Why,
};

/// All that one turn of the floor led to: one message of an event stream.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct EntryView {
    /// Its record in the VDN's journal: what to resume after.
    position: u64,
    /// When it was decided.
    at: Moment,
    /// In order.
    events: Vec<EventView>,
}

impl EntryView {
    /// None for a record that only edges have a use for.
    pub(crate) fn new(record: &Record, numbers: Numbers) -> Option<Self> {
        let events = &record.entry.as_ref()?.events;
        let events = events.iter().filter_map(|event| EventView::new(event, numbers)).collect();
        Some(Self { position: record.position.0, at: Moment(record.at), events })
    }
}

/// This is so from now on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub(crate) enum EventView {
    /// The journal belongs to this VDN; the first event there is.
    VdnNamed { vdn: u16 },
    /// The settings of the VDN changed.
    SettingsDefined,
    /// A queue is new or changed.
    QueueDefined { queue: u16, name: String, strategy: Strategy },
    /// A queue is no more.
    QueueRemoved { queue: u16 },
    /// A queue is closed by hand; what its waiting calls meet follows in the same entry.
    QueueClosed { queue: u16 },
    /// A queue is no longer closed by hand.
    QueueOpened { queue: u16 },
    /// An agent is new or changed.
    AgentDefined { agent: u32, name: String, queues: Vec<u16> },
    /// An agent is configured no more.
    AgentRemoved { agent: u32 },
    /// An agent is signed in, as ready.
    AgentSignedIn { agent: u32, by: ChangedBy },
    /// An agent is signed out.
    AgentSignedOut { agent: u32, by: ChangedBy },
    /// An agent's presence is now this; `ready_at` says when it becomes ready again by itself.
    PresenceChanged { agent: u32, presence: Presence, by: ChangedBy, ready_at: Option<Moment> },
    /// An agent chose a presence for after its work; none: the choice was taken back.
    PresenceChosen { agent: u32, after_work: Option<Presence>, by: ChangedBy },
    /// An agent's wish for a rest waits for a place; a smaller ticket came first.
    RestAsked { agent: u32, seconds: u64, cause: u8, ticket: u64, by: ChangedBy },
    /// An agent has a place for its rest, which begins with the presence that follows, at once or after its work.
    RestGranted { agent: u32, seconds: u64, by: ChangedBy },
    /// A supervisor denied an agent's wish for a rest.
    RestDenied { agent: u32, reason: u8, who: String },
    /// A wish for a rest, or a rest that had not begun, was taken back.
    RestCancelled { agent: u32, by: ChangedBy },
    /// A rest that goes on is over then.
    RestProlonged { agent: u32, until: Moment, by: ChangedBy },
    /// The time of a rest is over, and the agent still rests.
    RestOverdue { agent: u32 },
    /// A supervisor said what an agent shall be; what follows from it has its own events.
    PresenceForced { agent: u32, presence: ForcedPresence, reason: u8, who: String },
    /// An agent's phone can be reached.
    AgentFound { agent: u32 },
    /// An agent's phone cannot be reached.
    AgentLost { agent: u32, cause: LostCause, retry_at: Option<Moment>, sign_out_at: Option<Moment> },
    /// Wrap-up began.
    WrapUpStarted { agent: u32, call: String, until: Option<Moment> },
    /// Wrap-up is over.
    WrapUpEnded { agent: u32, by: ChangedBy },
    /// A call is here; its place follows in the same entry.
    CallArrived { call: String, caller: Caller, called: String, priority: u8 },
    /// A call met a special situation, and this is what its queue does; none: nothing was left to do.
    TreatmentApplied { call: String, queue: u16, situation: Situation, action: Option<Action> },
    /// What a queue's treatment said was refused: its fallback is tried next.
    TreatmentRefused { call: String, queue: u16, situation: Situation, action: Action, reason: Refusal },
    /// What was to be done with a call at the end of its private wait was refused: the next thing is tried.
    PrivateActionRefused { call: String, agent: u32, action: PrivateAction, reason: Refusal },
    /// A call waits.
    CallQueued {
        call: String,
        line: Line,
        since: Option<Moment>,
        until: Option<Moment>,
        cause: Cause,
        sender: Sender,
        hops: u8,
    },
    /// A call goes on waiting where it is, until then.
    WaitExtended { call: String, until: Option<Moment> },
    /// A call has waited long enough for agents of this weight; `next` says when for those of less.
    SkillWidened { call: String, weight_min: u8, next: Option<Moment> },
    /// A call was sent to an external number or address.
    CallSentOutside { call: String, address: String, queue: u16, situation: Situation, hops: u8 },
    /// The outside number answered.
    OutsideAnswered { call: String },
    /// A call is offered.
    OfferMade { offer: u64, call: String, agent: u32, line: Line, until: Moment, why: Why },
    /// The agent answered: caller and agent talk.
    OfferAccepted { offer: u64, call: String, agent: u32 },
    /// The offer ended in another way; the call is back at its place as if it had never left.
    OfferEnded { offer: u64, call: String, agent: u32, how: OfferEnd, not_before: Option<Moment> },
    /// An agent may be offered a call again that it did not take.
    ReofferAllowed { agent: u32, call: String },
    /// A side of the talk is on hold, or no longer.
    HeldChanged { call: String, held: bool },
    /// An agent gave its call away; what follows says where to.
    CallTransferred { call: String, agent: u32 },
    /// An agent asked for somebody else and keeps its call until then; where the call is follows.
    CallKept { call: String, agent: u32, keeping: Keeping },
    /// A keeper wants something else than before of who was asked for.
    KeepingChanged { call: String, keeping: Keeping },
    /// A keeper has given its call away; the call stays where it is.
    CallGivenAway { call: String, agent: u32 },
    /// A keeper talks with its caller again, and nobody else does.
    CallTakenBack { call: String, agent: u32, why: TakenBack },
    /// An agent sent a call to an external number or address.
    CallTransferredOutside { call: String, address: String, agent: u32, hops: u8 },
    /// A call is over.
    CallEnded { call: String, outcome: Outcome, by: Party },
}

impl EventView {
    /// One match names every event, so that none can be forgotten; the five it leads to take them one by one.
    fn new(event: &Event, numbers: Numbers) -> Option<Self> {
        match event {
            Event::VdnNamed(_)
            | Event::SettingsDefined(_)
            | Event::QueueDefined(_)
            | Event::QueueRemoved(_)
            | Event::QueueClosed { .. }
            | Event::QueueOpened { .. }
            | Event::AgentDefined(_)
            | Event::AgentRemoved(_) => Self::of_floor(event),
            Event::AgentSignedIn { .. }
            | Event::AgentSignedOut { .. }
            | Event::PresenceChanged { .. }
            | Event::PresenceChosen { .. }
            | Event::AgentFound { .. }
            | Event::AgentLost { .. }
            | Event::WrapUpStarted { .. }
            | Event::WrapUpEnded { .. } => Self::of_agent(event),
            Event::RestAsked { .. }
            | Event::RestGranted { .. }
            | Event::RestDenied { .. }
            | Event::RestCancelled { .. }
            | Event::RestProlonged { .. }
            | Event::RestOverdue { .. }
            | Event::PresenceForced { .. } => Self::of_rest(event),
            Event::CallArrived { .. }
            | Event::TreatmentApplied { .. }
            | Event::TreatmentRefused { .. }
            | Event::PrivateActionRefused { .. }
            | Event::CallQueued { .. }
            | Event::WaitExtended { .. }
            | Event::SkillWidened { .. }
            | Event::CallSentOutside { .. }
            | Event::OutsideAnswered { .. } => Self::of_waiting(event, numbers),
            Event::OfferMade { .. }
            | Event::OfferAccepted { .. }
            | Event::OfferEnded { .. }
            | Event::ReofferAllowed { .. }
            | Event::HeldChanged { .. }
            | Event::CallTransferred { .. }
            | Event::CallEnded { .. } => Self::of_serving(event),
            Event::CallKept { .. }
            | Event::KeepingChanged { .. }
            | Event::CallGivenAway { .. }
            | Event::CallTakenBack { .. }
            | Event::CallTransferredOutside { .. } => Self::of_keeping(event),
        }
    }

    fn of_floor(event: &Event) -> Option<Self> {
        Some(match event {
            Event::VdnNamed(vdn) => Self::VdnNamed { vdn: vdn.0 },
            Event::SettingsDefined(_) => Self::SettingsDefined,
            Event::QueueDefined(queue) => {
                Self::QueueDefined { queue: queue.id.0, name: queue.name.to_string(), strategy: queue.strategy.into() }
            }
            Event::QueueRemoved(queue) => Self::QueueRemoved { queue: queue.0 },
            Event::QueueClosed { queue } => Self::QueueClosed { queue: queue.0 },
            Event::QueueOpened { queue } => Self::QueueOpened { queue: queue.0 },
            Event::AgentDefined(agent) => Self::AgentDefined {
                agent: agent.id.0,
                name: agent.name.to_string(),
                queues: agent.queues.iter().map(|part| part.queue.0).collect(),
            },
            Event::AgentRemoved(agent) => Self::AgentRemoved { agent: agent.0 },
            _ => return None,
        })
    }

    fn of_agent(event: &Event) -> Option<Self> {
        Some(match event {
            Event::AgentSignedIn { agent, by } => Self::AgentSignedIn { agent: agent.0, by: (*by).into() },
            Event::AgentSignedOut { agent, by } => Self::AgentSignedOut { agent: agent.0, by: (*by).into() },
            Event::PresenceChanged { agent, presence, by, ready_at } => Self::PresenceChanged {
                agent: agent.0,
                presence: (*presence).into(),
                by: (*by).into(),
                ready_at: ready_at.map(Moment),
            },
            Event::PresenceChosen { agent, after_work, by } => {
                Self::PresenceChosen { agent: agent.0, after_work: after_work.map(Presence::from), by: (*by).into() }
            }
            Event::AgentFound { agent } => Self::AgentFound { agent: agent.0 },
            Event::AgentLost { agent, cause, retry_at, sign_out_at } => Self::AgentLost {
                agent: agent.0,
                cause: (*cause).into(),
                retry_at: retry_at.map(Moment),
                sign_out_at: sign_out_at.map(Moment),
            },
            Event::WrapUpStarted { agent, call, until } => {
                Self::WrapUpStarted { agent: agent.0, call: call.to_string(), until: until.map(Moment) }
            }
            Event::WrapUpEnded { agent, by } => Self::WrapUpEnded { agent: agent.0, by: (*by).into() },
            _ => return None,
        })
    }

    fn of_rest(event: &Event) -> Option<Self> {
        Some(match event {
            Event::RestAsked { agent, length, cause, ticket, by } => Self::RestAsked {
                agent: agent.0,
                seconds: length.as_secs(),
                cause: *cause,
                ticket: *ticket,
                by: (*by).into(),
            },
            Event::RestGranted { agent, length, by } => {
                Self::RestGranted { agent: agent.0, seconds: length.as_secs(), by: (*by).into() }
            }
            Event::RestDenied { agent, order } => {
                Self::RestDenied { agent: agent.0, reason: order.reason, who: order.who.to_string() }
            }
            Event::RestCancelled { agent, by } => Self::RestCancelled { agent: agent.0, by: (*by).into() },
            Event::RestProlonged { agent, until, by } => {
                Self::RestProlonged { agent: agent.0, until: Moment(*until), by: (*by).into() }
            }
            Event::RestOverdue { agent } => Self::RestOverdue { agent: agent.0 },
            Event::PresenceForced { agent, presence, order } => Self::PresenceForced {
                agent: agent.0,
                presence: (*presence).into(),
                reason: order.reason,
                who: order.who.to_string(),
            },
            _ => return None,
        })
    }

    fn of_waiting(event: &Event, numbers: Numbers) -> Option<Self> {
        Some(match event {
            Event::CallArrived { call, caller, called, priority, .. } => Self::CallArrived {
                call: call.to_string(),
                caller: Caller::new(caller, numbers),
                called: called.to_string(),
                priority: *priority,
            },
            Event::TreatmentApplied { call, queue, situation, action } => Self::TreatmentApplied {
                call: call.to_string(),
                queue: queue.0,
                situation: (*situation).into(),
                action: action.as_ref().map(Action::from),
            },
            Event::TreatmentRefused { call, queue, situation, action, reason } => Self::TreatmentRefused {
                call: call.to_string(),
                queue: queue.0,
                situation: (*situation).into(),
                action: action.into(),
                reason: (*reason).into(),
            },
            Event::PrivateActionRefused { call, agent, action, reason } => Self::PrivateActionRefused {
                call: call.to_string(),
                agent: agent.0,
                action: (*action).into(),
                reason: (*reason).into(),
            },
            Event::CallQueued { call, line, since, until, cause, sender, hops } => Self::CallQueued {
                call: call.to_string(),
                line: (*line).into(),
                since: since.map(Moment),
                until: end(*until),
                cause: (*cause).into(),
                sender: (*sender).into(),
                hops: *hops,
            },
            Event::WaitExtended { call, until } => Self::WaitExtended { call: call.to_string(), until: end(*until) },
            Event::SkillWidened { call, weight_min, next } => {
                Self::SkillWidened { call: call.to_string(), weight_min: *weight_min, next: next.map(Moment) }
            }
            Event::CallSentOutside { call, address, queue, situation, hops } => Self::CallSentOutside {
                call: call.to_string(),
                address: address.to_string(),
                queue: queue.0,
                situation: (*situation).into(),
                hops: *hops,
            },
            Event::OutsideAnswered { call } => Self::OutsideAnswered { call: call.to_string() },
            _ => return None,
        })
    }

    fn of_keeping(event: &Event) -> Option<Self> {
        Some(match event {
            Event::CallKept { call, agent, keeping } => {
                Self::CallKept { call: call.to_string(), agent: agent.0, keeping: (*keeping).into() }
            }
            Event::KeepingChanged { call, keeping } => {
                Self::KeepingChanged { call: call.to_string(), keeping: (*keeping).into() }
            }
            Event::CallGivenAway { call, agent } => Self::CallGivenAway { call: call.to_string(), agent: agent.0 },
            Event::CallTakenBack { call, agent, why } => {
                Self::CallTakenBack { call: call.to_string(), agent: agent.0, why: (*why).into() }
            }
            Event::CallTransferredOutside { call, address, agent, hops } => Self::CallTransferredOutside {
                call: call.to_string(),
                address: address.to_string(),
                agent: agent.0,
                hops: *hops,
            },
            _ => return None,
        })
    }

    fn of_serving(event: &Event) -> Option<Self> {
        Some(match event {
            Event::OfferMade { offer, call, agent, line, until, why } => Self::OfferMade {
                offer: offer.0,
                call: call.to_string(),
                agent: agent.0,
                line: (*line).into(),
                until: Moment(*until),
                why: why.as_ref().into(),
            },
            Event::OfferAccepted { offer, call, agent } => {
                Self::OfferAccepted { offer: offer.0, call: call.to_string(), agent: agent.0 }
            }
            Event::OfferEnded { offer, call, agent, how, not_before } => Self::OfferEnded {
                offer: offer.0,
                call: call.to_string(),
                agent: agent.0,
                how: (*how).into(),
                not_before: not_before.map(Moment),
            },
            Event::ReofferAllowed { agent, call } => Self::ReofferAllowed { agent: agent.0, call: call.to_string() },
            Event::HeldChanged { call, held } => Self::HeldChanged { call: call.to_string(), held: *held },
            Event::CallTransferred { call, agent } => Self::CallTransferred { call: call.to_string(), agent: agent.0 },
            Event::CallEnded { call, outcome, by } => {
                Self::CallEnded { call: call.to_string(), outcome: (*outcome).into(), by: (*by).into() }
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use engine::{AgentId, AgentSettings, CallId, LegKey, NotReady, OfferId, Queue, QueueId, Timestamp, VdnId};

    use super::*;

    const CALL: CallId = CallId { second: 1_605_492_949, number: 1447 };
    const AGENT: AgentId = AgentId(1099);
    const THEN: Timestamp = Timestamp(1_605_492_949_000_123);

    fn floor_and_agents() -> Vec<Event> {
        let (agent, by) = (AGENT, engine::ChangedBy::Rule);
        let settings = AgentSettings::new(AGENT, "Ada");
        let chosen = engine::ChosenPresence::NotReady(NotReady::DECLINED);
        let (cause, presence) = (engine::LostCause::OfferFailed, engine::Presence::NotReady(NotReady::EXPIRED));
        vec![
            Event::VdnNamed(VdnId(170)),
            Event::SettingsDefined(Box::default()),
            Event::QueueDefined(Box::new(Queue::new(QueueId(1), "Sales"))),
            Event::QueueRemoved(QueueId(1)),
            Event::QueueClosed { queue: QueueId(1) },
            Event::QueueOpened { queue: QueueId(1) },
            Event::AgentDefined(Box::new(settings)),
            Event::AgentRemoved(AGENT),
            Event::AgentSignedIn { agent, by },
            Event::AgentSignedOut { agent, by },
            Event::PresenceChanged { agent, presence, by, ready_at: Some(THEN) },
            Event::PresenceChosen { agent, after_work: Some(chosen), by },
            Event::AgentFound { agent },
            Event::AgentLost { agent, cause, retry_at: Some(THEN), sign_out_at: None },
            Event::WrapUpStarted { agent, call: CALL, until: Some(THEN) },
            Event::WrapUpEnded { agent, by },
        ]
    }

    fn rests() -> Vec<Event> {
        let (agent, by, length) = (AGENT, engine::ChangedBy::Agent, std::time::Duration::from_secs(900));
        let order = engine::Order { reason: 12, who: "shift leader".into() };
        let presence = engine::ForcedPresence::Rest { length: Some(length) };
        vec![
            Event::RestAsked { agent, length, cause: 3, ticket: 7, by },
            Event::RestGranted { agent, length, by },
            Event::RestDenied { agent, order: order.clone() },
            Event::RestCancelled { agent, by },
            Event::RestProlonged { agent, until: THEN, by },
            Event::RestOverdue { agent },
            Event::PresenceForced { agent, presence, order },
        ]
    }

    fn waiting() -> Vec<Event> {
        let (call, queue, situation) = (CALL, QueueId(1), engine::Situation::Timeout);
        let caller = engine::Caller::Outside("+4930123456".into());
        let (cause, sender) = (engine::Cause::Treatment(situation), engine::Sender::Queue(queue));
        let line = engine::Line::Private(AGENT);
        let action = Some(engine::Action::Agent(AGENT));
        let address = "sip:desk@example.com".into();
        vec![
            Event::CallArrived { call, key: LegKey([7; 16]), caller, called: "8001".into(), priority: 1 },
            Event::TreatmentApplied { call, queue, situation, action },
            Event::TreatmentRefused {
                call,
                queue,
                situation,
                action: engine::Action::Release,
                reason: engine::Refusal::TooManyHops,
            },
            Event::PrivateActionRefused {
                call,
                agent: AGENT,
                action: engine::PrivateAction::Delegate,
                reason: engine::Refusal::TurnedAway(situation),
            },
            Event::CallQueued { call, line, since: Some(THEN), until: Timestamp::MAX, cause, sender, hops: 1 },
            Event::WaitExtended { call, until: THEN },
            Event::SkillWidened { call, weight_min: 3, next: Some(THEN) },
            Event::CallSentOutside { call, address, queue, situation, hops: 2 },
            Event::OutsideAnswered { call },
        ]
    }

    fn serving() -> Vec<Event> {
        let (call, agent, offer) = (CALL, AGENT, OfferId(7));
        let strategy = engine::OfferRule::Strategy(engine::Strategy::BestSkilled);
        let why = engine::Why { rule: Some(strategy), runners_up: vec![AgentId(1001)], ..engine::Why::default() };
        let why = Box::new(why);
        let line = engine::Line::Queue(QueueId(1));
        let how = engine::OfferEnd::Withdrawn(engine::WithdrawCause::CallerLeft);
        let outcome = engine::Outcome::Released(engine::ReleaseCause::Treatment(engine::Situation::Busy));
        vec![
            Event::OfferMade { offer, call, agent, line, until: THEN, why },
            Event::OfferAccepted { offer, call, agent },
            Event::OfferEnded { offer, call, agent, how, not_before: Some(THEN) },
            Event::ReofferAllowed { agent, call },
            Event::HeldChanged { call, held: true },
            Event::CallTransferred { call, agent },
            Event::CallEnded { call, outcome, by: engine::Party::Server },
        ]
    }

    fn keeping() -> Vec<Event> {
        let (call, agent, keeping) = (CALL, AGENT, engine::Keeping::ToConsult);
        let why = engine::TakenBack::TurnedAway(engine::Situation::Closed);
        vec![
            Event::CallKept { call, agent, keeping },
            Event::KeepingChanged { call, keeping: engine::Keeping::UntilAnswered },
            Event::CallGivenAway { call, agent },
            Event::CallTakenBack { call, agent, why },
            Event::CallTransferredOutside { call, address: "+4930123456".into(), agent, hops: 2 },
        ]
    }

    #[test]
    fn every_event_is_told() {
        let events = [floor_and_agents(), rests(), waiting(), serving(), keeping()].concat();
        let views = events.iter().map(|event| EventView::new(event, Numbers::Masked).unwrap());
        let lines: Vec<String> = views.map(|view| serde_json::to_string(&view).unwrap()).collect();
        let kinds: std::collections::BTreeSet<_> = lines.iter().map(|line| line.split('"').nth(3)).collect();
        let document: serde_json::Value = serde_json::from_str(crate::openapi_document()).unwrap();
        let described = document["components"]["schemas"]["EventView"]["oneOf"].as_array().unwrap().len();
        assert_eq!(kinds.len(), described, "an event is missing here");
        insta::assert_snapshot!(lines.join("\n"));
    }
}
