//! The invariants of a settled state, written against what anybody can read: slow and obvious.

use engine::{
    Agent, AgentId, Call, Caller, Deadline, HOPS_MAX, Keeping, Line, NotNow, PassedOver, Place, Presence, QueueId,
    Reach, Reason, Rest, State, Timestamp, Wait, What, Work,
};

use super::rests::check_rests;

/// Everything that must hold between two turns.
pub fn check_state(state: &State, now: Timestamp, next: Option<(Timestamp, Deadline)>) {
    state.calls().for_each(|call| check_call(state, call));
    state.agents().for_each(|agent| check_agent(state, agent));
    state.calls().for_each(|call| check_need(state, now, call));
    state.calls().for_each(|call| check_why(state, now, call));
    check_lines(state);
    check_counts(state);
    check_nobody_waits_in_vain(state);
    check_rests(state);
    check_deadlines(state, now, next);
}

/// I1, I3: in exactly one place, offered to one agent, and found by what it is known by.
fn check_call(state: &State, call: &Call) {
    assert!((1..=254).contains(&call.priority));
    assert!(call.hops <= HOPS_MAX);
    assert!(call.history.len() <= 4 * usize::from(HOPS_MAX), "the history is bounded by the hops");
    assert_eq!(state.call_by_key(call.key).map(|known| known.id), Some(call.id));
    let lines = state.queues().flat_map(|queue| state.waiting(queue.id));
    let private = state.agents().flat_map(|agent| state.private_queue(agent.settings.id));
    let listed = lines.chain(private).filter(|listed| listed.id == call.id).count();
    match &call.place {
        Place::Waiting(wait) => {
            assert_eq!(listed, 1, "a waiting call is in one line");
            check_wait(state, call, wait);
        }
        Place::Offered { offer, agent, wait, .. } => {
            assert_eq!(listed, 0, "an offered call is in no line");
            assert_eq!(state.offered(*offer).map(|known| known.id), Some(call.id));
            let work = state.agent(*agent).expect("an offer has an agent").work;
            assert_eq!(work, Work::Offered { offer: *offer, call: call.id });
            check_wait(state, call, wait);
        }
        Place::Talking { agent, since, .. } => {
            assert_eq!(listed, 0, "a talk is in no line");
            let work = state.agent(*agent).expect("a talk has an agent").work;
            // Who has its call back has been engaged with it all the while.
            assert!(
                matches!(work, Work::Talking { call: talking, since: began } if talking == call.id && began <= *since)
            );
        }
        Place::Outside { .. } => assert_eq!(listed, 0, "a call outside is in no line"),
    }
    if let Some(keeper) = call.keeper {
        let work = state.agent(keeper.agent).expect("a keeper stays until its call is over").work;
        assert!(
            matches!(work, Work::Talking { call: kept, .. } if kept == call.id),
            "a keeper is engaged with its call"
        );
        let is_answered = matches!(call.place, Place::Talking { .. } | Place::Outside { answered: true, .. });
        assert!(!is_answered || keeper.keeping != Keeping::UntilAnswered, "it leaves at the answer");
    }
    if let Caller::Agent(agent) = call.caller {
        let work = state.agent(agent).expect("a colleague who dialled stays until the call is over").work;
        assert_eq!(work, Work::Talking { call: call.id, since: call.arrived });
    }
}

fn check_wait(state: &State, call: &Call, wait: &Wait) {
    match wait.line {
        Line::Queue(queue) => {
            assert!(state.queue(queue).is_some());
            assert_eq!(call.origin_queue, Some(queue));
            assert!(call.since.is_some_and(|since| since >= call.arrived && since <= wait.joined));
        }
        Line::Private(agent) => {
            let agent = state.agent(agent).expect("a private queue has an agent");
            assert_ne!(agent.presence, Presence::SignedOut, "nobody waits for an agent who is out");
        }
    }
}

/// I2: an agent has one call at most, and it is the one its work says.
fn check_agent(state: &State, agent: &Agent) {
    let id = agent.settings.id;
    let calls: Vec<&Call> = state.calls().filter(|call| engages(call, id)).collect();
    let worked = match agent.work {
        Work::Idle { .. } | Work::WrapUp { .. } => None,
        Work::Offered { call, .. } | Work::Talking { call, .. } => Some(call),
    };
    assert_eq!(calls.iter().map(|call| call.id).collect::<Vec<_>>(), Vec::from_iter(worked));
    if !agent.work.is_engaged() {
        assert_eq!(agent.after_work, None, "what was chosen for after the work has come");
    }
    if agent.presence == Presence::SignedOut {
        assert!(!matches!(agent.work, Work::Offered { .. } | Work::WrapUp { .. }));
        assert_eq!((agent.after_work, agent.ready_at), (None, None));
    }
    if matches!(agent.reach, Reach::Lost { .. }) {
        assert!(!matches!(agent.work, Work::Offered { .. }), "nothing is offered to a lost agent");
    }
    if agent.is_leaving {
        assert!(matches!(agent.work, Work::Talking { .. }), "who is no longer configured stays for its talk only");
    }
}

fn engages(call: &Call, id: AgentId) -> bool {
    let called = match call.place {
        Place::Offered { agent, .. } | Place::Talking { agent, .. } => agent == id,
        Place::Waiting(_) | Place::Outside { .. } => false,
    };
    let keeps = call.keeper.is_some_and(|keeper| keeper.agent == id);
    called || keeps || matches!(call.caller, Caller::Agent(agent) if agent == id)
}

/// Every line is in the order in which it is served.
fn check_lines(state: &State) {
    // Where priority grows, each point of it is worth a step of waiting.
    let public = |call: &&Call, step: Option<i64>| {
        let since = call.since.map_or(0, |since| since.0);
        let priority = i64::from(call.priority);
        step.map_or((-priority, since, call.since, call.id), |step| (0, since - priority * step, call.since, call.id))
    };
    let private = |call: &&Call| (u8::MAX - call.priority, wait_of(call).map(|wait| wait.joined), call.id);
    for queue in state.queues() {
        let step =
            queue.priority_step_in(state.settings()).map(|step| i64::try_from(step.as_micros()).expect("it fits"));
        assert!(state.waiting(queue.id).is_sorted_by_key(|call| public(&call, step)));
    }
    for agent in state.agents() {
        assert!(state.private_queue(agent.settings.id).is_sorted_by_key(|call| private(&call)));
    }
}

fn check_counts(state: &State) {
    for queue in state.queues() {
        let id = queue.id;
        let waiting = state.calls().filter(|call| wait_of(call).is_some_and(|wait| wait.line == Line::Queue(id)));
        assert_eq!(state.waiting_count(id), waiting.count());
        let agents = || state.agents().filter(|agent| serves(agent, id));
        let signed_in = agents().filter(|agent| agent.presence != Presence::SignedOut).count();
        assert_eq!(state.signed_in_count(id), signed_in);
        assert_eq!(state.available_count(id), agents().filter(|agent| agent.is_available()).count());
        assert_eq!(state.passed_over(id), passed_over(state, id));
        let ids: Vec<AgentId> = agents().map(|agent| agent.settings.id).collect();
        assert_eq!(state.agents_of(id).map(|agent| agent.settings.id).collect::<Vec<_>>(), ids);
        let with_agents = state.calls().filter(|call| served_from(call) == Some(Line::Queue(id)));
        assert_eq!(usize::try_from(state.with_agents_count(id)), Ok(with_agents.count()));
    }
    for agent in state.agents() {
        let line = Line::Private(agent.settings.id);
        let waiting = state.calls().filter(|call| wait_of(call).is_some_and(|wait| wait.line == line));
        assert_eq!(state.private_count(agent.settings.id), waiting.count());
    }
}

/// From which line the agent who is offered a call, or talks, has it.
fn served_from(call: &Call) -> Option<Line> {
    match &call.place {
        Place::Offered { wait, .. } => Some(wait.line),
        Place::Talking { line, .. } => Some(*line),
        Place::Waiting(_) | Place::Outside { .. } => None,
    }
}

/// Every agent signed in to a queue is available, or counted once.
pub fn passed_over(state: &State, queue: QueueId) -> PassedOver {
    let mut passed = PassedOver::default();
    for agent in state.agents().filter(|agent| serves(agent, queue) && agent.presence != Presence::SignedOut) {
        if agent.work.is_engaged() {
            passed.engaged += 1;
        } else if agent.reach != Reach::Reachable {
            passed.lost += 1;
        } else if agent.presence != Presence::Ready {
            passed.not_ready += 1;
        }
    }
    passed
}

/// I6: no call waits while an agent who may take it is available.
fn check_nobody_waits_in_vain(state: &State) {
    for call in state.calls() {
        let Some(wait) = wait_of(call) else { continue };
        let idle = state.agents().find(|agent| agent.is_available() && may_take(state, agent, call, wait.line));
        assert!(idle.is_none(), "{call:?} waits while {idle:?} is available");
    }
}

/// What is said of a call is so: its place in line, everybody who may take it, and that none of them could.
fn check_why(state: &State, now: Timestamp, call: &Call) {
    let why = state.why(now, call.id).expect("the call is live");
    let Some(wait) = wait_of(call) else {
        return assert!(!matches!(why.what, What::Waits(_)), "{why:?} of {call:?}");
    };
    let What::Waits(waits) = why.what else { panic!("{call:?} waits, and not {why:?}") };
    let ahead = match wait.line {
        Line::Queue(queue) => state.waiting(queue).take_while(|other| other.id != call.id).count(),
        Line::Private(agent) => state.private_queue(agent).take_while(|other| other.id != call.id).count(),
    };
    assert_eq!((waits.place, waits.until, waits.widens_at), (ahead + 1, wait.until, wait.widens_at));
    assert_eq!(waits.could_take, 0, "somebody could take {call:?}");
    let may_come = |agent: &Agent| match wait.line {
        Line::Queue(queue) => takes_from(state, agent, queue),
        Line::Private(owner) => owner == agent.settings.id,
    };
    let named: Vec<AgentId> = waits.agents.iter().map(|not_now| not_now.agent).collect();
    let all: Vec<AgentId> = state.agents().filter(|agent| may_come(agent)).map(|agent| agent.settings.id).collect();
    assert_eq!(named, all, "everybody who may take it is named, with the reason why not");
    for NotNow { agent, reason, .. } in waits.agents {
        let agent = state.agent(agent).expect("it is there");
        let is_so = match reason {
            Reason::SignedOut => agent.presence == Presence::SignedOut,
            Reason::Rings { call, .. } => matches!(agent.work, Work::Offered { call: rings, .. } if rings == call),
            Reason::Talks { call, since } => agent.work == Work::Talking { call, since },
            Reason::WrapsUp { until } => matches!(agent.work, Work::WrapUp { until: ends, .. } if ends == until),
            Reason::NotReady { why, .. } => agent.presence == Presence::NotReady(why),
            Reason::Lost { .. } => agent.reach != Reach::Reachable,
            Reason::LacksWeight { has, needs, .. } => has < needs && needs == wait.weight_min,
            Reason::KeptFromIt { until } => call.not_before.contains(&(agent.settings.id, until)) && until > now,
        };
        assert!(is_so, "{reason:?} of {agent:?}");
    }
    assert!(waits.expected.p50() <= waits.expected.p90(), "{:?}", waits.expected);
}

/// I12: every wait has an end, none is overdue, and the next one is known.
fn check_deadlines(state: &State, now: Timestamp, next: Option<(Timestamp, Deadline)>) {
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
    assert_eq!(next.map(|(at, _)| at), earliest);
    assert!(earliest.is_none_or(|at| at > now), "nothing is overdue");
}

pub fn wait_of(call: &Call) -> Option<&Wait> {
    match &call.place {
        Place::Waiting(wait) => Some(wait),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    }
}

pub fn serves(agent: &Agent, queue: QueueId) -> bool {
    agent.settings.queues.iter().any(|part| part.queue == queue)
}

/// The best weight that an agent has in a queue, or in one whose agents may take its calls too.
fn weight_for(state: &State, agent: &Agent, queue: QueueId) -> u8 {
    let takers: Vec<_> = state.queue(queue).expect("it is there").takers().collect();
    let parts = agent.settings.queues.iter().filter(|part| takers.contains(&part.queue));
    parts.map(|part| part.agent_weight).max().unwrap_or(0)
}

fn need_of(call: &Call) -> u8 {
    match &call.place {
        Place::Waiting(wait) | Place::Offered { wait, .. } => wait.weight_min,
        Place::Talking { .. } | Place::Outside { .. } => 0,
    }
}

/// What a call needs is what its queue says of one of its age.
fn check_need(state: &State, now: Timestamp, call: &Call) {
    let Some(Wait { line: Line::Queue(queue), weight_min, .. }) = wait_of(call) else { return };
    let steps = &state.queue(*queue).expect("it is there").skill_steps;
    let age = now.since(call.since.expect("a call in a public queue has it"));
    let need = steps.iter().filter(|step| step.after <= age).map(|step| step.weight_min).min();
    assert_eq!(*weight_min, need.unwrap_or(1));
}

/// Whether an agent is one of those who take a queue's calls: its own, or those of a queue it lists.
pub fn takes_from(state: &State, agent: &Agent, queue: QueueId) -> bool {
    let also = &state.queue(queue).expect("it is there").also;
    serves(agent, queue) || also.iter().any(|also| serves(agent, *also))
}

pub fn may_take(state: &State, agent: &Agent, call: &Call, line: Line) -> bool {
    let id = agent.settings.id;
    let is_for = match line {
        Line::Queue(queue) => takes_from(state, agent, queue) && weight_for(state, agent, queue) >= need_of(call),
        Line::Private(owner) => owner == id,
    };
    is_for && !call.not_before.iter().any(|(kept, _)| *kept == id)
}
