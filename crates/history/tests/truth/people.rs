//! What agents did, found by looking at them in each frame.

use std::collections::BTreeMap;

use engine::{AgentId, CallId, Caller, ChangedBy, Event, Keeping, Line, NotReadyKind, Place, Presence, State, Work};
use history::{Act, ActBy, AgentNow, Direction, Doing, Kept, OperationRow, Projection};

use crate::film::{Film, Frame};

pub fn does(state: &State, agent: AgentId) -> Option<Doing> {
    let agent = state.agent(agent)?;
    Some(match (agent.work, agent.presence) {
        (_, Presence::SignedOut) => Doing::SignedOut,
        (Work::Offered { .. }, _) => Doing::Ringing,
        (Work::Talking { .. }, _) => Doing::Talking,
        (Work::WrapUp { .. }, _) => Doing::WrapUp,
        (Work::Idle { .. }, Presence::Ready) => Doing::Idle,
        (Work::Idle { .. }, Presence::NotReady(why)) => match why.kind {
            NotReadyKind::Busy => Doing::Busy,
            NotReadyKind::Rest => Doing::Rest,
            NotReadyKind::Study => Doing::Study,
        },
    })
}

/// What an agent did at the ends of entries, each stretch with its begin; anew when it was gone meanwhile.
fn stretches(film: &Film, agent: AgentId) -> Vec<(Doing, engine::Timestamp)> {
    let mut stretches: Vec<(Doing, engine::Timestamp)> = Vec::new();
    for frame in &film.frames {
        let was_there = frame.before.agent(agent).is_some();
        let is_there = frame.after.agent(agent).is_some();
        if was_there && !is_there {
            stretches.clear();
        }
        if !was_there && is_there {
            // Whoever is configured is signed out at first.
            stretches.push((Doing::SignedOut, frame.at));
        }
        if let Some(doing) = does(&frame.after, agent).filter(|_| frame.is_last)
            && stretches.last().is_some_and(|(last, _)| *last != doing)
        {
            stretches.push((doing, frame.at));
        }
    }
    stretches
}

pub fn check_agents(projection: &Projection, film: &Film) {
    let state = &film.frames.last().unwrap().after;
    for id in (1000..1010).map(AgentId) {
        let Some(agent) = state.agent(id) else {
            assert_eq!(projection.agent(id), None);
            continue;
        };
        let stretches = stretches(film, id);
        let (doing, since) = *stretches.last().unwrap();
        let before = stretches.len().checked_sub(2).map(|nth| {
            let (what, from) = stretches[nth];
            (what, since.since(from))
        });
        let sign_in = film
            .frames
            .iter()
            .rposition(|frame| matches!(frame.event, Event::AgentSignedIn { agent, .. } if agent == id));
        let first = sign_in.map_or(0, |from| from);
        let hung_up = film.frames[first..].iter().filter(|frame| hung_up_first(frame) == Some(id)).count();
        let signed_in = sign_in.filter(|_| agent.presence != Presence::SignedOut).map(|nth| film.frames[nth].at);
        let there_since =
            film.frames.iter().rposition(|frame| frame.before.agent(id).is_none() && frame.after.agent(id).is_some());
        let hung_up = if there_since > sign_in { 0 } else { hung_up };
        let now = AgentNow { doing, since, before, signed_in, hung_up_first: u32::try_from(hung_up).unwrap() };
        assert_eq!(projection.agent(id), Some(now), "{id}");
    }
}

/// The agent who hung up first, if that ended a talk.
pub fn hung_up_first(frame: &Frame) -> Option<AgentId> {
    let talker = |call: CallId| match frame.before.call(call)?.place {
        Place::Talking { agent, .. } => Some(agent),
        _ => None,
    };
    match &frame.event {
        Event::CallTakenBack { call, why: engine::TakenBack::OtherLeft, .. } => talker(*call),
        Event::CallEnded { call, by: engine::Party::Called, .. } => talker(*call),
        Event::CallEnded { call, by: engine::Party::Caller, .. } => {
            let call = frame.before.call(*call)?;
            let answered = matches!(call.place, Place::Talking { .. } | Place::Outside { answered: true, .. })
                || call.keeper.is_some()
                || call.history.iter().any(|stay| matches!(stay.at, engine::StayAt::Agent(_)));
            match call.caller {
                Caller::Agent(agent) => answered.then_some(agent),
                Caller::Outside(_) => None,
            }
        }
        _ => None,
    }
}

/// Which way the call goes, as of this frame: out, once it was sent out.
fn direction(film: &Film, frame: &Frame, id: CallId) -> Direction {
    let is_up_to = |other: &&Frame| std::ptr::from_ref(*other) <= std::ptr::from_ref(frame);
    let so_far: Vec<&Frame> = film.frames.iter().filter(is_up_to).collect();
    let by_agent = so_far
        .iter()
        .any(|frame| matches!(&frame.event, Event::CallArrived { call, caller: Caller::Agent(_), .. } if *call == id));
    let went_out = so_far.iter().any(|frame| {
        matches!(&frame.event,
            Event::CallSentOutside { call, .. } | Event::CallTransferredOutside { call, .. } if *call == id)
    });
    match (by_agent, went_out) {
        (false, _) => Direction::Inbound,
        (true, true) => Direction::Outbound,
        (true, false) => Direction::Internal,
    }
}

/// The public queue from which the call was served that is talked with or was offered in this state.
pub fn served_from(state: &State, id: CallId, agent: AgentId) -> Option<engine::QueueId> {
    let call = state.call(id)?;
    let line = match (&call.place, call.keeper) {
        (_, Some(keeper)) if keeper.agent == agent => keeper.line,
        (Place::Talking { agent: talker, line, .. }, _) if *talker == agent => *line,
        (Place::Offered { agent: asked, wait, .. }, _) if *asked == agent => wait.line,
        _ => return None,
    };
    match line {
        Line::Queue(queue) => Some(queue),
        Line::Private(_) => None,
    }
}

/// All operations, by key.
pub fn operations(film: &Film) -> BTreeMap<(u64, u32), OperationRow> {
    let mut rows = BTreeMap::new();
    for (nth, frame) in film.frames.iter().enumerate() {
        for (agent, act, by, reason, call) in began(film, nth, frame) {
            let number = rows.range((frame.position, 0)..(frame.position + 1, 0)).count();
            let number = u32::try_from(number).unwrap();
            let queue = match act {
                Act::Talk => call.and_then(|call| served_from(&frame.before, call, agent)),
                Act::Hold => call.and_then(|call| served_from(&frame.after, call, agent)),
                Act::WrapUp => call.and_then(|call| last_served(film, nth, call, agent)),
                _ => None,
            };
            let kept = match act {
                Act::Consult | Act::ConsultOutside => {
                    frame.after.call(call.unwrap()).and_then(|call| call.keeper).map_or(Kept::No, |k| k.keeping.into())
                }
                _ => Kept::No,
            };
            let end = ended(film, nth, agent, act, call);
            // The row that is written at the end of a talk says which way its call went by then.
            let told_at = match act {
                Act::Talk | Act::Dial => end.unwrap_or(nth),
                Act::WrapUp => last_talk_end(film, nth, call.unwrap(), agent),
                _ => nth,
            };
            let row = OperationRow {
                position: frame.position,
                number,
                agent,
                act,
                by,
                began: frame.at,
                ended: end.map(|end| film.frames[end].at),
                reason,
                kept,
                call,
                direction: call.map(|call| direction(film, &film.frames[told_at], call)),
                queue,
            };
            rows.insert((frame.position, number), row);
        }
    }
    rows
}

type Began = (AgentId, Act, ActBy, Option<u8>, Option<CallId>);

fn by_word(by: ChangedBy) -> ActBy {
    match by {
        ChangedBy::Agent => ActBy::Agent,
        ChangedBy::Supervisor => ActBy::Supervisor,
        ChangedBy::Phone => ActBy::Phone,
        ChangedBy::Rule => ActBy::Rule,
        ChangedBy::Lost => ActBy::Lost,
        ChangedBy::Configuration => ActBy::Configuration,
    }
}

/// What begins in this frame, and for whom.
fn began(film: &Film, nth: usize, frame: &Frame) -> Vec<Began> {
    let own = |agent: AgentId, act, call: CallId| (agent, act, ActBy::Agent, None, Some(call));
    match &frame.event {
        Event::AgentSignedIn { agent, by } => vec![(*agent, Act::SignIn, by_word(*by), None, None)],
        Event::AgentSignedOut { agent, by } => {
            let forced = film.frames[..nth].iter().rev().take_while(|other| other.position == frame.position).find_map(
                |other| match &other.event {
                    Event::PresenceForced { agent: whom, order, .. } if whom == agent => Some(order.reason),
                    _ => None,
                },
            );
            vec![(*agent, Act::SignOut, by_word(*by), forced, None)]
        }
        Event::PresenceChanged { agent, presence: Presence::NotReady(why), by, .. } => {
            let act = match why.kind {
                NotReadyKind::Busy => Act::Busy,
                NotReadyKind::Rest => Act::Rest,
                NotReadyKind::Study => Act::Study,
            };
            vec![(*agent, act, by_word(*by), Some(why.reason), None)]
        }
        Event::PresenceForced { agent, presence, order } => {
            vec![(*agent, Act::from(*presence), ActBy::Supervisor, Some(order.reason), None)]
        }
        Event::WrapUpStarted { agent, call, until } => {
            let by = if until.is_some() { ActBy::Rule } else { ActBy::Agent };
            vec![(*agent, Act::WrapUp, by, None, Some(*call))]
        }
        Event::CallArrived { call, caller: Caller::Agent(agent), .. } => vec![own(*agent, Act::Dial, *call)],
        Event::OfferAccepted { call, agent, .. } => {
            let mut all = vec![own(*agent, Act::Talk, *call)];
            all.extend(three(frame, *call));
            all
        }
        Event::OutsideAnswered { call } | Event::KeepingChanged { call, .. } => {
            three(frame, *call).into_iter().collect()
        }
        Event::HeldChanged { call, held: true } => match frame.after.call(*call).map(|call| &call.place) {
            Some(Place::Talking { agent, .. }) => vec![own(*agent, Act::Hold, *call)],
            _ => vec![],
        },
        Event::CallQueued { call, .. }
        | Event::CallSentOutside { call, .. }
        | Event::CallTransferredOutside { call, .. } => {
            let outside = matches!(frame.event, Event::CallTransferredOutside { .. });
            let of_this_entry = film.frames[..nth].iter().rev().take_while(|other| other.position == frame.position);
            let asked = of_this_entry.take_while(|other| !places_call(&other.event, *call)).find_map(|other| {
                match &other.event {
                    Event::CallTransferred { call: other, agent } if other == call => {
                        Some((*agent, if outside { Act::TransferOutside } else { Act::TransferInside }))
                    }
                    Event::CallKept { call: other, agent, .. } if other == call => {
                        Some((*agent, if outside { Act::ConsultOutside } else { Act::Consult }))
                    }
                    _ => None,
                }
            });
            asked.map(|(agent, act)| own(agent, act, *call)).into_iter().collect()
        }
        Event::CallGivenAway { call, agent } => {
            let outside = matches!(frame.after.call(*call).map(|call| &call.place), Some(Place::Outside { .. }));
            vec![own(*agent, if outside { Act::TransferOutside } else { Act::TransferInside }, *call)]
        }
        _ => vec![],
    }
}

/// Whether the call has another place by this.
pub fn places_call(event: &Event, id: CallId) -> bool {
    matches!(event, Event::CallQueued { call, .. } | Event::CallTransferredOutside { call, .. }
        | Event::CallSentOutside { call, .. } if *call == id)
}

/// The keeper begins to talk with both.
pub fn three(frame: &Frame, id: CallId) -> Option<Began> {
    let call = frame.after.call(id)?;
    let keeper = call.keeper.filter(|keeper| keeper.keeping == Keeping::ToJoin)?;
    let answered = matches!(call.place, Place::Talking { .. } | Place::Outside { answered: true, .. });
    answered.then_some((keeper.agent, Act::ThreeParty, ActBy::Agent, None, Some(id)))
}

fn is_talking(state: &State, agent: AgentId, id: CallId) -> bool {
    matches!(state.agent(agent).map(|agent| agent.work), Some(Work::Talking { call, .. }) if call == id)
}

/// The frame in which it ends what began in frame `nth`; none: it goes on. What does not last ends where it began.
fn ended(film: &Film, nth: usize, agent: AgentId, act: Act, call: Option<CallId>) -> Option<usize> {
    let later = || (nth + 1..film.frames.len()).map(|nth| (nth, &film.frames[nth]));
    match act {
        Act::Busy | Act::Rest | Act::Study => later().find_map(|(nth, frame)| {
            let changes = matches!(&frame.event,
                Event::PresenceChanged { agent: whom, .. } | Event::AgentSignedOut { agent: whom, .. }
                    | Event::AgentSignedIn { agent: whom, .. } if *whom == agent);
            changes.then_some(nth)
        }),
        Act::Talk | Act::Dial => {
            later().find(|(_, frame)| !is_talking(&frame.after, agent, call.unwrap())).map(|(nth, _)| nth)
        }
        Act::WrapUp => later().find_map(|(nth, frame)| {
            let is_it = matches!(&frame.event, Event::WrapUpEnded { agent: whom, .. } if *whom == agent);
            is_it.then_some(nth)
        }),
        Act::Hold => later().find_map(|(nth, frame)| {
            let id = call.unwrap();
            let held = match frame.after.call(id).map(|call| &call.place) {
                Some(Place::Talking { agent: talker, held, .. }) => *held && *talker == agent,
                _ => false,
            };
            let kept = matches!(&frame.event, Event::CallKept { call, .. } if *call == id);
            (!held || kept).then_some(nth)
        }),
        _ => Some(nth),
    }
}

/// The frame in which the talk ended that a wrap-up is after.
fn last_talk_end(film: &Film, nth: usize, call: CallId, agent: AgentId) -> usize {
    (0..nth).rev().find(|nth| is_talking(&film.frames[*nth].before, agent, call)).unwrap()
}

/// The public queue from which the agent was served the call that its wrap-up is after.
pub fn last_served(film: &Film, nth: usize, call: CallId, agent: AgentId) -> Option<engine::QueueId> {
    served_from(&film.frames[last_talk_end(film, nth, call, agent)].before, call, agent)
}

/// Which way the call of a wrap-up went, when its talk ended.
pub fn wrapped_up_direction(film: &Film, nth: usize, call: CallId, agent: AgentId) -> Direction {
    direction(film, &film.frames[last_talk_end(film, nth, call, agent)], call)
}
