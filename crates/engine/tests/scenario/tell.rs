//! What the engine says, in sentences.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{
    Action, Agent, AgentId, Alternative, Call, CallId, Caller, Cause, ChosenPresence, Departure, Destination, Event,
    ForcedPresence, Keeping, Landing, Line, NotReady, OfferEnd, OfferRule, Order, Place, Presence, QueueId, Reach,
    Rest, Sender, State, StayAt, TakenBack, Target, Timestamp, Why, Work,
};

use super::floor::FloorBook;
use super::words::moment;

pub struct Teller<'a> {
    pub book: &'a FloorBook,
    pub calls: &'a BTreeMap<String, CallId>,
}

impl Teller<'_> {
    /// A text of the engine, its call ids replaced by the script's names.
    pub fn renamed(&self, text: &str) -> String {
        self.calls.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&id.to_string(), name))
    }

    pub fn name(&self, call: CallId) -> String {
        self.renamed(&call.to_string())
    }

    fn queue_name(&self, queue: QueueId) -> String {
        self.book.queue_name(queue)
    }

    pub fn line(&self, line: Line) -> String {
        match line {
            Line::Queue(queue) => self.queue_name(queue),
            Line::Private(agent) => format!("the private queue of {agent}"),
        }
    }

    pub fn departure(&self, departure: &Departure) -> String {
        let call = self.name(departure.call);
        match departure.to {
            Destination::Waiting(line) => format!("{call} would wait in {}", self.line(line)),
            Destination::Offered(line, agent) => {
                format!("{call} would ring at agent {agent}, from {}", self.line(line))
            }
            Destination::Outside => format!("{call} would be sent outside"),
            Destination::TakenBack(agent) => format!("agent {agent} would have {call} back"),
            Destination::Ended(outcome) => format!("{call} would be over: {outcome:?}"),
        }
    }

    pub fn landing(&self, call: CallId, landing: &Landing) -> String {
        let call = self.name(call);
        match landing {
            Landing::Rings { line, agent } => format!("{call} would ring at agent {agent}, from {}", self.line(*line)),
            Landing::Waits { line, place, expected } => {
                let seconds = |span: Option<Duration>| span.map_or("?".into(), |span| span.as_secs().to_string());
                let wait = format!("{} s, at most {} s", seconds(expected.p50()), seconds(expected.p90()));
                format!("{call} would be at place {place} in {}, for about {wait}", self.line(*line))
            }
            Landing::Outside => format!("{call} would be sent outside"),
        }
    }

    pub fn alternative(&self, call: CallId, other: &Alternative) -> String {
        let to = match other.to {
            Target::Queue(queue) => self.queue_name(queue),
            Target::Agent(agent) => format!("agent {agent}"),
        };
        format!("else to {to}: {}", self.landing(call, &other.landing))
    }

    fn sender(&self, sender: Sender) -> String {
        match sender {
            Sender::Caller => "the caller".into(),
            Sender::Agent(agent) => format!("agent {agent}"),
            Sender::Queue(queue) => self.queue_name(queue),
            Sender::Private(agent) => format!("the private queue of {agent}"),
            Sender::Request => "a face".into(),
            Sender::Outside => "the outside number".into(),
        }
    }

    fn action(&self, action: Option<&Action>) -> String {
        match action {
            None => "nothing is left".into(),
            Some(Action::Release) => "release".into(),
            Some(Action::Stay) => "stay".into(),
            Some(Action::Queue(queue)) => format!("to {}", self.queue_name(*queue)),
            Some(Action::Agent(agent)) => format!("to agent {agent}"),
            Some(Action::External(address)) => format!("to {address} outside"),
        }
    }

    pub fn event(&self, event: &Event) -> String {
        self.floor_event(event)
            .or_else(|| agent_event(self, event))
            .or_else(|| rest_event(event))
            .or_else(|| self.call_event(event))
            .or_else(|| self.offer_event(event))
            .expect("every event has a sentence")
    }

    fn floor_event(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::VdnNamed(vdn) => format!("this is VDN {vdn}"),
            Event::SettingsDefined(_) => "the VDN has new settings".into(),
            Event::QueueDefined(queue) => format!("queue {} is defined", self.queue_name(queue.id)),
            Event::QueueRemoved(queue) => format!("queue {} is removed", self.queue_name(*queue)),
            Event::QueueClosed { queue } => format!("queue {} is closed by hand", self.queue_name(*queue)),
            Event::QueueOpened { queue } => format!("queue {} is no longer closed by hand", self.queue_name(*queue)),
            Event::AgentDefined(agent) => format!("agent {} is defined", agent.id),
            Event::AgentRemoved(agent) => format!("agent {agent} is removed"),
            _ => return None,
        })
    }

    fn call_event(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::CallArrived { call, caller: Caller::Outside(_), .. } => format!("{} arrived", self.name(*call)),
            Event::CallArrived { call, caller: Caller::Agent(agent), .. } => {
                format!("{} arrived, dialled by agent {agent}", self.name(*call))
            }
            Event::TreatmentApplied { call, queue, situation, action } => {
                let (call, queue) = (self.name(*call), self.queue_name(*queue));
                format!("{call} met {situation:?} in {queue}: {}", self.action(action.as_ref()))
            }
            Event::TreatmentRefused { call, queue, situation, action, reason } => {
                let (call, queue) = (self.name(*call), self.queue_name(*queue));
                format!("{call} met {situation:?} in {queue}: not {}, {reason:?}", self.action(Some(action)))
            }
            Event::PrivateActionRefused { call, agent, action, reason } => {
                format!("{} waited for agent {agent}: not {action:?}, {reason:?}", self.name(*call))
            }
            Event::CallQueued { call, line, since, until, cause, sender, hops } => {
                let since = since.map_or_else(String::new, |since| format!(", since {}", moment(since)));
                let hops = if *hops == 0 { String::new() } else { format!(", hops {hops}") };
                let why = format!("{} by {}", cause_text(*cause), self.sender(*sender));
                let (call, line) = (self.name(*call), self.line(*line));
                format!("{call} queued in {line}{since}, until {} ({why}{hops})", moment(*until))
            }
            Event::WaitExtended { call, until } => {
                format!("{} goes on waiting, until {}", self.name(*call), moment(*until))
            }
            Event::SkillWidened { call, weight_min, next } => {
                let next = next.map_or_else(String::new, |at| format!(", less at {}", moment(at)));
                format!("{} may be taken with skill {weight_min}{next}", self.name(*call))
            }
            Event::CallSentOutside { call, address, queue, situation, hops } => {
                let (call, queue) = (self.name(*call), self.queue_name(*queue));
                format!("{call} sent to {address} ({situation:?} by {queue}, hops {hops})")
            }
            Event::OutsideAnswered { call } => format!("outside answered {}", self.name(*call)),
            Event::HeldChanged { call, held } => {
                format!("{} is {}", self.name(*call), if *held { "held" } else { "retrieved" })
            }
            Event::CallTransferred { call, agent } => format!("agent {agent} gave {} away", self.name(*call)),
            Event::CallKept { call, agent, keeping } => {
                format!("agent {agent} keeps {} {}", self.name(*call), keeping_text(*keeping))
            }
            Event::KeepingChanged { call, keeping } => {
                format!("{} is kept {}", self.name(*call), keeping_text(*keeping))
            }
            Event::CallGivenAway { call, agent } => format!("agent {agent} leaves {} to the other", self.name(*call)),
            Event::CallTakenBack { call, agent, why } => {
                format!("agent {agent} has {} back: {}", self.name(*call), taken_back_text(*why))
            }
            Event::CallTransferredOutside { call, address, agent, hops } => {
                format!("{} sent to {address} by agent {agent}, hops {hops}", self.name(*call))
            }
            Event::CallEnded { call, outcome, by } => {
                format!("{} ended: {outcome:?}, by {by:?}", self.name(*call))
            }
            _ => return None,
        })
    }

    fn offer_event(&self, event: &Event) -> Option<String> {
        Some(match event {
            Event::OfferMade { offer, call, agent, line, until, why } => {
                let (call, line) = (self.name(*call), self.line(*line));
                let why = why_text(why);
                format!("offer {offer}: {call} from {line} to agent {agent}, until {} ({why})", moment(*until))
            }
            Event::OfferAccepted { offer, call, agent } => {
                format!("offer {offer} accepted: agent {agent} talks with {}", self.name(*call))
            }
            Event::OfferEnded { offer, agent, how, not_before, .. } => {
                let again = not_before.map_or_else(String::new, |at| format!(", not again before {}", moment(at)));
                format!("offer {offer} {}: agent {agent} stops ringing{again}", offer_end_text(*how))
            }
            Event::ReofferAllowed { agent, call } => {
                format!("{} may be offered to agent {agent} again", self.name(*call))
            }
            _ => return None,
        })
    }

    pub fn queue(&self, state: &State, queue: QueueId) -> String {
        let waiting: Vec<String> = state.waiting(queue).map(|call| self.name(call.id)).collect();
        assert_eq!(waiting.len(), state.waiting_count(queue));
        let (signed_in, available) = (state.signed_in_count(queue), state.available_count(queue));
        let waiting = if waiting.is_empty() { "nobody".into() } else { waiting.join(", ") };
        let name = self.queue_name(queue);
        format!("{name}: {signed_in} signed in, {available} available; waiting: {waiting}{}", rests_in(state, queue))
    }

    pub fn agent(&self, state: &State, id: AgentId) -> Vec<String> {
        let Some(agent) = state.agent(id) else { return vec![format!("there is no agent {id}")] };
        let private: Vec<String> = state.private_queue(id).map(|call| self.name(call.id)).collect();
        assert_eq!(private.len(), state.private_count(id));
        let private = if private.is_empty() { "empty".into() } else { private.join(", ") };
        let (rest, forced) = (rest_text(agent), forced_text(agent));
        vec![format!(
            "agent {id}: {}, {}{rest}{forced}; private queue: {private}",
            presence_text(agent),
            self.work(agent)
        )]
    }

    fn work(&self, agent: &Agent) -> String {
        match agent.work {
            Work::Idle { since } => format!("idle since {}", moment(since)),
            Work::Offered { offer, call } => format!("{} rings (offer {offer})", self.name(call)),
            Work::Talking { call, since } => format!("talks with {} since {}", self.name(call), moment(since)),
            Work::WrapUp { call, until } => format!("wraps up {} {}", self.name(call), until_text(until)),
        }
    }

    pub fn call(&self, state: &State, id: CallId) -> Vec<String> {
        let Some(call) = state.call(id) else { return vec![format!("{} is over", self.name(id))] };
        let kept = call.keeper.map_or_else(String::new, |keeper| {
            format!(", kept by agent {} {}", keeper.agent, keeping_text(keeper.keeping))
        });
        let mut lines = vec![format!("{}: {}{kept}, hops {}", self.name(id), self.place(call), call.hops)];
        lines.extend(call.history.iter().map(|stay| {
            let at = match &stay.at {
                StayAt::Line(line) => self.line(*line),
                StayAt::Agent(agent) => format!("with agent {agent}"),
                StayAt::Outside(address) => format!("at {address} outside"),
            };
            format!("was {at} from {} to {} ({})", moment(stay.from), moment(stay.until), cause_text(stay.cause))
        }));
        lines
    }

    fn place(&self, call: &Call) -> String {
        match &call.place {
            Place::Waiting(wait) => format!("waits in {} until {}", self.line(wait.line), moment(wait.until)),
            Place::Offered { agent, wait, .. } => format!("rings at agent {agent}, from {}", self.line(wait.line)),
            Place::Talking { agent, held, .. } => {
                format!("talks with agent {agent}{}", if *held { ", held" } else { "" })
            }
            Place::Outside { address, answered, .. } => {
                format!("{} {address} outside", if *answered { "talks with" } else { "rings at" })
            }
        }
    }

    pub fn everything(&self, state: &State) -> Vec<String> {
        let queues = state.queues().map(|queue| self.queue(state, queue.id));
        let agents = state.agents().flat_map(|agent| self.agent(state, agent.settings.id));
        queues.chain(agents).chain(state.calls().flat_map(|call| self.call(state, call.id))).collect()
    }
}

fn agent_event(teller: &Teller<'_>, event: &Event) -> Option<String> {
    Some(match event {
        Event::AgentSignedIn { agent, by } => format!("agent {agent} is signed in, by {by:?}"),
        Event::AgentSignedOut { agent, by } => format!("agent {agent} is signed out, by {by:?}"),
        Event::PresenceChanged { agent, presence, by, ready_at } => {
            let again = ready_at.map_or_else(String::new, |at| format!(", ready again at {}", moment(at)));
            format!("agent {agent} is {}, by {by:?}{again}", presence_word(*presence))
        }
        Event::PresenceChosen { agent, after_work: Some(chosen), by } => {
            format!("agent {agent} will be {} after its work, by {by:?}", chosen_word(*chosen))
        }
        Event::PresenceChosen { agent, after_work: None, by } => {
            format!("agent {agent} will stay as it is after its work, by {by:?}")
        }
        Event::AgentFound { agent } => format!("agent {agent} can be reached"),
        Event::AgentLost { agent, cause, retry_at, sign_out_at } => {
            let retry = retry_at.map_or_else(String::new, |at| format!(", tried again at {}", moment(at)));
            let grace = sign_out_at.map_or_else(String::new, |at| format!(", signed out at {}", moment(at)));
            format!("agent {agent} is lost: {cause:?}{retry}{grace}")
        }
        Event::WrapUpStarted { agent, call, until } => {
            format!("agent {agent} wraps up {} {}", teller.name(*call), until_text(*until))
        }
        Event::WrapUpEnded { agent, by } => format!("wrap-up of agent {agent} is over, by {by:?}"),
        _ => return None,
    })
}

fn rest_event(event: &Event) -> Option<String> {
    Some(match event {
        Event::RestAsked { agent, length, cause, ticket, by } => {
            format!("agent {agent} waits for a rest of {length:?} (cause {cause}, ticket {ticket}), by {by:?}")
        }
        Event::RestGranted { agent, length, by } => {
            format!("agent {agent} has a place to rest for {length:?}, by {by:?}")
        }
        Event::RestDenied { agent, order } => format!("agent {agent} may not rest ({})", order_text(order)),
        Event::RestCancelled { agent, by } => format!("agent {agent} waits for no rest, by {by:?}"),
        Event::RestProlonged { agent, until, by } => format!("agent {agent} rests until {}, by {by:?}", moment(*until)),
        Event::RestOverdue { agent } => format!("agent {agent} rests for too long"),
        Event::PresenceForced { agent, presence, order } => {
            format!("agent {agent} is to be {} ({})", forced_word(*presence), order_text(order))
        }
        _ => return None,
    })
}

fn order_text(Order { reason, who }: &Order) -> String {
    format!("reason {reason}, says {who}")
}

fn forced_word(presence: ForcedPresence) -> String {
    match presence {
        ForcedPresence::Rest { length: Some(length) } => format!("at rest for {length:?}"),
        other => presence_word(other.presence(0)).replace(" 0)", ")"),
    }
}

/// Who rests in a queue that bounds it, and who waits for it.
fn rests_in(state: &State, queue: QueueId) -> String {
    let Some(places) = state.rest_places(queue) else { return String::new() };
    let line: Vec<String> = state.rest_line(queue).map(|agent| agent.to_string()).collect();
    let line = if line.is_empty() { String::new() } else { format!(", {} waiting", line.join(" ")) };
    format!("; {} of {places} rest{line}", state.resting_count(queue))
}

fn rest_text(agent: &Agent) -> String {
    match agent.rest {
        None => String::new(),
        Some(Rest::Asked { since, .. }) => format!(", waits for a rest since {}", moment(since)),
        Some(Rest::Granted { length }) => format!(", then rests for {length:?}"),
        Some(Rest::Begun { until, is_overdue: false }) => format!(", rests until {}", moment(until)),
        Some(Rest::Begun { until, is_overdue: true }) => format!(", should have rested until {}", moment(until)),
    }
}

fn forced_text(agent: &Agent) -> String {
    agent.forced.as_ref().map_or_else(String::new, |forced| {
        format!(", as it was told at {} ({})", moment(forced.at), order_text(&forced.order))
    })
}

fn until_text(until: Option<Timestamp>) -> String {
    until.map_or_else(|| "until it says so".into(), |until| format!("until {}", moment(until)))
}

fn not_ready_word(why: NotReady) -> String {
    format!("not ready ({:?} {})", why.kind, why.reason).to_lowercase()
}

fn presence_word(presence: Presence) -> String {
    match presence {
        Presence::SignedOut => "signed out".into(),
        Presence::Ready => "ready".into(),
        Presence::NotReady(why) => not_ready_word(why),
    }
}

fn chosen_word(chosen: ChosenPresence) -> String {
    match chosen {
        ChosenPresence::Ready => "ready".into(),
        ChosenPresence::NotReady(why) => not_ready_word(why),
    }
}

fn presence_text(agent: &Agent) -> String {
    let lost = matches!(agent.reach, Reach::Lost { .. });
    let leaving = if agent.is_leaving { " for good" } else { "" };
    format!("{}{leaving}{}", presence_word(agent.presence), if lost { " but lost" } else { "" })
}

fn cause_text(cause: Cause) -> String {
    match cause {
        Cause::Treatment(situation) => format!("{situation:?}"),
        other => format!("{other:?}"),
    }
}

fn keeping_text(keeping: Keeping) -> &'static str {
    match keeping {
        Keeping::UntilAnswered => "until it is answered",
        Keeping::ToConsult => "to consult",
        Keeping::ToJoin => "to talk all three",
    }
}

fn taken_back_text(why: TakenBack) -> String {
    match why {
        TakenBack::TurnedAway(situation) => format!("{situation:?}"),
        other => format!("{other:?}"),
    }
}

fn offer_end_text(how: OfferEnd) -> String {
    match how {
        OfferEnd::Declined => "declined".into(),
        OfferEnd::Expired => "expired".into(),
        OfferEnd::Withdrawn(cause) => format!("withdrawn ({cause:?})"),
        OfferEnd::Failed => "failed".into(),
    }
}

fn why_text(why: &Why) -> String {
    let rule = match why.rule {
        None => "no rule".into(),
        Some(OfferRule::Strategy(strategy)) => format!("{strategy:?}"),
        Some(rule) => format!("{rule:?}"),
    };
    let others: Vec<String> = why.runners_up.iter().map(ToString::to_string).collect();
    let others = if others.is_empty() { String::new() } else { format!(", then {}", others.join(" ")) };
    format!("{rule}{others}")
}
