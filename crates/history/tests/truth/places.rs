//! Calls and their places, found by looking where each call is in each frame.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{
    CallId, Caller, Event, FailCause, Line, Outcome, Party, Place, ReleaseCause, Situation, State, Timestamp,
};
use history::{CallRow, Direction, EndedBy, Ending, Entered, Kept, Left, PlaceKind, PlaceRow, Projection};

use crate::film::{Film, Frame};
use crate::people::places_call;

/// Somewhere that a call is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Where {
    Queue(u16),
    Agent(u32),
    Outside(String),
}

/// Everywhere that a call is: in its line, at the agent where it rings, with whom it talks, with who keeps it.
fn everywhere(state: &State, id: CallId) -> BTreeSet<Where> {
    let Some(call) = state.call(id) else { return BTreeSet::new() };
    let of_line = |line: Line| match line {
        Line::Queue(queue) => Where::Queue(queue.0),
        Line::Private(agent) => Where::Agent(agent.0),
    };
    let mut all = BTreeSet::new();
    match &call.place {
        Place::Waiting(wait) => drop(all.insert(of_line(wait.line))),
        Place::Offered { wait, agent, .. } => {
            all.insert(of_line(wait.line));
            all.insert(Where::Agent(agent.0));
        }
        Place::Talking { agent, .. } => drop(all.insert(Where::Agent(agent.0))),
        Place::Outside { address, .. } => drop(all.insert(Where::Outside(address.to_string()))),
    }
    all.extend(call.keeper.map(|keeper| Where::Agent(keeper.agent.0)));
    all
}

/// Whether whoever is there talks with the call, or keeps it.
fn talks(state: &State, id: CallId, there: &Where) -> bool {
    let Some(call) = state.call(id) else { return false };
    let keeps = call.keeper.is_some_and(|keeper| *there == Where::Agent(keeper.agent.0));
    keeps
        || match &call.place {
            Place::Talking { agent, .. } => *there == Where::Agent(agent.0),
            Place::Outside { address, answered, .. } => *answered && *there == Where::Outside(address.to_string()),
            Place::Waiting(_) | Place::Offered { .. } => false,
        }
}

/// Every place of every call, left or not: a place is a stretch of frames in which the call is there.
fn all(film: &Film) -> Vec<PlaceRow> {
    let mut rows: Vec<PlaceRow> = Vec::new();
    let mut open: Vec<(CallId, Where, usize)> = Vec::new();
    for (nth, frame) in film.frames.iter().enumerate() {
        let Some(id) = call_of(&frame.event) else { continue };
        let (before, after) = (everywhere(&frame.before, id), everywhere(&frame.after, id));
        // A call that comes to the queue it is in comes anew.
        let comes_again = matches!(frame.event, Event::CallQueued { .. } | Event::CallSentOutside { .. });
        for gone in &before {
            let moved = comes_again && !is_keeper(&frame.before, id, gone);
            if !after.contains(gone) || moved {
                let at = open.iter().position(|(call, there, _)| *call == id && there == gone).unwrap();
                let (_, _, row) = open.remove(at);
                rows[row].left = Some(frame.at);
                let of_entry = film.frames[..nth].iter().rev().take_while(|other| other.position == frame.position);
                let given = of_entry.take_while(|other| !places_call(&other.event, id)).any(|other| {
                    matches!(&other.event, Event::CallTransferred { call, agent }
                        if *call == id && *gone == Where::Agent(agent.0))
                });
                let why = if given { Left::Transferred } else { why_left(&frame.event, gone) };
                rows[row].left_why = Some(why);
            }
        }
        for come in &after {
            if open.iter().any(|(call, there, _)| *call == id && there == come) {
                continue;
            }
            open.push((id, come.clone(), rows.len()));
            let number = rows.iter().filter(|row| row.call == id).count() + 1;
            rows.push(entered(frame, id, come, u32::try_from(number).unwrap()));
        }
        for (_, there, row) in open.iter().filter(|(call, ..)| *call == id) {
            let row = &mut rows[*row];
            if matches!(&frame.event, Event::OfferMade { agent, .. } if *there == Where::Agent(agent.0)) {
                row.rang_from = Some(frame.at);
            }
            if row.talked_from.is_none() && talks(&frame.after, id, there) {
                row.talked_from = Some(frame.at);
            }
        }
    }
    rows
}

fn is_keeper(state: &State, id: CallId, there: &Where) -> bool {
    let keeper = state.call(id).and_then(|call| call.keeper);
    keeper.is_some_and(|keeper| *there == Where::Agent(keeper.agent.0))
}

fn entered(frame: &Frame, call: CallId, there: &Where, number: u32) -> PlaceRow {
    let (kind, place) = match there {
        Where::Queue(queue) => (PlaceKind::Queue, queue.to_string()),
        Where::Agent(agent) => (PlaceKind::Agent, agent.to_string()),
        Where::Outside(address) => (PlaceKind::Outside, address.clone()),
    };
    let entered_why = match &frame.event {
        Event::CallQueued { cause, .. } => Entered::from(*cause),
        Event::CallSentOutside { situation, .. } => Entered::from(*situation),
        Event::CallTransferredOutside { .. } => Entered::Transferred,
        Event::OfferMade { .. } => Entered::Offered,
        other => panic!("a call comes nowhere by {other:?}"),
    };
    let keeper = frame.after.call(call).and_then(|call| call.keeper);
    PlaceRow {
        call,
        number,
        kind,
        place: place.into(),
        entered: frame.at,
        waited_from: matches!(frame.event, Event::CallQueued { .. }).then_some(frame.at),
        rang_from: matches!(there, Where::Outside(_)).then_some(frame.at),
        talked_from: None,
        left: None,
        entered_why,
        kept: keeper.map_or(Kept::No, |keeper| keeper.keeping.into()),
        left_why: None,
    }
}

fn why_left(event: &Event, there: &Where) -> Left {
    let is_outside = matches!(there, Where::Outside(_));
    match event {
        Event::CallQueued { .. } | Event::CallSentOutside { .. } if is_outside => Left::OutsideFailed,
        Event::CallQueued { cause, .. } => Left::from(*cause),
        Event::CallSentOutside { situation, .. } => Left::from(*situation),
        Event::OfferAccepted { .. } => Left::Answered,
        Event::OfferEnded { how, .. } => Left::from(*how),
        Event::CallTransferred { .. } | Event::CallGivenAway { .. } | Event::CallTransferredOutside { .. } => {
            Left::Transferred
        }
        Event::CallTakenBack { why, .. } => Left::from(*why),
        Event::CallEnded { outcome, by, .. } => ended_by(*outcome, *by),
        other => panic!("a call leaves nowhere by {other:?}"),
    }
}

fn ended_by(outcome: Outcome, by: Party) -> Left {
    match outcome {
        Outcome::Released(_) => Left::Released,
        Outcome::Failed(_) => Left::Failed,
        Outcome::Answered | Outcome::Abandoned => match by {
            Party::Caller => Left::CallerLeft,
            Party::Called => Left::CalledLeft,
            Party::Server => Left::Released,
        },
    }
}

pub fn call_of(event: &Event) -> Option<CallId> {
    match event {
        Event::CallArrived { call, .. }
        | Event::TreatmentApplied { call, .. }
        | Event::CallQueued { call, .. }
        | Event::CallSentOutside { call, .. }
        | Event::CallTransferredOutside { call, .. }
        | Event::OutsideAnswered { call }
        | Event::OfferMade { call, .. }
        | Event::OfferAccepted { call, .. }
        | Event::OfferEnded { call, .. }
        | Event::HeldChanged { call, .. }
        | Event::CallTransferred { call, .. }
        | Event::CallKept { call, .. }
        | Event::KeepingChanged { call, .. }
        | Event::CallGivenAway { call, .. }
        | Event::CallTakenBack { call, .. }
        | Event::CallEnded { call, .. } => Some(*call),
        _ => None,
    }
}

/// The places that calls have left.
pub fn left(film: &Film) -> BTreeMap<(CallId, u32), PlaceRow> {
    let left = all(film).into_iter().filter(|row| row.left.is_some());
    left.map(|row| ((row.call, row.number), row)).collect()
}

/// All calls that have ended.
pub fn calls(film: &Film) -> BTreeMap<CallId, CallRow> {
    every_call(film).into_iter().filter(|row| row.ended.is_some()).map(|row| (row.call, row)).collect()
}

fn every_call(film: &Film) -> Vec<CallRow> {
    let places = all(film);
    let arrived = film.frames.iter().filter(|frame| matches!(frame.event, Event::CallArrived { .. }));
    arrived.map(|frame| call_row(film, &places, frame)).collect()
}

fn call_row(film: &Film, places: &[PlaceRow], arrival: &Frame) -> CallRow {
    let Event::CallArrived { call: id, caller, called, .. } = &arrival.event else { panic!("an arrival") };
    let frames: Vec<&Frame> = film.frames.iter().filter(|frame| call_of(&frame.event) == Some(*id)).collect();
    let places: Vec<&PlaceRow> = places.iter().filter(|row| row.call == *id).collect();
    let end = frames.iter().find(|frame| frame.ends_a_call());
    let (ending, by, left) = match end.map(|frame| &frame.event) {
        Some(Event::CallEnded { outcome, by, .. }) => {
            (Some(ending(*outcome)), Some(ended_word(*by)), Some(ended_by(*outcome, *by)))
        }
        _ => (None, None, None),
    };
    let queues: Vec<_> = frames.iter().filter_map(|frame| queue_met(frame, *id)).collect();
    let answers = |frame: &&&Frame| {
        matches!(frame.event, Event::OfferAccepted { .. })
            || (matches!(frame.event, Event::OutsideAnswered { .. }) && frame.before != frame.after)
    };
    let last_agent = frames.iter().rev().find_map(|frame| match frame.event {
        Event::OfferAccepted { agent, .. } => Some(agent),
        _ => None,
    });
    let until = end.map_or(film.end(), |frame| frame.at);
    let [waited, rang, talked] = spans(&frames, *id, until);
    CallRow {
        call: *id,
        direction: match caller {
            Caller::Outside(_) => Direction::Inbound,
            Caller::Agent(_) if places.iter().any(|row| row.kind == PlaceKind::Outside) => Direction::Outbound,
            Caller::Agent(_) => Direction::Internal,
        },
        caller: match caller {
            Caller::Outside(number) => number.clone(),
            Caller::Agent(agent) => agent.0.to_string().into(),
        },
        caller_agent: match caller {
            Caller::Outside(_) => None,
            Caller::Agent(agent) => Some(*agent),
        },
        called: called.clone(),
        arrived: arrival.at,
        wait_began: places.iter().find_map(|row| row.waited_from),
        ring_began: frames.iter().find_map(|frame| {
            let rings = matches!(
                frame.event,
                Event::OfferMade { .. } | Event::CallSentOutside { .. } | Event::CallTransferredOutside { .. }
            );
            rings.then_some(frame.at)
        }),
        answered: frames.iter().find(answers).map(|frame| frame.at),
        ended: end.map(|frame| frame.at),
        ending,
        ended_by: by,
        left,
        first_queue: queues.first().copied(),
        last_queue: queues.last().copied(),
        last_agent,
        waited,
        rang,
        talked,
        places: u32::try_from(places.len()).unwrap(),
    }
}

/// The queue that the call comes to by this, let in or not.
pub fn queue_met(frame: &Frame, id: CallId) -> Option<engine::QueueId> {
    match &frame.event {
        Event::CallQueued { line: Line::Queue(queue), .. } => Some(*queue),
        Event::TreatmentApplied { queue, situation, .. } if is_at_door(frame, id, *queue, *situation) => Some(*queue),
        _ => None,
    }
}

/// At the door of a queue is whoever meets one of its four situations and is neither in it nor outside.
pub fn is_at_door(frame: &Frame, id: CallId, queue: engine::QueueId, situation: Situation) -> bool {
    let door = [Situation::Closed, Situation::NoAgents, Situation::Overflow, Situation::Busy].contains(&situation);
    let here = everywhere(&frame.before, id);
    let elsewhere =
        !here.contains(&Where::Queue(queue.0)) && !here.iter().any(|place| matches!(place, Where::Outside(_)));
    door && elsewhere
}

/// How long it waited, rang and was talked with.
fn spans(frames: &[&Frame], id: CallId, until: Timestamp) -> [Duration; 3] {
    let mut spans = [Duration::ZERO; 3];
    for (nth, frame) in frames.iter().enumerate() {
        if frame.ends_a_call() {
            break;
        }
        let next = frames.get(nth + 1).map_or(until, |next| next.at);
        let here = everywhere(&frame.after, id);
        let phase = if here.iter().any(|there| talks(&frame.after, id, there)) {
            2
        } else {
            match frame.after.call(id).map(|call| &call.place) {
                Some(Place::Offered { .. } | Place::Outside { .. }) => 1,
                _ => 0,
            }
        };
        spans[phase] += next.since(frame.at);
    }
    spans
}

fn ending(outcome: Outcome) -> Ending {
    match outcome {
        Outcome::Answered => Ending::Answered,
        Outcome::Abandoned => Ending::Abandoned,
        Outcome::Released(ReleaseCause::Treatment(situation)) => match situation {
            Situation::Closed => Ending::ReleasedClosed,
            Situation::NoAgents => Ending::ReleasedNoAgents,
            Situation::Overflow => Ending::ReleasedOverflow,
            Situation::Busy => Ending::ReleasedBusy,
            Situation::Timeout => Ending::ReleasedTimeout,
            Situation::Cancelled => Ending::ReleasedCancelled,
        },
        Outcome::Released(ReleaseCause::TooManyHops) => Ending::ReleasedTooManyHops,
        Outcome::Released(ReleaseCause::NoQueueToReturnTo) => Ending::ReleasedNoQueueToReturnTo,
        Outcome::Released(ReleaseCause::Request) => Ending::ReleasedRequest,
        Outcome::Released(ReleaseCause::PrivateWaitEnd) => Ending::ReleasedPrivateWaitEnd,
        Outcome::Released(ReleaseCause::AgentLeft) => Ending::ReleasedAgentLeft,
        Outcome::Failed(FailCause::LostAtRestart) => Ending::FailedLostAtRestart,
        Outcome::Failed(FailCause::NoAck) => Ending::FailedNoAck,
        Outcome::Failed(FailCause::LegLost) => Ending::FailedLegLost,
        Outcome::Failed(FailCause::Resources) => Ending::FailedResources,
    }
}

fn ended_word(by: Party) -> EndedBy {
    match by {
        Party::Caller => EndedBy::Caller,
        Party::Called => EndedBy::Called,
        Party::Server => EndedBy::Server,
    }
}

/// Live calls, the places they are in, and what is told of the numbers they called.
pub fn check_live(projection: &Projection, film: &Film) {
    let rows: Vec<CallRow> = every_call(film).into_iter().filter(|row| row.ended.is_none()).collect();
    assert!(projection.calls().eq(rows.iter().cloned()), "live calls");
    let places = all(film);
    for row in &rows {
        let open = places.iter().filter(|place| place.call == row.call && place.left.is_none()).cloned();
        assert_eq!(projection.call(row.call), Some((row.clone(), open.collect())));
        assert_eq!(row.waited + row.rang + row.talked, film.end().since(row.arrived), "each moment is one of three");
    }
    for number in ["8000", "8001", "8002", "8003"] {
        check_number(projection, film, number, &rows);
    }
}

fn check_number(projection: &Projection, film: &Film, number: &str, rows: &[CallRow]) {
    let state = &film.frames.last().unwrap().after;
    let of_number: Vec<CallId> = rows.iter().filter(|row| *row.called == *number).map(|row| row.call).collect();
    let talked_with = |state: &State, id: CallId| everywhere(state, id).iter().any(|there| talks(state, id, there));
    let (talking, waiting): (Vec<CallId>, Vec<CallId>) =
        of_number.into_iter().partition(|call| talked_with(state, *call));
    let since = |call: &CallId| {
        let frames = film.frames.iter().rev().filter(|frame| call_of(&frame.event) == Some(*call));
        let stretch = frames.take_while(|frame| !talked_with(&frame.after, *call));
        stretch.last().unwrap().at
    };
    match projection.number(number) {
        None => assert!(talking.is_empty() && waiting.is_empty()),
        Some(now) => {
            assert_eq!((now.talking(), now.waiting()), (talking.len(), waiting.len()));
            assert_eq!(now.waits_since(), waiting.iter().map(since).min());
        }
    }
}
