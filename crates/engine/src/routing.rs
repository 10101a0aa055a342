//! Who is served next, and by whom: pure functions of what is true now.

mod order;

pub(crate) use self::order::{AgentOrder, CallOrder, Standing};

use core::time::Duration;

use crate::call::{Call, Line, OfferRule, Place, Wait};
use crate::id::QueueId;
use crate::state::{Agent, State};
use crate::time::Timestamp;

/// A call, an agent who may take it now, and why these two.
#[derive(Debug)]
pub(crate) struct Match<'a> {
    pub(crate) call: &'a Call,
    pub(crate) wait: &'a Wait,
    pub(crate) agent: &'a Agent,
    pub(crate) rule: OfferRule,
    /// In which queue the agent was one of several; none for private calls.
    pub(crate) among: Option<QueueId>,
}

/// The next offer to make: private calls first, but for the bound that the VDN may set, then those of the queues. Costs
/// no search: both sides are listed in order, and only a pair that `reoffer_min` keeps apart is looked at in vain.
pub(crate) fn next_match(state: &State, now: Timestamp) -> Option<Match<'_>> {
    private_match(state, now).or_else(|| public_match(state, now))
}

fn private_match(state: &State, now: Timestamp) -> Option<Match<'_>> {
    state.servable_agents().find_map(|id| {
        let agent = state.agent(id)?;
        let call = state.private_queue(id).find(|call| may_take(agent, call))?;
        if let Some((call, wait)) = goes_ahead(state, now, agent) {
            return Some(Match { call, wait, agent, rule: OfferRule::PublicGoesAhead, among: queue_of(wait) });
        }
        let wait = waiting(call)?;
        let rule = if wait.joined == now { OfferRule::Directed } else { OfferRule::PrivateFirst };
        Some(Match { call, wait, agent, rule, among: None })
    })
}

fn queue_of(wait: &Wait) -> Option<QueueId> {
    match wait.line {
        Line::Queue(queue) => Some(queue),
        Line::Private(_) => None,
    }
}

/// The public call that goes ahead of the private ones of an agent: one at a time, for the next is served only after a
/// private call again.
fn goes_ahead<'a>(state: &'a State, now: Timestamp, agent: &Agent) -> Option<(&'a Call, &'a Wait)> {
    let (run_max, wait_max) = (state.settings().private_run_max, state.settings().public_wait_max);
    if agent.private_run == 0 || (run_max.is_none() && wait_max.is_none()) {
        return None;
    }
    let (call, wait) = best_call(state, now, agent)?;
    let run_is_over = run_max.is_some_and(|max| agent.private_run >= max);
    let waited_too_long = wait_max.is_some_and(|max| now.since(call.since.unwrap_or(wait.joined)) > max);
    (run_is_over || waited_too_long).then_some((call, wait))
}

/// The queue's strategy picks the agent; the agent is given the best call of all its queues, which is another one than
/// the call it was picked for only when several calls came at once. The agents of further queues come after a queue's
/// own.
fn public_match(state: &State, now: Timestamp) -> Option<Match<'_>> {
    let own = |queue| pick(state, queue, queue).and_then(|agent| give_best(state, now, agent, queue));
    let also = |queue| {
        let agent = state.hosts(queue).find_map(|host| pick(state, host, queue))?;
        give_best(state, now, agent, queue)
    };
    state.matchable_queues().find_map(own).or_else(|| state.matchable_also().find_map(also))
}

/// The first agent of `queue` who may take a call that waits in `host`. Looks at no call for which nobody has the weight,
/// and at no agent who has not the call's.
fn pick(state: &State, host: QueueId, queue: QueueId) -> Option<&Agent> {
    let best = state.best_available(queue)?;
    state.waiting_for(host, best).find_map(|call| {
        let weight_min = waiting(call)?.weight_min;
        state.available(queue, weight_min).find(|agent| may_take(agent, call))
    })
}

fn give_best<'a>(state: &'a State, now: Timestamp, agent: &'a Agent, picked_in: QueueId) -> Option<Match<'a>> {
    let (call, wait) = best_call(state, now, agent)?;
    let among = match wait.line {
        Line::Queue(queue) if agent.settings.weight_in(queue) >= Some(wait.weight_min) => queue,
        Line::Queue(_) | Line::Private(_) => picked_in,
    };
    let rule = if wait.joined == now {
        OfferRule::Strategy(state.queue(among).map(|queue| queue.strategy).unwrap_or_default())
    } else {
        OfferRule::BestCallOfQueues
    };
    Some(Match { call, wait, agent, rule, among: Some(among) })
}

/// The best call that an agent may take of its queues, and of those that list them among their further ones: by queue
/// weight, the priority that it has grown to, and earliest `since` across them. Hardly any agent is kept from a call, so
/// the first ones of all queues are compared before any call is looked at.
fn best_call<'a>(state: &'a State, now: Timestamp, agent: &Agent) -> Option<(&'a Call, &'a Wait)> {
    let mut best = first_of_queues(state, now, agent, |_| true)?;
    if !may_take(agent, best) {
        let suits = |order: &CallOrder| state.call(order.call).is_some_and(|call| may_take(agent, call));
        best = first_of_queues(state, now, agent, suits)?;
    }
    Some((best, waiting(best)?))
}

/// The best of the first calls that suit, one of each queue.
fn first_of_queues<'a>(
    state: &'a State,
    now: Timestamp,
    agent: &Agent,
    suits: impl Fn(&CallOrder) -> bool,
) -> Option<&'a Call> {
    let mut best: Option<(u8, Standing)> = None;
    for part in &agent.settings.queues {
        for queue in core::iter::once(part.queue).chain(state.hosts(part.queue)) {
            let mut orders = state.waiting_orders(queue, part.agent_weight);
            let Some(order) = orders.find(|order| suits(order)) else { continue };
            let key = (u8::MAX - part.queue_weight, Standing::of(order, state.priority_step(queue), now));
            if best.is_none_or(|best| key < best) {
                best = Some(key);
            }
        }
    }
    state.call(best?.1.call)
}

/// Whether an available agent may be offered a call now: not while `reoffer_min` keeps it from one it did not take.
pub(crate) fn may_take(agent: &Agent, call: &Call) -> bool {
    call.not_before.iter().all(|(kept, _)| *kept != agent.settings.id)
}

/// A call's place in a line, while it waits there.
pub(crate) fn waiting(call: &Call) -> Option<&Wait> {
    match &call.place {
        Place::Waiting(wait) => Some(wait),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

/// How offers of a call ring and what follows them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) ring_max: Duration,
    pub(crate) wrap_up: Duration,
    pub(crate) keep_ready: bool,
}

impl Manner {
    /// As its origin queue says; for a call that came through no queue, or one that is no more, as the VDN says.
    pub(crate) fn of(state: &State, call: &Call) -> Self {
        Self::by_queue(state, call.origin_queue)
    }

    /// As this queue says, if it is there.
    pub(crate) fn by_queue(state: &State, queue: Option<QueueId>) -> Self {
        match queue.and_then(|queue| state.queue(queue)) {
            Some(queue) => Self { ring_max: queue.ring_max, wrap_up: queue.wrap_up, keep_ready: queue.keep_ready },
            None => {
                let vdn = state.settings();
                Self { ring_max: vdn.ring_max, wrap_up: vdn.wrap_up, keep_ready: vdn.keep_ready }
            }
        }
    }
}
