//! What must hold when an offer is made: I4, I5, and the strategies, by looking at every call and every agent.

use engine::{
    Agent, AgentId, Call, CallId, Line, OfferRule, PassedOver, QueueId, State, Strategy, Timestamp, Why, WinnerKey,
};

use super::checks::{may_take, passed_over, wait_of};

/// `state` is what was true just before the offer.
pub fn check_offer(state: &State, now: Timestamp, call: CallId, agent: AgentId, line: Line, why: &Why) {
    let (call, agent) = (state.call(call).expect("it is live"), state.agent(agent).expect("it is there"));
    assert!(agent.is_available());
    let wait = wait_of(call).expect("only a waiting call is offered");
    assert_eq!(wait.line, line);
    assert!(may_take(state, agent, call, line));
    let own = |call: &&Call| {
        let line = wait_of(call).map(|wait| wait.line);
        line.is_some_and(|line| may_take(state, agent, call, line))
    };
    let best = |is_public: bool| {
        let calls = state.calls().filter(own).filter(|call| rank(state, now, agent, call).0 == is_public);
        calls.min_by_key(|call| rank(state, now, agent, call))
    };
    let (private, public) = (best(false), best(true));
    let ahead = private.and(public).filter(|public| goes_ahead(state, now, agent, public));
    assert_eq!(why.rule == Some(OfferRule::PublicGoesAhead), ahead.is_some());
    let best = ahead.or(private).or(public).map(|call| call.id);
    assert_eq!(best, Some(call.id), "private first but for the bound, then the best of all its queues");
    check_why(state, call, agent, line, why);
    if let (Some(OfferRule::Strategy(strategy)), Line::Queue(queue)) = (why.rule, line) {
        let need = wait.weight_min;
        let is_alone = state.calls().filter(|call| wait_of(call).is_some()).count() == 1;
        if !suits(agent, queue, need) {
            let may = |own: &&Agent| own.is_available() && suits(own, queue, need) && may_take(state, own, call, line);
            let own = state.agents().find(may);
            assert!(!is_alone || own.is_none(), "a queue's own agents come before those of further queues");
            return;
        }
        assert_eq!(state.queue(queue).map(|queue| queue.strategy), Some(strategy));
        if is_alone {
            check_strategy(state, call, agent, line, why);
        }
    }
}

/// Whether an agent has the weight in a queue that a call needs.
fn suits(agent: &Agent, queue: QueueId, need: u8) -> bool {
    agent.settings.weight_in(queue) >= Some(need)
}

/// What is said of the winner is so, and everybody else of its queue is counted.
fn check_why(state: &State, call: &Call, agent: &Agent, line: Line, why: &Why) {
    assert!(why.runners_up.len() <= 4);
    let key = why.key.expect("every offer has one");
    let Line::Queue(queue) = line else {
        assert_eq!(why.passed_over, PassedOver::default());
        assert!(matches!(key, WinnerKey::Call { queue_weight: None, .. }));
        return;
    };
    match (why.rule, key) {
        (Some(OfferRule::Strategy(Strategy::LongestIdle)), WinnerKey::IdleSince(since)) => {
            assert_eq!(since, agent.work_since)
        }
        (Some(OfferRule::Strategy(Strategy::RoundRobin)), WinnerKey::LastOffer(offer)) => {
            assert_eq!(offer, agent.last_offer)
        }
        (Some(OfferRule::Strategy(Strategy::LeastTalked)), WinnerKey::Talked(talked)) => {
            assert_eq!(talked, agent.talked)
        }
        (Some(OfferRule::Strategy(Strategy::BestSkilled)), WinnerKey::AgentWeight(weight)) => assert!(weight > 0),
        (_, WinnerKey::Call { queue_weight: Some(_), priority, from }) => {
            assert_eq!((priority, Some(from)), (call.priority, call.since));
        }
        other => panic!("no key of its rule: {other:?}"),
    }
    if suits(agent, queue, wait_of(call).expect("it waits").weight_min) {
        let passed = why.passed_over;
        let counted = PassedOver { kept_from_it: 0, lack_weight: 0, ..passed };
        assert_eq!(counted, passed_over(state, queue));
        let all = why.agents_available + passed.engaged + passed.lost + passed.not_ready + passed.lack_weight;
        assert_eq!(all as usize + 1, state.signed_in_count(queue), "everybody who is signed in is counted once");
        assert!(passed.kept_from_it <= why.agents_available);
    }
}

/// I4: the only way in which a public call comes before a private one.
fn goes_ahead(state: &State, now: Timestamp, agent: &Agent, public: &Call) -> bool {
    let settings = state.settings();
    let waited = now.since(public.since.expect("a call in a public queue has it"));
    let run_is_over = settings.private_run_max.is_some_and(|max| agent.private_run >= max);
    run_is_over || (agent.private_run > 0 && settings.public_wait_max.is_some_and(|max| waited > max))
}

/// How good a call is for an agent: less is better. Priorities are counted in millionths of a millionth, so that those
/// that grow in different times can be compared.
fn rank(state: &State, now: Timestamp, agent: &Agent, call: &Call) -> (bool, u8, i128, Timestamp, CallId) {
    let wait = wait_of(call).expect("it waits");
    let urgency = -i128::from(call.priority) * SCALE;
    match wait.line {
        Line::Private(_) => (false, 0, urgency, wait.joined, call.id),
        Line::Queue(id) => {
            let queue = state.queue(id).expect("it is there");
            let takers: Vec<_> = queue.takers().collect();
            let parts = agent.settings.queues.iter().filter(|part| takers.contains(&part.queue));
            let parts = parts.filter(|part| part.agent_weight >= wait.weight_min);
            let weight = parts.map(|part| part.queue_weight).max().expect("it may take the call");
            let since = call.since.expect("a call in a public queue has it");
            let grown = queue.priority_step_in(state.settings()).map_or(0, |step| {
                i128::from(now.0 - since.0) * SCALE / i128::try_from(step.as_micros()).expect("it fits")
            });
            (true, u8::MAX - weight, urgency - grown, since, call.id)
        }
    }
}

/// Divides by every step that the schedules have.
const SCALE: i128 = 2 * 3 * 5 * 7 * 1_000_000_000_000;

/// Of a call that waits alone: the strategy's first is offered, and the next four are named.
fn check_strategy(state: &State, call: &Call, winner: &Agent, line: Line, why: &Why) {
    let Line::Queue(queue) = line else { return };
    let strategy = state.queue(queue).expect("it is there").strategy;
    let need = wait_of(call).expect("it waits").weight_min;
    let mut agents: Vec<&Agent> =
        state.agents().filter(|agent| agent.is_available() && suits(agent, queue, need)).collect();
    agents.sort_by_key(|agent| {
        let first = match strategy {
            Strategy::LongestIdle => 0,
            Strategy::RoundRobin => agent.last_offer.map_or(0, |offer| u128::from(offer.0)),
            Strategy::LeastTalked => agent.talked.as_micros(),
            Strategy::BestSkilled => {
                u128::from(u8::MAX - agent.settings.weight_in(queue).expect("it serves the queue"))
            }
        };
        (first, agent.work_since, agent.settings.id)
    });
    let first = agents.iter().find(|agent| may_take(state, agent, call, line)).expect("somebody may take it");
    assert_eq!(first.settings.id, winner.settings.id, "{strategy:?}");
    let others = agents.iter().map(|agent| agent.settings.id).filter(|id| *id != winner.settings.id);
    assert_eq!(why.runners_up, others.take(4).collect::<Vec<_>>());
    assert_eq!(why.agents_available as usize, agents.len() - 1);
}
