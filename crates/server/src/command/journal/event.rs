//! Events in words: a sentence for people, a name and ids for programs.

use engine::{AgentId, CallId, ChosenPresence, Event, Keeping, NotReady, OfferEnd, Presence, QueueId};
use serde_json::{Value, json};

use super::words::{action, caller, cause, forced, line, masked, order, private_action, refusal, sender, time, until};

/// An event, told.
pub(super) struct Told {
    name: &'static str,
    call: Option<CallId>,
    agent: Option<AgentId>,
    queue: Option<QueueId>,
    /// The sentence.
    pub(super) says: String,
}

impl Told {
    fn new(name: &'static str, says: String) -> Self {
        Self { name, call: None, agent: None, queue: None, says }
    }

    fn agent(name: &'static str, agent: AgentId, says: &str) -> Self {
        Self { agent: Some(agent), ..Self::new(name, format!("agent {agent} {says}")) }
    }

    fn call(name: &'static str, call: CallId, says: &str) -> Self {
        Self { call: Some(call), ..Self::new(name, format!("call {call} {says}")) }
    }

    fn queue(name: &'static str, queue: QueueId, says: &str) -> Self {
        Self { queue: Some(queue), ..Self::new(name, format!("queue {queue} {says}")) }
    }

    fn with_agent(self, agent: AgentId) -> Self {
        Self { agent: Some(agent), ..self }
    }

    fn with_queue(self, queue: QueueId) -> Self {
        Self { queue: Some(queue), ..self }
    }

    /// As JSON; ids that the event does not have are left out.
    pub(super) fn json(&self) -> Value {
        let mut value = json!({ "event": self.name, "says": self.says });
        if let Some(call) = self.call {
            value["call"] = json!(call.to_string());
        }
        if let Some(agent) = self.agent {
            value["agent"] = json!(agent.0);
        }
        if let Some(queue) = self.queue {
            value["queue"] = json!(queue.0);
        }
        value
    }
}

/// What an event says.
pub(super) fn told(event: &Event) -> Told {
    match event {
        Event::VdnNamed(vdn) => Told::new("VdnNamed", format!("the journal belongs to VDN {vdn}")),
        Event::SettingsDefined(_) => Told::new("SettingsDefined", "the VDN's settings are new or changed".to_owned()),
        Event::QueueDefined(queue) => {
            Told::queue("QueueDefined", queue.id, &format!("\"{}\" is new or changed", queue.name))
        }
        Event::QueueRemoved(queue) => Told::queue("QueueRemoved", *queue, "is no more"),
        Event::QueueClosed { queue } => Told::queue("QueueClosed", *queue, "is closed by hand"),
        Event::QueueOpened { queue } => Told::queue("QueueOpened", *queue, "is no longer closed by hand"),
        Event::AgentDefined(agent) => {
            Told::agent("AgentDefined", agent.id, &format!("\"{}\" is new or changed", agent.name))
        }
        Event::AgentRemoved(agent) => Told::agent("AgentRemoved", *agent, "is no more"),
        Event::AgentSignedIn { .. }
        | Event::AgentSignedOut { .. }
        | Event::PresenceChanged { .. }
        | Event::PresenceChosen { .. }
        | Event::AgentFound { .. }
        | Event::AgentLost { .. }
        | Event::WrapUpStarted { .. }
        | Event::WrapUpEnded { .. } => of_agent(event),
        Event::RestAsked { .. }
        | Event::RestGranted { .. }
        | Event::RestDenied { .. }
        | Event::RestCancelled { .. }
        | Event::RestProlonged { .. }
        | Event::RestOverdue { .. }
        | Event::PresenceForced { .. } => of_rest(event),
        Event::OfferMade { .. }
        | Event::OfferAccepted { .. }
        | Event::OfferEnded { .. }
        | Event::ReofferAllowed { .. } => of_offer(event),
        Event::CallArrived { .. }
        | Event::TreatmentApplied { .. }
        | Event::TreatmentRefused { .. }
        | Event::PrivateActionRefused { .. }
        | Event::CallQueued { .. }
        | Event::WaitExtended { .. }
        | Event::SkillWidened { .. }
        | Event::CallSentOutside { .. }
        | Event::OutsideAnswered { .. }
        | Event::HeldChanged { .. }
        | Event::CallTransferred { .. }
        | Event::CallEnded { .. } => of_call(event),
        Event::CallKept { .. }
        | Event::KeepingChanged { .. }
        | Event::CallGivenAway { .. }
        | Event::CallTakenBack { .. }
        | Event::CallTransferredOutside { .. } => of_keeping(event),
    }
}

fn of_agent(event: &Event) -> Told {
    match event {
        Event::AgentSignedIn { agent, by } => {
            Told::agent("AgentSignedIn", *agent, &format!("is signed in (by {by:?})"))
        }
        Event::AgentSignedOut { agent, by } => {
            Told::agent("AgentSignedOut", *agent, &format!("is signed out (by {by:?})"))
        }
        Event::PresenceChanged { agent, presence: now, by, ready_at } => {
            let again = ready_at.map_or_else(String::new, |at| format!(", ready again at {}", time(at)));
            Told::agent("PresenceChanged", *agent, &format!("is {} (by {by:?}){again}", presence(*now)))
        }
        Event::PresenceChosen { agent, after_work, by } => {
            let chosen = match after_work {
                None => "takes back what it chose for after its work".to_owned(),
                Some(ChosenPresence::Ready) => "will be Ready after its work".to_owned(),
                Some(ChosenPresence::NotReady(why)) => format!("will be {} after its work", not_ready(*why)),
            };
            Told::agent("PresenceChosen", *agent, &format!("{chosen} (by {by:?})"))
        }
        Event::AgentFound { agent } => Told::agent("AgentFound", *agent, "can be reached"),
        Event::AgentLost { agent, cause, .. } => {
            Told::agent("AgentLost", *agent, &format!("cannot be reached ({cause:?})"))
        }
        Event::WrapUpStarted { agent, call, until: end } => {
            let says = format!("is in wrap-up after call {call}, {}", until(*end));
            Told { call: Some(*call), ..Told::agent("WrapUpStarted", *agent, &says) }
        }
        Event::WrapUpEnded { agent, by } => Told::agent("WrapUpEnded", *agent, &format!("is idle (by {by:?})")),
        other => unreachable!("{other:?} is told elsewhere"),
    }
}

fn of_rest(event: &Event) -> Told {
    match event {
        Event::RestAsked { agent, length, cause, by, .. } => {
            let says = format!("waits for a rest of {} s (cause {cause}, by {by:?})", length.as_secs());
            Told::agent("RestAsked", *agent, &says)
        }
        Event::RestGranted { agent, length, by } => {
            Told::agent("RestGranted", *agent, &format!("may rest for {} s (by {by:?})", length.as_secs()))
        }
        Event::RestDenied { agent, order: said } => {
            Told::agent("RestDenied", *agent, &format!("may not rest ({})", order(said)))
        }
        Event::RestCancelled { agent, by } => {
            Told::agent("RestCancelled", *agent, &format!("waits for no rest any more (by {by:?})"))
        }
        Event::RestProlonged { agent, until, by } => {
            Told::agent("RestProlonged", *agent, &format!("rests until {} (by {by:?})", time(*until)))
        }
        Event::RestOverdue { agent } => Told::agent("RestOverdue", *agent, "rests for too long"),
        Event::PresenceForced { agent, presence, order: said } => {
            let says = format!("is to be {} ({})", forced(*presence), order(said));
            Told::agent("PresenceForced", *agent, &says)
        }
        other => unreachable!("{other:?} is told elsewhere"),
    }
}

fn of_offer(event: &Event) -> Told {
    match event {
        Event::OfferMade { offer, call, agent, line: from, until: end, why } => {
            let rule = why.rule.map_or_else(String::new, |rule| format!(", by {rule:?}"));
            let says = format!(
                "is offered to agent {agent} from {}, {} (offer {offer}{rule})",
                line(*from),
                until(Some(*end))
            );
            Told::call("OfferMade", *call, &says).with_agent(*agent)
        }
        Event::OfferAccepted { offer, call, agent } => {
            let says = format!("is answered by agent {agent} (offer {offer})");
            Told::call("OfferAccepted", *call, &says).with_agent(*agent)
        }
        Event::OfferEnded { offer, call, agent, how, .. } => {
            let how = match how {
                OfferEnd::Declined => "declined".to_owned(),
                OfferEnd::Expired => "expired".to_owned(),
                OfferEnd::Withdrawn(cause) => format!("withdrawn: {cause:?}"),
                OfferEnd::Failed => "failed".to_owned(),
            };
            let says = format!("is no longer offered to agent {agent} (offer {offer} {how})");
            Told::call("OfferEnded", *call, &says).with_agent(*agent)
        }
        Event::ReofferAllowed { agent, call } => {
            Told::call("ReofferAllowed", *call, &format!("may be offered to agent {agent} again")).with_agent(*agent)
        }
        other => unreachable!("{other:?} is told elsewhere"),
    }
}

fn of_call(event: &Event) -> Told {
    match event {
        Event::CallArrived { call, caller: who, called, priority, .. } => {
            let says = format!("arrives: {} calls {called}, priority {priority}", caller(who));
            Told::call("CallArrived", *call, &says)
        }
        Event::TreatmentApplied { call, queue, situation, action: done } => {
            let done = done.as_ref().map_or_else(|| "nothing is left to do".to_owned(), action);
            let says = format!("meets {situation:?} in queue {queue}: {done}");
            Told::call("TreatmentApplied", *call, &says).with_queue(*queue)
        }
        Event::TreatmentRefused { call, queue, situation, action: tried, reason } => {
            let says = format!(
                "meets {situation:?} in queue {queue}, but not {}, because {}",
                action(tried),
                refusal(*reason)
            );
            Told::call("TreatmentRefused", *call, &says).with_queue(*queue)
        }
        Event::PrivateActionRefused { call, agent, action: tried, reason } => {
            let says = format!("is not {}, because {}", private_action(*tried), refusal(*reason));
            Told::call("PrivateActionRefused", *call, &says).with_agent(*agent)
        }
        Event::CallQueued { call, line: to, until: end, cause: why, sender: by, .. } => {
            let says =
                format!("waits in {}, {} ({}, sent by {})", line(*to), until(Some(*end)), cause(*why), sender(*by));
            let told = Told::call("CallQueued", *call, &says);
            match to {
                engine::Line::Queue(queue) => told.with_queue(*queue),
                engine::Line::Private(agent) => told.with_agent(*agent),
            }
        }
        Event::WaitExtended { call, until: end } => {
            Told::call("WaitExtended", *call, &format!("goes on waiting, {}", until(Some(*end))))
        }
        Event::SkillWidened { call, weight_min, .. } => {
            Told::call("SkillWidened", *call, &format!("may be taken by agents of weight {weight_min} and more"))
        }
        Event::CallSentOutside { call, address, queue, situation, .. } => {
            let says = format!("is sent to {} ({situation:?} in queue {queue})", masked(address));
            Told::call("CallSentOutside", *call, &says).with_queue(*queue)
        }
        Event::OutsideAnswered { call } => Told::call("OutsideAnswered", *call, "is answered outside"),
        Event::HeldChanged { call, held } => {
            Told::call("HeldChanged", *call, if *held { "is on hold" } else { "is no longer on hold" })
        }
        Event::CallTransferred { call, agent } => {
            Told::call("CallTransferred", *call, &format!("is given away by agent {agent}")).with_agent(*agent)
        }
        Event::CallEnded { call, outcome, by } => {
            Told::call("CallEnded", *call, &format!("is over: {outcome:?}, by {by:?}"))
        }
        other => unreachable!("{other:?} is told elsewhere"),
    }
}

fn of_keeping(event: &Event) -> Told {
    match event {
        Event::CallKept { call, agent, keeping: what_for } => {
            let says = format!("is kept by agent {agent} {}", keeping(*what_for));
            Told::call("CallKept", *call, &says).with_agent(*agent)
        }
        Event::KeepingChanged { call, keeping: what_for } => {
            Told::call("KeepingChanged", *call, &format!("is kept {}", keeping(*what_for)))
        }
        Event::CallGivenAway { call, agent } => {
            let says = format!("is no longer kept by agent {agent}, who has left it to the other");
            Told::call("CallGivenAway", *call, &says).with_agent(*agent)
        }
        Event::CallTakenBack { call, agent, why } => {
            Told::call("CallTakenBack", *call, &format!("is back with agent {agent} ({why:?})")).with_agent(*agent)
        }
        Event::CallTransferredOutside { call, address, agent, .. } => {
            let says = format!("is sent to {} by agent {agent}", masked(address));
            Told::call("CallTransferredOutside", *call, &says).with_agent(*agent)
        }
        other => unreachable!("{other:?} is told elsewhere"),
    }
}

pub(super) const fn keeping(keeping: Keeping) -> &'static str {
    match keeping {
        Keeping::UntilAnswered => "until it is answered",
        Keeping::ToConsult => "to consult first",
        Keeping::ToJoin => "to talk all three",
    }
}

pub(super) fn presence(presence: Presence) -> String {
    match presence {
        Presence::SignedOut => "SignedOut".to_owned(),
        Presence::Ready => "Ready".to_owned(),
        Presence::NotReady(why) => not_ready(why),
    }
}

fn not_ready(why: NotReady) -> String {
    format!("NotReady ({:?}, reason {})", why.kind, why.reason)
}
