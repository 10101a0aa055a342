//! A projection that begins in the middle: the first records of a journal are kept for a time only, and then a snapshot
//! stands in for them.

use engine::{Agent, Call, Keeper, Line, Place, Presence, State, Stay, StayAt, Timestamp, Work as EngineWork};
use node::Position;

use crate::rows::PlaceRow;
use crate::words::{Doing, Entered, PlaceKind};

use super::Projection;
use super::agent::{AgentBook, Talk, Work};
use super::call::{LiveCall, Ring, Spot};

impl Projection {
    /// What is there at `position`, whose record was made `at`. Of what went before only that is known which `state`
    /// tells: the places of live calls without why they left them and whose phones rang, and nothing of operations and
    /// holds that go on.
    #[must_use]
    pub fn begin_with(state: &State, position: Position, at: Timestamp) -> Self {
        let mut projection = Self::default();
        projection.books.begin_at(position, at);
        for queue in state.queues() {
            projection.further.insert(queue.id, queue.also.clone());
        }
        for agent in state.agents() {
            projection.agents.insert(agent.settings.id, book_of(state, agent));
        }
        for call in state.calls() {
            let live = live_call(call, &mut |row| projection.books.write_place(row));
            projection.calls.insert(call.id, live);
        }
        projection.list_numbers();
        projection
    }
}

fn book_of(state: &State, agent: &Agent) -> AgentBook {
    let queues = agent.settings.queues.iter().map(|part| part.queue).collect();
    let mut book = AgentBook::new(agent.presence_since, queues);
    book.presence = agent.presence.into();
    book.signed_in = (agent.presence != Presence::SignedOut).then_some(agent.presence_since);
    book.is_leaving = agent.is_leaving;
    book.work = work_of(state, agent);
    book.doing = book.does();
    book.since = match book.doing {
        Doing::SignedOut => agent.presence_since,
        Doing::Ringing | Doing::Talking | Doing::WrapUp => agent.work_since,
        Doing::Idle | Doing::Busy | Doing::Rest | Doing::Study => agent.work_since.max(agent.presence_since),
    };
    book
}

fn work_of(state: &State, agent: &Agent) -> Work {
    let talk = |call, since| {
        let served = state.call(call).and_then(|call| Some((call, line_of(call, agent)?)));
        let queue = served.and_then(|(_, line)| match line {
            Line::Queue(queue) => Some(queue),
            Line::Private(_) => None,
        });
        let of_caller = state.call(call).map(|call| &call.caller);
        let dialled = of_caller.is_some_and(|caller| *caller == engine::Caller::Agent(agent.settings.id));
        let direction = of_caller.map_or(crate::Direction::Inbound, crate::Direction::of);
        Talk { call, since, queue, dialled, direction }
    };
    match agent.work {
        EngineWork::Idle { .. } => Work::Nothing,
        EngineWork::Offered { .. } => Work::Ringing,
        EngineWork::Talking { call, since } => Work::Talking(talk(call, since)),
        EngineWork::WrapUp { call, .. } => Work::WrapUp(talk(call, agent.work_since)),
    }
}

/// The line from which the agent was served the call that it talks with or keeps.
fn line_of(call: &Call, agent: &Agent) -> Option<Line> {
    let id = agent.settings.id;
    match (call.keeper, &call.place) {
        (Some(keeper), _) if keeper.agent == id => Some(keeper.line),
        (_, Place::Talking { agent, line, .. }) if *agent == id => Some(*line),
        _ => None,
    }
}

fn live_call(call: &Call, write: &mut impl FnMut(PlaceRow)) -> LiveCall {
    let mut live = LiveCall::arrived(call.arrived, call.id, &call.caller, &call.called);
    live.row.wait_began = Some(call.arrived);
    for stay in &call.history {
        relive(&mut live, stay, write);
    }
    live.row.first_queue = live.row.first_queue.or(call.origin_queue);
    live.row.last_queue = call.origin_queue.or(live.row.last_queue);
    let since = settle_place(&mut live, call);
    if let Some(keeper) = call.keeper {
        live.keeper = Some(keeper_spot(&mut live, keeper, since));
        live.kept = keeper.keeping.into();
    }
    live.phase_since = since;
    live.turn_phase(since);
    live
}

/// A place that it was in.
fn relive(live: &mut LiveCall, stay: &Stay, write: &mut impl FnMut(PlaceRow)) {
    let mut spot = match &stay.at {
        StayAt::Line(Line::Queue(queue)) => {
            live.row.first_queue.get_or_insert(*queue);
            live.row.last_queue = Some(*queue);
            live.queue_spot(stay.from, *queue, stay.cause.into())
        }
        StayAt::Line(Line::Private(agent)) => live.agent_spot(stay.from, *agent, stay.cause.into()),
        StayAt::Agent(agent) => {
            live.row.last_agent = Some(*agent);
            live.row.answered.get_or_insert(stay.from);
            live.agent_spot(stay.from, *agent, Entered::Offered)
        }
        StayAt::Outside(address) => outside(live, stay.from, address, stay.cause.into()),
    };
    let lasted = stay.until.since(stay.from);
    match stay.at {
        StayAt::Line(_) => {
            spot.row.waited_from = Some(stay.from);
            live.row.waited += lasted;
        }
        StayAt::Agent(_) => {
            spot.row.talked_from = Some(stay.from);
            live.row.talked += lasted;
        }
        StayAt::Outside(_) => live.row.rang += lasted,
    }
    spot.row.left = Some(stay.until);
    write(spot.row);
}

/// The place that it is in; answers since when.
fn settle_place(live: &mut LiveCall, call: &Call) -> Timestamp {
    match &call.place {
        Place::Waiting(wait) | Place::Offered { wait, .. } => {
            let mut spot = match wait.line {
                Line::Queue(queue) => live.queue_spot(wait.joined, queue, wait.cause.into()),
                Line::Private(agent) => live.agent_spot(wait.joined, agent, wait.cause.into()),
            };
            spot.row.waited_from = Some(wait.joined);
            live.waits = Some(spot);
            if let Place::Offered { agent, since, .. } = &call.place {
                let spot = matches!(wait.line, Line::Queue(_)).then(|| {
                    let mut spot = live.agent_spot(*since, *agent, Entered::Offered);
                    spot.row.rang_from = Some(*since);
                    spot
                });
                live.rings = Some(Ring { agent: *agent, spot });
            }
            wait.joined
        }
        Place::Talking { agent, since, .. } => {
            let mut spot = live.agent_spot(*since, *agent, Entered::Offered);
            spot.row.talked_from = Some(*since);
            live.row.answered.get_or_insert(*since);
            live.row.last_agent = Some(*agent);
            live.talks = Some(spot);
            *since
        }
        Place::Outside { address, since, answered, .. } => {
            let mut spot = outside(live, *since, address, Entered::Transferred);
            spot.row.rang_from = Some(*since);
            spot.row.talked_from = answered.then_some(*since);
            live.talks = Some(spot);
            *since
        }
    }
}

fn outside(live: &mut LiveCall, at: Timestamp, address: &std::sync::Arc<str>, why: Entered) -> Spot {
    Spot { row: live.place(at, PlaceKind::Outside, address.clone(), why), queue: None, agent: None }
}

fn keeper_spot(live: &mut LiveCall, keeper: Keeper, since: Timestamp) -> Spot {
    let mut spot = live.agent_spot(since, keeper.agent, Entered::Offered);
    spot.row.talked_from = Some(since);
    spot
}
