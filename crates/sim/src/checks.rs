//! The invariants of the rules, on what anybody can read of a settled floor: slow, obvious, and with words.

use engine::{
    Agent, AgentId, Call, CallId, Caller, HOPS_MAX, Line, OfferRule, Place, Presence, QueueId, Reach, Rest, State,
    Strategy, Timestamp, Wait, Why, Work,
};

/// What was broken: the law, and how.
pub type Breach = (&'static str, String);

fn must(law: &'static str, holds: bool, sentence: impl FnOnce() -> String) -> Result<(), Breach> {
    if holds { Ok(()) } else { Err((law, sentence())) }
}

/// Everything that holds between two turns; `now` is the time of the last one.
///
/// # Errors
/// The first law that is broken.
pub fn check_state(state: &State, now: Timestamp) -> Result<(), Breach> {
    state.calls().try_for_each(|call| check_call(state, call))?;
    state.agents().try_for_each(|agent| check_agent(state, agent))?;
    check_lines(state)?;
    check_nobody_waits_in_vain(state)?;
    check_rests(state)?;
    check_deadlines(state, now)
}

/// I1, I3: in exactly one place, offered to one agent.
fn check_call(state: &State, call: &Call) -> Result<(), Breach> {
    let id = call.id;
    must("bounds", (1..=254).contains(&call.priority) && call.hops <= HOPS_MAX, || format!("{call:?}"))?;
    must("I1", state.call_by_key(call.key).map(|known| known.id) == Some(id), || {
        format!("{id} is not known by its leg")
    })?;
    match &call.place {
        Place::Waiting(wait) => check_wait(state, call, wait)?,
        Place::Offered { offer, agent, wait, .. } => {
            check_wait(state, call, wait)?;
            let known = state.offered(*offer).map(|known| known.id);
            must("I1", known == Some(id), || format!("{offer:?} of {id} is not known by its number"))?;
            let work = state.agent(*agent).map(|agent| agent.work);
            must("I3", work == Some(Work::Offered { offer: *offer, call: id }), || {
                format!("{id} is offered to {agent}, whose work is {work:?}")
            })?;
        }
        Place::Talking { agent, since, .. } => {
            let work = state.agent(*agent).map(|agent| agent.work);
            must("I2", work == Some(Work::Talking { call: id, since: *since }), || {
                format!("{id} talks with {agent}, whose work is {work:?}")
            })?;
        }
        Place::Outside { .. } => {}
    }
    if let Caller::Agent(agent) = call.caller {
        let work = state.agent(agent).map(|agent| agent.work);
        must("I2", work == Some(Work::Talking { call: id, since: call.arrived }), || {
            format!("{agent} dialled {id}, but its work is {work:?}")
        })?;
    }
    Ok(())
}

fn check_wait(state: &State, call: &Call, wait: &Wait) -> Result<(), Breach> {
    let id = call.id;
    match wait.line {
        Line::Queue(queue) => {
            must("I1", state.queue(queue).is_some(), || format!("{id} waits in queue {queue}, which is not there"))?;
            must("I9", call.since.is_some_and(|since| since >= call.arrived && since <= wait.joined), || {
                format!("{id} waits since {:?}", call.since)
            })
        }
        Line::Private(agent) => {
            let presence = state.agent(agent).map(|agent| agent.presence);
            must("I12", presence.is_some_and(|presence| presence != Presence::SignedOut), || {
                format!("{id} waits for {agent}, who is {presence:?}")
            })
        }
    }
}

/// I2: an agent has one call at most, and it is the one its work says.
fn check_agent(state: &State, agent: &Agent) -> Result<(), Breach> {
    let id = agent.settings.id;
    let calls: Vec<CallId> = state.calls().filter(|call| engages(call, id)).map(|call| call.id).collect();
    let worked = match agent.work {
        Work::Idle { .. } | Work::WrapUp { .. } => None,
        Work::Offered { call, .. } | Work::Talking { call, .. } => Some(call),
    };
    must("I2", calls == Vec::from_iter(worked), || format!("{id} works on {worked:?} but is in {calls:?}"))?;
    let is_out = agent.presence == Presence::SignedOut;
    let works = matches!(agent.work, Work::Offered { .. } | Work::WrapUp { .. });
    must("signed out", !(is_out && works), || format!("{id} is signed out and {:?}", agent.work))?;
    let is_lost_and_offered = agent.reach != Reach::Reachable && matches!(agent.work, Work::Offered { .. });
    must("lost", !is_lost_and_offered, || format!("{id} is lost and offered a call"))?;
    let leaves_idle = agent.is_leaving && !matches!(agent.work, Work::Talking { .. });
    must("leaving", !leaves_idle, || format!("{id} is configured no more and {:?}", agent.work))
}

fn engages(call: &Call, id: AgentId) -> bool {
    let called = match call.place {
        Place::Offered { agent, .. } | Place::Talking { agent, .. } => agent == id,
        Place::Waiting(_) | Place::Outside { .. } => false,
    };
    called || matches!(call.caller, Caller::Agent(agent) if agent == id)
}

/// Every waiting call is in its line and no other, and each line is in the order in which it is served.
fn check_lines(state: &State) -> Result<(), Breach> {
    let mut listed = 0;
    for queue in state.queues() {
        let key = |call: &Call| (u8::MAX - call.priority, call.since, call.id);
        let calls: Vec<_> = state.waiting(queue.id).collect();
        must("I5", calls.is_sorted_by_key(|call| key(call)), || format!("queue {} is out of order", queue.id))?;
        let stray = calls.iter().find(|call| wait_of(call).is_none_or(|wait| wait.line != Line::Queue(queue.id)));
        must("I1", stray.is_none(), || format!("{stray:?} is listed in queue {}", queue.id))?;
        listed += calls.len();
    }
    for agent in state.agents() {
        let id = agent.settings.id;
        let key = |call: &Call| (u8::MAX - call.priority, wait_of(call).map(|wait| wait.joined), call.id);
        let calls: Vec<_> = state.private_queue(id).collect();
        must("I5", calls.is_sorted_by_key(|call| key(call)), || format!("private queue {id} is out of order"))?;
        let stray = calls.iter().find(|call| wait_of(call).is_none_or(|wait| wait.line != Line::Private(id)));
        must("I1", stray.is_none(), || format!("{stray:?} is listed in private queue {id}"))?;
        listed += calls.len();
    }
    let waiting = state.calls().filter(|call| wait_of(call).is_some()).count();
    must("I1", waiting == listed, || format!("{waiting} calls wait, {listed} are listed"))
}

/// I6: no call waits while an agent who may take it is available.
fn check_nobody_waits_in_vain(state: &State) -> Result<(), Breach> {
    for agent in state.agents().filter(|agent| agent.is_available()) {
        let waits = state.calls().find(|call| wait_of(call).is_some_and(|wait| may_take(agent, call, wait.line)));
        must("I6", waits.is_none(), || format!("{} is available and {waits:?} waits", agent.settings.id))?;
    }
    Ok(())
}

/// Nobody waits for a rest who could have it: with a place in each queue, and first of those who wait there.
fn check_rests(state: &State) -> Result<(), Breach> {
    let ticket = |agent: &Agent| match agent.rest {
        Some(Rest::Asked { ticket, .. }) => Some(ticket),
        _ => None,
    };
    let is_free_for = |agent: &Agent, queue: QueueId| {
        let Some(places) = state.rest_places(queue) else { return true };
        let of_queue = || state.agents().filter(|other| part(other, queue).is_some());
        let resting = of_queue().filter(|other| other.takes_rest_place()).count();
        let comes_first =
            of_queue().filter_map(&ticket).min().is_none_or(|first| ticket(agent).is_some_and(|own| own <= first));
        resting < places as usize && comes_first
    };
    let in_vain = state.agents().filter(|agent| ticket(agent).is_some()).find(|agent| {
        let mut queues = agent.settings.queues.iter().map(|part| part.queue);
        queues.all(|queue| is_free_for(agent, queue))
    });
    must("rests", in_vain.is_none(), || format!("{in_vain:?} waits for a rest that it could have"))
}

/// I12: every wait has an end, none is overdue, and the next one is known.
fn check_deadlines(state: &State, now: Timestamp) -> Result<(), Breach> {
    let of_calls = state.calls().flat_map(|call| {
        let end = match &call.place {
            Place::Waiting(wait) => Some(wait.until),
            Place::Offered { until, .. } => Some(*until),
            Place::Talking { .. } | Place::Outside { .. } => None,
        };
        end.into_iter().chain(call.not_before.iter().map(|(_, until)| *until))
    });
    let of_agents = state.agents().flat_map(|agent| {
        let wrap_up = match agent.work {
            Work::WrapUp { until, .. } => until,
            Work::Idle { .. } | Work::Offered { .. } | Work::Talking { .. } => None,
        };
        let lost = match agent.reach {
            Reach::Lost { retry_at, sign_out_at, .. } => [retry_at, sign_out_at],
            Reach::Reachable => [None, None],
        };
        let rest = match agent.rest {
            Some(Rest::Begun { until, is_overdue: false }) => Some(until),
            _ => None,
        };
        [wrap_up, agent.ready_at, rest].into_iter().chain(lost).flatten()
    });
    let earliest = of_calls.chain(of_agents).min();
    let next = state.next_deadline();
    must("I12", next.map(|(at, _)| at) == earliest, || format!("{earliest:?} is due next, {next:?} is known"))?;
    must("I12", earliest.is_none_or(|at| at > now), || format!("{next:?} is overdue at {now}"))?;
    let endless = earliest_of_waits(state).find(|(_, at)| at.since(now).as_secs() > 24 * 3600);
    must("I12", endless.is_none(), || format!("{endless:?} waits for ever"))
}

fn earliest_of_waits(state: &State) -> impl Iterator<Item = (CallId, Timestamp)> {
    state.calls().filter_map(|call| match &call.place {
        Place::Waiting(wait) => Some((call.id, wait.until)),
        Place::Offered { until, .. } => Some((call.id, *until)),
        Place::Talking { .. } | Place::Outside { .. } => None,
    })
}

/// I4, I5 and the strategies: whether this is the offer to make. `state` is what was true just before it.
///
/// # Errors
/// The law that this offer breaks.
pub fn check_offer(state: &State, call: CallId, agent: AgentId, line: Line, why: &Why) -> Result<(), Breach> {
    let (Some(call), Some(agent)) = (state.call(call), state.agent(agent)) else {
        return Err(("I3", format!("{call} is offered to {agent}, one of whom is not there")));
    };
    let id = agent.settings.id;
    let is_fit = agent.is_available() && wait_of(call).is_some_and(|wait| wait.line == line);
    must("I3", is_fit && may_take(agent, call, line), || format!("{} cannot be offered to {id}", call.id))?;
    let takes = |call: &&Call| wait_of(call).is_some_and(|wait| may_take(agent, call, wait.line));
    let best = state.calls().filter(takes).min_by_key(|call| rank(agent, call));
    let law = match (line, best.and_then(wait_of).map(|wait| wait.line)) {
        (Line::Queue(_), Some(Line::Private(_))) => "I4",
        _ => "I5",
    };
    must(law, best.map(|best| best.id) == Some(call.id), || format!("{id} is offered {call:?} before {best:?}"))?;
    let waits_alone = state.calls().filter(|call| wait_of(call).is_some()).count() == 1;
    match (why.rule, line) {
        (Some(OfferRule::Strategy(_)), Line::Queue(queue)) if waits_alone => check_strategy(state, call, agent, queue),
        _ => Ok(()),
    }
}

/// How good a call is for an agent: less is better.
fn rank(agent: &Agent, call: &Call) -> (bool, u8, u8, Option<Timestamp>, CallId) {
    let urgency = u8::MAX - call.priority;
    match wait_of(call).map(|wait| (wait.line, wait.joined)) {
        Some((Line::Queue(queue), _)) => {
            let weight = part(agent, queue).map_or(0, |part| part.queue_weight);
            (true, u8::MAX - weight, urgency, call.since, call.id)
        }
        Some((Line::Private(_), joined)) => (false, 0, urgency, Some(joined), call.id),
        None => (true, u8::MAX, urgency, None, call.id),
    }
}

/// Of a call that waits alone: the queue's strategy picks who is offered it.
fn check_strategy(state: &State, call: &Call, winner: &Agent, queue: QueueId) -> Result<(), Breach> {
    let strategy = state.queue(queue).map(|queue| queue.strategy).unwrap_or_default();
    let key = |agent: &Agent| {
        let first = match strategy {
            Strategy::LongestIdle => 0,
            Strategy::RoundRobin => agent.last_offer.map_or(0, |offer| u128::from(offer.0)),
            Strategy::LeastTalked => agent.talked.as_micros(),
            Strategy::BestSkilled => u128::from(u8::MAX - part(agent, queue).map_or(0, |part| part.agent_weight)),
        };
        (first, agent.work_since, agent.settings.id)
    };
    let others = state.agents().filter(|agent| agent.is_available() && may_take(agent, call, Line::Queue(queue)));
    let first = others.min_by_key(|agent| key(agent)).map(|agent| agent.settings.id);
    must("strategy", first == Some(winner.settings.id), || {
        format!("{strategy:?} picks {first:?}, not {}", winner.settings.id)
    })
}

fn part(agent: &Agent, queue: QueueId) -> Option<&engine::AgentQueue> {
    agent.settings.queues.iter().find(|part| part.queue == queue)
}

/// How a call waits; none if it does not.
#[must_use]
pub const fn wait_of(call: &Call) -> Option<&Wait> {
    match &call.place {
        Place::Waiting(wait) => Some(wait),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

fn may_take(agent: &Agent, call: &Call, line: Line) -> bool {
    let id = agent.settings.id;
    let is_for = match line {
        Line::Queue(queue) => part(agent, queue).is_some(),
        Line::Private(owner) => owner == id,
    };
    is_for && !call.not_before.iter().any(|(kept, _)| *kept == id)
}
