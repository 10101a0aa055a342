//! Who is served next, and by whom: pure functions of what is true now.

mod order;

pub(crate) use self::order::{AgentOrder, CallOrder};

use core::time::Duration;

use crate::call::{Call, Line, OfferRule, Place, Wait};
use crate::floor::Strategy;
use crate::state::{Agent, State};
use crate::time::Timestamp;

/// A call, an agent who may take it now, and why these two.
#[derive(Debug)]
pub(crate) struct Match<'a> {
    pub(crate) call: &'a Call,
    pub(crate) wait: &'a Wait,
    pub(crate) agent: &'a Agent,
    pub(crate) rule: OfferRule,
}

/// The next offer to make: private calls first, then those of the queues. Costs no search: both sides are listed in
/// order, and only a pair that `reoffer_min` keeps apart is looked at in vain.
pub(crate) fn next_match(state: &State, now: Timestamp) -> Option<Match<'_>> {
    private_match(state, now).or_else(|| public_match(state, now))
}

fn private_match(state: &State, now: Timestamp) -> Option<Match<'_>> {
    state.servable_agents().find_map(|id| {
        let agent = state.agent(id)?;
        let call = state.private_queue(id).find(|call| may_take(agent, call))?;
        let wait = waiting(call)?;
        let rule = if wait.joined == now { OfferRule::Directed } else { OfferRule::PrivateFirst };
        Some(Match { call, wait, agent, rule })
    })
}

/// The queue's strategy picks the agent; the agent is given the best call of all its queues, which is another one than
/// the call it was picked for only when several calls came at once.
fn public_match(state: &State, now: Timestamp) -> Option<Match<'_>> {
    state.matchable_queues().find_map(|queue| {
        let pick = |call: &Call| state.available(queue).find(|agent| may_take(agent, call));
        let agent = state.waiting(queue).find_map(pick)?;
        let (call, wait) = best_call(state, agent)?;
        let rule = if wait.joined == now {
            OfferRule::Strategy(strategy_of(state, wait.line))
        } else {
            OfferRule::BestCallOfQueues
        };
        Some(Match { call, wait, agent, rule })
    })
}

/// The best call of an agent's queues: by queue weight, priority and earliest `since` across them.
fn best_call<'a>(state: &'a State, agent: &Agent) -> Option<(&'a Call, &'a Wait)> {
    let firsts = agent.settings.queues.iter().filter_map(|part| {
        let call = state.waiting(part.queue).find(|call| may_take(agent, call))?;
        Some((u8::MAX - part.queue_weight, call, waiting(call)?))
    });
    let best = firsts.min_by_key(|(weight, call, wait)| (*weight, CallOrder::of(call, wait)));
    best.map(|(_, call, wait)| (call, wait))
}

/// Whether an available agent may be offered a call now: not while `reoffer_min` keeps it from one it did not take.
fn may_take(agent: &Agent, call: &Call) -> bool {
    call.not_before.iter().all(|(kept, _)| *kept != agent.settings.id)
}

fn waiting(call: &Call) -> Option<&Wait> {
    match &call.place {
        Place::Waiting(wait) => Some(wait),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

fn strategy_of(state: &State, line: Line) -> Strategy {
    match line {
        Line::Queue(queue) => state.queue(queue).map(|queue| queue.strategy).unwrap_or_default(),
        Line::Private(_) => Strategy::default(),
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
        match call.origin_queue.and_then(|queue| state.queue(queue)) {
            Some(queue) => Self { ring_max: queue.ring_max, wrap_up: queue.wrap_up, keep_ready: queue.keep_ready },
            None => {
                let vdn = state.settings();
                Self { ring_max: vdn.ring_max, wrap_up: vdn.wrap_up, keep_ready: vdn.keep_ready }
            }
        }
    }
}
