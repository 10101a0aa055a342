//! The invariants of the rules, on what anybody can read of a settled floor: slow, obvious, and with words.

mod offers;

pub use self::offers::check_offer;

use engine::{
    Agent, AgentId, Call, CallId, Caller, HOPS_MAX, Line, Place, Presence, Queue, QueueId, Reach, Rest, State,
    Timestamp, Wait, Work,
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
    state.calls().try_for_each(|call| check_need(state, call, now))?;
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
            // Who has its call back has been engaged with it all the while.
            let is_so = matches!(work, Some(Work::Talking { call, since: began }) if call == id && began <= *since);
            must("I2", is_so, || format!("{id} talks with {agent}, whose work is {work:?}"))?;
        }
        Place::Outside { .. } => {}
    }
    if let Some(keeper) = call.keeper {
        let work = state.agent(keeper.agent).map(|agent| agent.work);
        let is_so = matches!(work, Some(Work::Talking { call, .. }) if call == id);
        must("I2", is_so, || format!("{} keeps {id}, but its work is {work:?}", keeper.agent))?;
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
    let keeps = call.keeper.is_some_and(|keeper| keeper.agent == id);
    called || keeps || matches!(call.caller, Caller::Agent(agent) if agent == id)
}

/// A waiting call needs what its queue says of one of its age, and will need less when the next step comes.
fn check_need(state: &State, call: &Call, now: Timestamp) -> Result<(), Breach> {
    let Some(wait) = wait_of(call) else { return Ok(()) };
    let (mut need, mut next) = (1, None);
    if let Line::Queue(queue) = wait.line {
        let steps = state.queue(queue).map(|queue| queue.skill_steps.as_slice()).unwrap_or_default();
        let since = call.since.unwrap_or(wait.joined);
        need = steps.iter().filter(|step| since + step.after <= now).map(|step| step.weight_min).min().unwrap_or(1);
        next = steps.iter().map(|step| since + step.after).find(|at| *at > now);
    }
    must("skill", (wait.weight_min, wait.widens_at) == (need, next), || {
        format!("{call:?} needs {need} until {next:?} at {now}")
    })
}

/// Every waiting call is in its line and no other, and each line is in the order in which it is served.
fn check_lines(state: &State) -> Result<(), Breach> {
    let mut listed = 0;
    for queue in state.queues() {
        let calls: Vec<_> = state.waiting(queue.id).collect();
        must("I5", calls.is_sorted_by_key(|call| place_in_queue(state, queue, call)), || {
            format!("queue {} is out of order", queue.id)
        })?;
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

/// Where priority grows, each point of it is worth a step of waiting; else it comes before all waiting.
fn place_in_queue(state: &State, queue: &Queue, call: &Call) -> (i64, Option<Timestamp>, CallId) {
    let priority = i64::from(call.priority);
    let since = call.since.map_or(0, |since| since.0);
    let place = match growth(state, queue) {
        Some(step) => since - priority * step,
        None => -priority,
    };
    (place, call.since, call.id)
}

/// In how many microseconds priority grows by one in a queue.
fn growth(state: &State, queue: &Queue) -> Option<i64> {
    let step = queue.priority_step.or(state.settings().priority_step)?;
    i64::try_from(step.as_micros()).ok().filter(|step| *step > 0)
}

/// I6: no call waits while an agent who may take it is available.
fn check_nobody_waits_in_vain(state: &State) -> Result<(), Breach> {
    for agent in state.agents().filter(|agent| agent.is_available()) {
        let waits = state.calls().find(|call| wait_of(call).is_some_and(|wait| may_take(state, agent, call, wait)));
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
        let of_queue = || state.agents().filter(|other| other.settings.queues.iter().any(|part| part.queue == queue));
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
        let widens_at = wait_of(call).and_then(|wait| wait.widens_at);
        end.into_iter().chain(widens_at).chain(call.not_before.iter().map(|(_, until)| *until))
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

/// How a call waits; none if it does not.
#[must_use]
pub const fn wait_of(call: &Call) -> Option<&Wait> {
    match &call.place {
        Place::Waiting(wait) => Some(wait),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

/// An agent's parts in a queue's calls for which it has the weight: by the queue itself, and by those whose agents may
/// take its calls too.
fn parts<'a>(
    state: &'a State,
    agent: &'a Agent,
    queue: QueueId,
    need: u8,
) -> impl Iterator<Item = &'a engine::AgentQueue> {
    let also = state.queue(queue).map(|queue| queue.also.as_slice()).unwrap_or_default();
    let is_by_it = move |part: &&engine::AgentQueue| part.queue == queue || also.contains(&part.queue);
    agent.settings.queues.iter().filter(is_by_it).filter(move |part| part.agent_weight >= need)
}

fn may_take(state: &State, agent: &Agent, call: &Call, wait: &Wait) -> bool {
    let id = agent.settings.id;
    let is_for = match wait.line {
        Line::Queue(queue) => parts(state, agent, queue, wait.weight_min).next().is_some(),
        Line::Private(owner) => owner == id,
    };
    is_for && !call.not_before.iter().any(|(kept, _)| *kept == id)
}
