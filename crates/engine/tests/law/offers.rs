//! What must hold when an offer is made: I4, I5, and the strategies, by looking at every call and every agent.

use engine::{Agent, AgentId, Call, CallId, Line, OfferRule, State, Strategy, Why};

use super::checks::{may_take, serves, wait_of};

/// `state` is what was true just before the offer.
pub fn check_offer(state: &State, call: CallId, agent: AgentId, line: Line, why: &Why) {
    let (call, agent) = (state.call(call).expect("it is live"), state.agent(agent).expect("it is there"));
    assert!(agent.is_available());
    let wait = wait_of(call).expect("only a waiting call is offered");
    assert_eq!(wait.line, line);
    assert!(may_take(agent, call, line));
    let own = |call: &&Call| {
        let line = wait_of(call).map(|wait| wait.line);
        line.is_some_and(|line| may_take(agent, call, line))
    };
    let best = state.calls().filter(own).min_by_key(|call| rank(agent, call)).map(|call| call.id);
    assert_eq!(best, Some(call.id), "private first, then the best of all its queues");
    if let (Some(OfferRule::Strategy(strategy)), Line::Queue(queue)) = (why.rule, line) {
        assert_eq!(state.queue(queue).map(|queue| queue.strategy), Some(strategy));
        let is_alone = state.calls().filter(|call| wait_of(call).is_some()).count() == 1;
        if is_alone {
            check_strategy(state, call, agent, line, why);
        }
    }
}

/// How good a call is for an agent: less is better.
fn rank(agent: &Agent, call: &Call) -> (bool, u8, u8, engine::Timestamp, CallId) {
    let wait = wait_of(call).expect("it waits");
    let urgency = u8::MAX - call.priority;
    match wait.line {
        Line::Private(_) => (false, 0, urgency, wait.joined, call.id),
        Line::Queue(queue) => {
            let part = agent.settings.queues.iter().find(|part| part.queue == queue).expect("it serves the queue");
            let since = call.since.expect("a call in a public queue has it");
            (true, u8::MAX - part.queue_weight, urgency, since, call.id)
        }
    }
}

/// Of a call that waits alone: the strategy's first is offered, and the next four are named.
fn check_strategy(state: &State, call: &Call, winner: &Agent, line: Line, why: &Why) {
    let Line::Queue(queue) = line else { return };
    let strategy = state.queue(queue).expect("it is there").strategy;
    let mut agents: Vec<&Agent> = state.agents().filter(|agent| agent.is_available() && serves(agent, queue)).collect();
    agents.sort_by_key(|agent| {
        let part = agent.settings.queues.iter().find(|part| part.queue == queue).expect("it serves the queue");
        let first = match strategy {
            Strategy::LongestIdle => 0,
            Strategy::RoundRobin => agent.last_offer.map_or(0, |offer| u128::from(offer.0)),
            Strategy::LeastTalked => agent.talked.as_micros(),
            Strategy::BestSkilled => u128::from(u8::MAX - part.agent_weight),
        };
        (first, agent.work_since, agent.settings.id)
    });
    let first = agents.iter().find(|agent| may_take(agent, call, line)).expect("somebody may take it");
    assert_eq!(first.settings.id, winner.settings.id, "{strategy:?}");
    let others = agents.iter().map(|agent| agent.settings.id).filter(|id| *id != winner.settings.id);
    assert_eq!(why.runners_up, others.take(4).collect::<Vec<_>>());
    assert_eq!(why.agents_available as usize, agents.len() - 1);
}
