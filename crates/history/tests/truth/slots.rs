//! Figures, found by counting frames.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{Action, AgentId, CallId, Caller, Event, Line, OfferEnd, Party, Place, QueueId, Situation, Work};
use history::{
    AgentFigure, CallFigure, Direction, Doing, HelpFigure, Projection, QueueFigure, SlotKey, SlotStart, Values, WITHIN,
};

use crate::film::{Film, Frame};
use crate::people::{does, hung_up_first, last_served, served_from, three, wrapped_up_direction};
use crate::places;

type All = BTreeMap<(SlotStart, SlotKey), Values>;

/// The figures of all slots.
pub fn all(film: &Film) -> All {
    let mut all = All::new();
    for (nth, frame) in film.frames.iter().enumerate() {
        of_queues(&mut all, film, nth, frame);
        of_agents(&mut all, film, nth, frame);
    }
    of_operations(&mut all, film);
    idle(&mut all, film);
    of_calls(&mut all, film);
    all
}

pub fn check_current(projection: &Projection, film: &Film) {
    let start = film.frames.last().unwrap().slot();
    for ((slot, key), values) in all(film) {
        if slot == start || slot == start.previous() {
            assert_eq!(projection.figures(slot, &key), values, "{key:?}");
        }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap()
}

fn of(all: &mut All, frame: &Frame, key: SlotKey) -> impl FnMut(QueueFigure, u64) {
    let values = all.entry((frame.slot(), key)).or_default();
    move |figure, value| values.count(figure, value)
}

fn within(values: &mut impl FnMut(QueueFigure, u64), waited: Duration, connected: bool) {
    for (seconds, connected_in, lost_in) in WITHIN {
        if waited <= Duration::from_secs(seconds) {
            values(if connected { connected_in } else { lost_in }, 1);
        }
    }
}

fn queue_of(frame: &Frame, call: CallId) -> Option<(QueueId, Duration)> {
    match &frame.before.call(call)?.place {
        Place::Waiting(wait) | Place::Offered { wait, .. } => match wait.line {
            Line::Queue(queue) => Some((queue, frame.at.since(wait.joined))),
            Line::Private(_) => None,
        },
        Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

fn of_queues(all: &mut All, film: &Film, nth: usize, frame: &Frame) {
    if let Some(id) = places::call_of(&frame.event) {
        // The first queue that a call meets.
        if let Some(queue) = places::queue_met(frame, id)
            && film.frames[..nth]
                .iter()
                .all(|other| places::call_of(&other.event) != Some(id) || places::queue_met(other, id).is_none())
        {
            of(all, frame, SlotKey::Queue(queue))(QueueFigure::Incoming, 1);
        }
        // The wait of a call that leaves a queue.
        let moves = matches!(
            frame.event,
            Event::CallQueued { .. }
                | Event::CallSentOutside { .. }
                | Event::CallTransferredOutside { .. }
                | Event::OfferAccepted { .. }
                | Event::CallTakenBack { .. }
                | Event::CallEnded { .. }
        );
        if let Some((queue, waited)) = queue_of(frame, id).filter(|_| moves) {
            of(all, frame, SlotKey::Queue(queue))(QueueFigure::LongestWait, micros(waited));
        }
    }
    match &frame.event {
        Event::TreatmentApplied { call, queue, situation, action } => {
            let mut count = of(all, frame, SlotKey::Queue(*queue));
            let door = places::is_at_door(frame, *call, *queue, *situation);
            if door && *action != Some(Action::Stay) {
                count(QueueFigure::Entered, 1);
                count(QueueFigure::TurnedAway, 1);
            }
            if door && matches!(action, None | Some(Action::Release)) {
                count(QueueFigure::Refused, 1);
                count(QueueFigure::Lost, 1);
                within(&mut count, Duration::ZERO, false);
            }
            match (situation, action) {
                (Situation::Timeout, Some(Action::Queue(_))) => count(QueueFigure::TimeoutToQueue, 1),
                (Situation::Timeout, Some(Action::Agent(_))) => count(QueueFigure::TimeoutToAgent, 1),
                (Situation::Overflow, Some(Action::Queue(_))) => count(QueueFigure::OverflowToQueue, 1),
                (Situation::Overflow, Some(Action::Agent(_))) => count(QueueFigure::OverflowToAgent, 1),
                _ => {}
            }
        }
        Event::CallQueued { line: Line::Queue(queue), cause, .. } if !cause.is_return() => {
            of(all, frame, SlotKey::Queue(*queue))(QueueFigure::Entered, 1);
        }
        Event::OfferAccepted { call, agent, .. } => {
            if let Some((queue, waited)) = queue_of(frame, *call) {
                let mut count = of(all, frame, SlotKey::Queue(queue));
                count(QueueFigure::Connected, 1);
                count(QueueFigure::ConnectedWait, micros(waited));
                within(&mut count, waited, true);
                drop(count);
                help(all, frame, queue, *agent);
            }
        }
        Event::OfferEnded { call, how, .. } => {
            if let Some((queue, _)) = queue_of(frame, *call) {
                let mut count = of(all, frame, SlotKey::Queue(queue));
                count(QueueFigure::LostRing, 1);
                match how {
                    OfferEnd::Declined => count(QueueFigure::Declined, 1),
                    OfferEnd::Withdrawn(engine::WithdrawCause::CallerLeft) => {}
                    OfferEnd::Expired | OfferEnd::Failed | OfferEnd::Withdrawn(_) => count(QueueFigure::SystemLost, 1),
                }
            }
        }
        Event::CallEnded { call, by, .. } => {
            if let Some((queue, waited)) = queue_of(frame, *call) {
                let withdrawn = film.frames[..nth].last().is_some_and(|last| {
                    let taken = OfferEnd::Withdrawn(engine::WithdrawCause::CallTaken);
                    matches!(&last.event, Event::OfferEnded { call: other, how, .. } if other == call && *how == taken)
                });
                let mut count = of(all, frame, SlotKey::Queue(queue));
                count(QueueFigure::Lost, 1);
                within(&mut count, waited, false);
                if *by == Party::Caller {
                    count(QueueFigure::UserLeft, 1);
                    count(QueueFigure::UserLeftWait, micros(waited));
                } else if !withdrawn {
                    count(QueueFigure::Disconnected, 1);
                }
            }
        }
        Event::WrapUpEnded { agent, .. } => {
            let (started, lasted) = wrap_up(film, nth, *agent);
            if let Event::WrapUpStarted { call, .. } = &film.frames[started].event
                && let Some(queue) = last_served(film, started, *call, *agent)
            {
                let mut count = of(all, frame, SlotKey::Queue(queue));
                count(QueueFigure::WrapUps, 1);
                count(QueueFigure::WrapUpTime, micros(lasted));
            }
        }
        _ => {}
    }
    for (agent, call, lasted) in talks_ended(frame) {
        if let Some(queue) = served_from(&frame.before, call, agent) {
            let mut count = of(all, frame, SlotKey::Queue(queue));
            count(QueueFigure::TalksEnded, 1);
            count(QueueFigure::TalkTime, micros(lasted));
        }
    }
    all.retain(|_, values| *values != Values::default());
}

/// The agents of the first further queue in which the agent is, if it is not in the call's queue itself.
fn help(all: &mut All, frame: &Frame, queue: QueueId, agent: AgentId) {
    let settings = &frame.before.agent(agent).unwrap().settings;
    if settings.serves(queue) {
        return;
    }
    let further = frame.before.queue(queue).map_or(Vec::new(), |queue| queue.also.clone());
    if let Some(by) = further.into_iter().find(|also| settings.serves(*also)) {
        let key = SlotKey::Help { by, of: queue };
        all.entry((frame.slot(), key)).or_default().count(HelpFigure::Answered, 1);
    }
}

/// Who stops talking in this frame, with which call, and how long that had lasted.
fn talks_ended(frame: &Frame) -> Vec<(AgentId, CallId, Duration)> {
    let ended = frame.before.agents().filter_map(|agent| {
        let id = agent.settings.id;
        let Work::Talking { call, since } = agent.work else { return None };
        let goes_on = matches!(frame.after.agent(id).map(|agent| agent.work),
            Some(Work::Talking { call: now, .. }) if now == call);
        (!goes_on).then_some((id, call, frame.at.since(since)))
    });
    ended.collect()
}

/// The frame in which the wrap-up began that ends in frame `nth`, and how long it lasted.
fn wrap_up(film: &Film, nth: usize, agent: AgentId) -> (usize, Duration) {
    let is_it =
        |nth: &usize| matches!(&film.frames[*nth].event, Event::WrapUpStarted { agent: whom, .. } if *whom == agent);
    let started = (0..nth).rev().find(is_it).unwrap();
    (started, film.frames[nth].at.since(film.frames[started].at))
}

fn of_agents(all: &mut All, film: &Film, nth: usize, frame: &Frame) {
    let mut count = |agent: AgentId, figure: AgentFigure, value: u64| {
        all.entry((frame.slot(), SlotKey::Agent(agent))).or_default().count(figure, value);
    };
    match &frame.event {
        Event::AgentSignedIn { agent, .. } => count(*agent, AgentFigure::SignIns, 1),
        Event::PresenceChanged { agent, presence: engine::Presence::NotReady(why), .. } => match why.kind {
            engine::NotReadyKind::Busy => count(*agent, AgentFigure::Busies, 1),
            engine::NotReadyKind::Rest => count(*agent, AgentFigure::Rests, 1),
            engine::NotReadyKind::Study => count(*agent, AgentFigure::Studies, 1),
        },
        Event::CallArrived { caller: Caller::Agent(agent), .. } => count(*agent, AgentFigure::Dialled, 1),
        Event::OfferAccepted { agent, .. } => {
            count(*agent, AgentFigure::Requests, 1);
            count(*agent, AgentFigure::Answered, 1);
        }
        Event::OfferEnded { agent, how, .. } => {
            count(*agent, AgentFigure::Requests, 1);
            match how {
                OfferEnd::Declined => count(*agent, AgentFigure::Declined, 1),
                OfferEnd::Expired => count(*agent, AgentFigure::Expired, 1),
                OfferEnd::Failed | OfferEnd::Withdrawn(_) => {}
            }
        }
        Event::CallSentOutside { call, .. } | Event::CallTransferredOutside { call, .. } => {
            let is_first = !film.frames[..nth].iter().any(|other| {
                matches!(&other.event, Event::CallSentOutside { call: other, .. }
                    | Event::CallTransferredOutside { call: other, .. } if other == call)
            });
            if let Some(Caller::Agent(agent)) = frame.after.call(*call).map(|call| &call.caller).filter(|_| is_first) {
                count(*agent, AgentFigure::CallsOut, 1);
            }
        }
        Event::WrapUpEnded { agent, .. } => {
            let (started, lasted) = wrap_up(film, nth, *agent);
            let Event::WrapUpStarted { call, .. } = film.frames[started].event else { panic!("a wrap-up") };
            let figure = match wrapped_up_direction(film, started, call, *agent) {
                Direction::Outbound => AgentFigure::WrapUpsOut,
                Direction::Inbound | Direction::Internal => AgentFigure::WrapUpsIn,
            };
            count(*agent, figure, 1);
            count(*agent, AgentFigure::WrapUpTime, micros(lasted));
        }
        _ => {}
    }
    if let Some(agent) = hung_up_first(frame) {
        count(agent, AgentFigure::HungUpFirst, 1);
    }
    if let Event::OfferAccepted { call, .. } | Event::OutsideAnswered { call } | Event::KeepingChanged { call, .. } =
        &frame.event
        && let Some((keeper, ..)) = three(frame, *call)
    {
        count(keeper, AgentFigure::ThreeParty, 1);
    }
    for (agent, call, lasted) in talks_ended(frame) {
        let is_dialled = |other: &Frame| {
            matches!(&other.event, Event::CallArrived { call: id, caller: Caller::Agent(who), .. }
                if *id == call && *who == agent)
        };
        let dialled = film.frames[..nth].iter().any(is_dialled);
        let (ended, span) = if dialled {
            (AgentFigure::DialledEnded, AgentFigure::DialledTime)
        } else {
            (AgentFigure::TalksEnded, AgentFigure::TalkTime)
        };
        count(agent, ended, 1);
        count(agent, span, micros(lasted));
    }
    all.retain(|_, values| *values != Values::default());
}

/// What is counted as the operations are: some when they begin, some when they end.
fn of_operations(all: &mut All, film: &Film) {
    use history::{Act, Kept};
    let slot = |at: engine::Timestamp| SlotStart(at.seconds().div_euclid(300) * 300);
    for row in crate::people::operations(film).into_values() {
        let mut count = |at, figure, value| {
            all.entry((slot(at), SlotKey::Agent(row.agent))).or_default().count(figure, value);
        };
        let begins = match (row.act, row.kept) {
            (Act::TransferInside, _) => Some(AgentFigure::TransfersInside),
            (Act::TransferOutside, _) => Some(AgentFigure::TransfersOutside),
            (Act::Consult, Kept::ToConsult) => Some(AgentFigure::Consults),
            (Act::Hold, _) => Some(AgentFigure::Holds),
            _ => None,
        };
        let lasts = match row.act {
            Act::Busy => Some(AgentFigure::BusyTime),
            Act::Rest => Some(AgentFigure::RestTime),
            Act::Study => Some(AgentFigure::StudyTime),
            Act::Hold => Some(AgentFigure::HoldTime),
            _ => None,
        };
        if let Some(figure) = begins {
            count(row.began, figure, 1);
        }
        if let (Some(figure), Some(ended)) = (lasts, row.ended) {
            count(ended, figure, micros(ended.since(row.began)));
        }
    }
    all.retain(|_, values| *values != Values::default());
}

/// The longest times idle that ended.
fn idle(all: &mut All, film: &Film) {
    let agents: Vec<AgentId> = (1000..1010).map(AgentId).collect();
    for agent in agents {
        let mut since = None;
        for frame in &film.frames {
            let is_gone = frame.before.agent(agent).is_some() && frame.after.agent(agent).is_none();
            if let Some(from) = since.filter(|_| is_gone) {
                let values = all.entry((frame.slot(), SlotKey::Agent(agent))).or_default();
                values.count(AgentFigure::LongestIdle, micros(frame.at.since(from)));
                since = None;
            }
            if !frame.is_last {
                continue;
            }
            match (does(&frame.after, agent), since) {
                (Some(Doing::Idle), None) => since = Some(frame.at),
                (Some(Doing::Idle), Some(_)) | (None, _) | (Some(_), None) => {}
                (Some(_), Some(from)) => {
                    let values = all.entry((frame.slot(), SlotKey::Agent(agent))).or_default();
                    values.count(AgentFigure::LongestIdle, micros(frame.at.since(from)));
                    since = None;
                }
            }
        }
    }
    all.retain(|_, values| *values != Values::default());
}

/// Ended calls, by the number that was called.
fn of_calls(all: &mut All, film: &Film) {
    for row in places::calls(film).into_values() {
        let start = SlotStart(row.ended.unwrap().seconds().div_euclid(300) * 300);
        let anonymous = row.direction == Direction::Inbound && row.caller.is_empty();
        let values = all.entry((start, SlotKey::Calls { called: row.called.clone(), anonymous })).or_default();
        let (calls, answered) = match row.direction {
            Direction::Inbound => (CallFigure::Inbound, CallFigure::InboundAnswered),
            Direction::Outbound => (CallFigure::Outbound, CallFigure::OutboundAnswered),
            Direction::Internal => (CallFigure::Internal, CallFigure::InternalAnswered),
        };
        values.count(calls, 1);
        values.count(answered, u64::from(row.answered.is_some()));
        values.count(CallFigure::WaitTime, micros(row.waited));
        values.count(CallFigure::TalkTime, micros(row.talked));
    }
}
