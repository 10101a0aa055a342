//! What must hold when an offer is made, by looking at every call and every agent.

use std::cmp::Ordering;

use engine::{Agent, AgentId, Call, CallId, Line, OfferRule, Queue, QueueId, State, Strategy, Timestamp, Wait, Why};

use super::{Breach, growth, may_take, must, parts, wait_of};

/// I4, I5 and the strategies: whether this is the offer to make at `now`. `state` is what was true just before it.
///
/// # Errors
/// The law that this offer breaks.
pub fn check_offer(
    state: &State,
    now: Timestamp,
    call: CallId,
    agent: AgentId,
    line: Line,
    why: &Why,
) -> Result<(), Breach> {
    let (Some(call), Some(agent)) = (state.call(call), state.agent(agent)) else {
        return Err(("I3", format!("{call} is offered to {agent}, one of whom is not there")));
    };
    let id = agent.settings.id;
    let wait = wait_of(call).filter(|wait| wait.line == line);
    let is_fit = agent.is_available() && wait.is_some_and(|wait| may_take(state, agent, call, wait));
    must("I3", is_fit, || format!("{} cannot be offered to {id}", call.id))?;
    check_best(state, now, call, agent, why)?;
    let waits_alone = state.calls().filter(|call| wait_of(call).is_some()).count() == 1;
    match (why.rule, wait) {
        (Some(OfferRule::Strategy(_)), Some(wait)) if waits_alone => check_strategy(state, call, wait, agent),
        _ => Ok(()),
    }
}

/// Private first, but for the bound; then the best public call of all.
fn check_best(state: &State, now: Timestamp, call: &Call, agent: &Agent, why: &Why) -> Result<(), Breach> {
    let id = agent.settings.id;
    let takes = |call: &&Call| wait_of(call).is_some_and(|wait| may_take(state, agent, call, wait));
    let is_private = |call: &&Call| wait_of(call).is_some_and(|wait| wait.line == Line::Private(id));
    let private = state.calls().filter(takes).filter(is_private).min_by_key(|call| private_rank(call));
    let public = state.calls().filter(takes).filter(|call| !is_private(call));
    let public = public.min_by(|ours, theirs| more_urgent(state, now, agent, ours, theirs));
    let ahead = private.and(public).filter(|public| goes_ahead(state, now, agent, public));
    let best = ahead.or(private).or(public);
    let law = if best.is_some_and(|best| is_private(&best)) != is_private(&call) { "I4" } else { "I5" };
    must(law, best.map(|best| best.id) == Some(call.id), || format!("{id} is offered {call:?} before {best:?}"))?;
    must("I4", (why.rule == Some(OfferRule::PublicGoesAhead)) == ahead.is_some(), || {
        format!("{id} is offered {} by {:?}", call.id, why.rule)
    })
}

fn private_rank(call: &Call) -> (u8, Option<Timestamp>, CallId) {
    (u8::MAX - call.priority, wait_of(call).map(|wait| wait.joined), call.id)
}

/// The only way in which a public call comes before a private one: the agent has just had private calls, so many that
/// it is enough, or the public call has waited for too long.
fn goes_ahead(state: &State, now: Timestamp, agent: &Agent, public: &Call) -> bool {
    let settings = state.settings();
    let run_is_over = settings.private_run_max.is_some_and(|most| agent.private_run >= most);
    let waited = public.since.map(|since| now.since(since)).unwrap_or_default();
    agent.private_run > 0 && (run_is_over || settings.public_wait_max.is_some_and(|most| waited > most))
}

/// The highest weight of a queue by which the agent comes to the call, then the highest priority that the call has grown
/// to, then the longest wait.
fn more_urgent(state: &State, now: Timestamp, agent: &Agent, ours: &Call, theirs: &Call) -> Ordering {
    let (our_weight, (our_points, our_per)) = (weight(state, agent, ours), grown(state, now, ours));
    let (their_weight, (their_points, their_per)) = (weight(state, agent, theirs), grown(state, now, theirs));
    let by_weight = their_weight.cmp(&our_weight);
    let by_points = (their_points * our_per).cmp(&(our_points * their_per));
    by_weight.then(by_points).then((ours.since, ours.id).cmp(&(theirs.since, theirs.id)))
}

fn weight(state: &State, agent: &Agent, call: &Call) -> u8 {
    let Some(Wait { line: Line::Queue(queue), weight_min, .. }) = wait_of(call) else { return 0 };
    parts(state, agent, *queue, *weight_min).map(|part| part.queue_weight).max().unwrap_or(0)
}

/// As a fraction.
fn grown(state: &State, now: Timestamp, call: &Call) -> (i128, i128) {
    let priority = i128::from(call.priority);
    let queue = wait_of(call).and_then(|wait| match wait.line {
        Line::Queue(queue) => state.queue(queue),
        Line::Private(_) => None,
    });
    match queue.and_then(|queue| growth(state, queue)).map(i128::from) {
        None => (priority, 1),
        Some(step) => (priority * step + i128::from(now.0 - call.since.unwrap_or(now).0), step),
    }
}

/// Of a call that waits alone: the strategy of its queue picks among the queue's own agents; if none of them can take
/// it, that of the first of the further queues which has one who can.
fn check_strategy(state: &State, call: &Call, wait: &Wait, winner: &Agent) -> Result<(), Breach> {
    let Line::Queue(queue) = wait.line else { return Ok(()) };
    let Some(queue) = state.queue(queue) else { return Ok(()) };
    let further = state.queues().filter(|other| queue.also.contains(&other.id));
    let first = [queue].into_iter().chain(further).find_map(|taker| {
        let suits = |agent: &&Agent| weight_in(agent, taker.id).is_some_and(|weight| weight >= wait.weight_min);
        let candidates = state.agents().filter(|agent| agent.is_available()).filter(suits);
        let picked = candidates.filter(|agent| may_take(state, agent, call, wait));
        picked.min_by_key(|agent| strategy_key(taker, agent)).map(|agent| agent.settings.id)
    });
    must("strategy", first == Some(winner.settings.id), || {
        format!("{:?} of {} picks {first:?}, not {}", queue.strategy, queue.id, winner.settings.id)
    })
}

fn strategy_key(queue: &Queue, agent: &Agent) -> (u128, Timestamp, AgentId) {
    let first = match queue.strategy {
        Strategy::LongestIdle => 0,
        Strategy::RoundRobin => agent.last_offer.map_or(0, |offer| u128::from(offer.0)),
        Strategy::LeastTalked => agent.talked.as_micros(),
        Strategy::BestSkilled => u128::from(u8::MAX - weight_in(agent, queue.id).unwrap_or(0)),
    };
    (first, agent.work_since, agent.settings.id)
}

fn weight_in(agent: &Agent, queue: QueueId) -> Option<u8> {
    agent.settings.queues.iter().find(|part| part.queue == queue).map(|part| part.agent_weight)
}
