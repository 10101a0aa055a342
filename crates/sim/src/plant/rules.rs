//! Bugs in the rules that operators choose.

use engine::{
    Agent, Call, CallId, Cause, Event, Line, OfferRule, Outcome, QueueId, ReleaseCause, Sender, Situation, State,
    Timestamp,
};

use super::{Plant, cut, instead};
use crate::checks::wait_of;

/// Answers whether the plant is one of these.
pub(super) fn tamper(plant: Plant, before: &State, at: Timestamp, events: &mut Vec<Event>) -> bool {
    match plant {
        Plant::SkillForgotten => lesser_agent(events, before),
        Plant::ClosedKeeps if matches!(events.first(), Some(Event::QueueClosed { .. })) => events.truncate(1),
        Plant::ClosedKeeps => {}
        Plant::ClosedLetsIn => lets_in(events, before, at),
        Plant::OpensByItself => opens(events, before),
        Plant::NoHelpers => cut(events, |event| is_helped(before, event)),
        Plant::NoGrowth => instead(events, before, by_plain_priority),
        Plant::LesserQueue => instead(events, before, of_lesser_queue),
        Plant::NoBound => no_bound(events, before),
        Plant::BreakKeeps => events
            .retain(|event| !matches!(event, Event::CallQueued { cause: Cause::AgentNotReady | Cause::Delegated, .. })),
        Plant::LeavesOneBehind => leaves_one_behind(events),
        Plant::OwnRulesForgotten => own_rules_forgotten(events, before, at),
        Plant::NoSecondWait => no_second_wait(events, before, at),
        Plant::WidensAtOnce | Plant::DelegateAsDialled | Plant::SenderForgotten | Plant::LeavingAsRequest => {
            events.iter_mut().for_each(|event| alter(plant, event));
        }
        _ => return false,
    }
    true
}

fn alter(plant: Plant, event: &mut Event) {
    match (plant, event) {
        (Plant::WidensAtOnce, Event::SkillWidened { weight_min, next, .. }) => (*weight_min, *next) = (1, None),
        (Plant::DelegateAsDialled, Event::CallQueued { cause, .. }) if *cause == Cause::Delegated => {
            *cause = Cause::Dialled;
        }
        (Plant::SenderForgotten, Event::CallQueued { cause: Cause::Transfer, sender, .. }) => *sender = Sender::Request,
        (Plant::LeavingAsRequest, Event::CallEnded { outcome, .. })
            if *outcome == Outcome::Released(ReleaseCause::AgentLeft) =>
        {
            *outcome = Outcome::Released(ReleaseCause::Request);
        }
        _ => {}
    }
}

/// Another agent who is available, of the same queue, and does not suit the call.
fn lesser_agent(events: &mut Vec<Event>, before: &State) {
    for index in 0..events.len() {
        if let Event::OfferMade { agent, call, line: Line::Queue(queue), .. } = &mut events[index]
            && let Some(need) = before.call(*call).and_then(wait_of).map(|wait| wait.weight_min)
        {
            let lacks = |agent: &&Agent| agent.settings.weight_in(*queue).is_some_and(|weight| weight < need);
            if let Some(other) = before.agents().filter(|agent| agent.is_available()).find(lacks) {
                *agent = other.settings.id;
                events.truncate(index + 1);
                return;
            }
        }
    }
}

/// A call that a closed queue releases at its door waits there instead.
fn lets_in(events: &mut Vec<Event>, before: &State, at: Timestamp) {
    let released = Outcome::Released(ReleaseCause::Treatment(Situation::Closed));
    let [Event::CallArrived { call, .. }, Event::TreatmentApplied { queue, .. }, Event::CallEnded { outcome, .. }] =
        &events[..]
    else {
        return;
    };
    let (Some(queue), true) = (before.queue(*queue), *outcome == released) else { return };
    let waits = Event::CallQueued {
        call: *call,
        line: Line::Queue(queue.id),
        since: Some(at),
        until: at + queue.wait_max,
        cause: Cause::Dialled,
        sender: Sender::Caller,
        hops: 0,
    };
    events.truncate(1);
    events.push(waits);
}

fn opens(events: &mut Vec<Event>, before: &State) {
    let is_configured = events.iter().any(|event| matches!(event, Event::QueueDefined(_) | Event::SettingsDefined(_)));
    let is_removed = |id| events.iter().any(|event| matches!(event, Event::QueueRemoved(queue) if *queue == id));
    let is_closed = |queue: &QueueId| before.closed_since(*queue).is_some() && !is_removed(*queue);
    let closed = before.queues().map(|queue| queue.id).find(is_closed);
    if let (true, Some(queue)) = (is_configured, closed) {
        events.push(Event::QueueOpened { queue });
    }
}

/// Whether an agent takes a call of a queue that is none of its own.
fn is_helped(before: &State, event: &Event) -> bool {
    let Event::OfferMade { agent, line: Line::Queue(queue), .. } = event else { return false };
    before.agent(*agent).is_some_and(|agent| !agent.settings.serves(*queue))
}

/// Of those that wait in the same queue for agents of the same weight.
fn by_plain_priority(state: &State, call: &Call) -> Option<CallId> {
    let wait = wait_of(call)?;
    let Line::Queue(queue) = wait.line else { return None };
    let like = |other: &&Call| wait_of(other).is_some_and(|other| other.weight_min == wait.weight_min);
    let others = state.waiting(queue).filter(like).filter(|other| other.not_before.is_empty());
    others.max_by_key(|other| other.priority).filter(|other| other.priority > call.priority).map(|other| other.id)
}

fn of_lesser_queue(state: &State, call: &Call) -> Option<CallId> {
    let Line::Queue(queue) = wait_of(call)?.line else { return None };
    // Whose call it is to be is not known here: anybody's will do who serves both.
    state.agents().filter(|agent| agent.is_available()).find_map(|agent| {
        let weight = agent.settings.queues.iter().find(|part| part.queue == queue)?.queue_weight;
        let lesser = agent.settings.queues.iter().filter(|part| part.queue_weight < weight);
        lesser.filter_map(|part| state.waiting(part.queue).next()).map(|call| call.id).next()
    })
}

fn no_bound(events: &mut Vec<Event>, before: &State) {
    let Some(index) = events.iter().position(
        |event| matches!(event, Event::OfferMade { why, .. } if why.rule == Some(OfferRule::PublicGoesAhead)),
    ) else {
        return;
    };
    if let Event::OfferMade { call, agent, line, .. } = &mut events[index]
        && let Some(private) = before.private_queue(*agent).find(|call| call.not_before.is_empty())
    {
        (*call, *line) = (private.id, Line::Private(*agent));
        events.truncate(index + 1);
    }
}

fn leaves_one_behind(events: &mut Vec<Event>) {
    if events.iter().any(|event| matches!(event, Event::AgentSignedOut { .. }))
        && let Some(last) = events.iter().rposition(|event| matches!(event, Event::CallQueued { .. }))
    {
        events.truncate(last);
    }
}

fn own_rules_forgotten(events: &mut [Event], before: &State, at: Timestamp) {
    for event in events {
        if let Event::CallQueued { line: Line::Private(_), until, .. } = event {
            *until = at + before.settings().private_wait_max;
        }
    }
}

/// Where there is a queue to go back to.
fn no_second_wait(events: &mut [Event], before: &State, at: Timestamp) {
    for event in events {
        let Event::WaitExtended { call, .. } = event else { continue };
        let Some(call) = before.call(*call) else { continue };
        let (Some(wait), Some(queue)) = (wait_of(call), call.origin_queue.and_then(|queue| before.queue(queue))) else {
            continue;
        };
        if let Line::Private(agent) = wait.line {
            *event = Event::CallQueued {
                call: call.id,
                line: Line::Queue(queue.id),
                since: Some(call.since.unwrap_or(at)),
                until: at + queue.wait_max,
                cause: Cause::PrivateTimeout,
                sender: Sender::Private(agent),
                hops: call.hops,
            };
        }
    }
}
