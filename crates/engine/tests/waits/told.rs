//! What must hold of every answer, on a floor at work.

use std::time::Duration;

use engine::{AgentId, ChangedBy, Command, Engine, ExpectedWait, Line, Place, Rejection, SignIn, WaitFor};

use super::busy::{Busy, START};
use super::calibration::{much_transferred, one_queue};

/// Whoever is further back in a line waits no shorter, p50 is no more than p90, and the same question has the same
/// answer.
#[test]
fn waits_grow_with_the_place_in_line() {
    for day in [one_queue(), much_transferred()] {
        let mut busy = Busy::new(day, 11);
        let mut asked = 0;
        for half_hour in 1..40 {
            while busy.step(START + Duration::from_secs(half_hour * 1800)) {}
            let (state, now) = (busy.state(), START + Duration::from_secs(half_hour * 1800));
            let queues = state.queues().map(|queue| state.waiting(queue.id).collect::<Vec<_>>());
            let private = state.agents().map(|agent| state.private_queue(agent.settings.id).collect::<Vec<_>>());
            for line in queues.chain(private) {
                let told = line.iter().map(|call| {
                    let told = state.expected_wait(now, WaitFor::Call(call.id)).unwrap();
                    assert_eq!(state.expected_wait(now, WaitFor::Call(call.id)).unwrap(), told);
                    assert!(told.p50() <= told.p90(), "{told:?}");
                    asked += 1;
                    told
                });
                let told: Vec<_> = told.collect();
                assert!(
                    told.is_sorted_by_key(|told| told.p50()) && told.is_sorted_by_key(|told| told.p90()),
                    "{told:?}"
                );
            }
        }
        assert!(asked > 50, "so few say nothing");
    }
}

/// Told of a call before it joins is what is told after it has, at the same moment.
#[test]
fn a_would_be_call_is_told_what_a_call_is_told() {
    let mut busy = Busy::new(much_transferred(), 5);
    let mut compared = 0;
    for minute in 60..600 {
        let now = START + Duration::from_secs(minute * 60);
        while busy.step(now) {}
        for agent in busy.state().agents().map(|agent| agent.settings.id) {
            let before = busy.state().expected_wait(now, WaitFor::Agent { agent, priority: 1 }).unwrap();
            let Some((call, after)) = arrives(&busy, now, agent) else { continue };
            let waits = matches!(after.state().call(call).map(|call| &call.place), Some(Place::Waiting(_)));
            if waits {
                let told = after.state().expected_wait(now, WaitFor::Call(call)).unwrap();
                assert!(told.p50() >= before.p50(), "one more call comes as often: {before:?}, {told:?}");
                compared += 1;
            } else {
                assert_eq!(before, ExpectedWait::NONE);
            }
        }
    }
    assert!(compared > 100, "so few say nothing");
}

fn arrives(busy: &Busy, now: engine::Timestamp, agent: AgentId) -> Option<(engine::CallId, Engine)> {
    let mut engine = Engine::new(busy.state().clone());
    let arrive = Command::Arrive {
        key: engine::LegKey(*b"a would-be call!"),
        caller: engine::Caller::Outside("".into()),
        called: "8001".into(),
        priority: 1,
        target: engine::Target::Agent(agent),
    };
    let entry = engine.handle(now, arrive).ok()?;
    let call = entry.events.iter().find_map(|event| match event {
        engine::Event::CallQueued { call, line: Line::Private(_), .. } => Some(*call),
        _ => None,
    });
    Some((call?, engine))
}

#[test]
fn nobody_serves_when_all_are_signed_out() {
    let mut day = one_queue();
    day.floor.agents.iter_mut().for_each(|agent| agent.sign_in = SignIn::Person);
    let mut busy = Busy::new(day, 3);
    let queue = busy.state().queues().next().unwrap().id;
    let now = START + Duration::from_secs(60);
    while busy.step(now) {}
    let told = |busy: &Busy, of| busy.state().expected_wait(now, of);
    assert_eq!(told(&busy, WaitFor::Queue { queue, priority: 1 }), Ok(ExpectedWait::Never));
    assert_eq!(told(&busy, WaitFor::Agent { agent: AgentId(1001), priority: 1 }), Ok(ExpectedWait::Never));
    let nobody = AgentId(7);
    assert_eq!(told(&busy, WaitFor::Agent { agent: nobody, priority: 1 }), Err(Rejection::NoSuchAgent(nobody)));
    let mut engine = Engine::new(busy.state().clone());
    for id in 1001..=1010 {
        for command in
            [Command::SignIn { agent: AgentId(id), by: ChangedBy::Agent }, Command::PhoneFound { agent: AgentId(id) }]
        {
            engine.handle(now, command).unwrap();
        }
    }
    let waiting = engine.state().expected_wait(now, WaitFor::Queue { queue, priority: 1 });
    let serves = waiting.map(|told| told.p50().is_some());
    assert_eq!(serves, Ok(true));
}
