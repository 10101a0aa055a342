//! What is wrong with a floor is told in sentences, all of it at once.
#![allow(clippy::unwrap_used, reason = "a test may stop anywhere")]

use std::time::Duration;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, DayHours, Floor, Holiday, OpenHours, PrivateAction, Queue, QueueId,
    RestMax, SignIn, SkillStep, Treatment, VdnId, VdnSettings,
};

fn floor() -> Floor {
    let part = AgentQueue { queue: QueueId(1), agent_weight: 1, queue_weight: 1 };
    let agent =
        AgentSettings { queues: vec![part], sign_in: SignIn::Register, ..AgentSettings::new(AgentId(1001), "Ana") };
    let queues = vec![Queue::new(QueueId(1), "Sales"), Queue::new(QueueId(2), "Support")];
    Floor { vdn: VdnId(170), settings: VdnSettings::default(), queues, agents: vec![agent] }
}

fn mistakes(change: impl FnOnce(&mut Floor)) -> Vec<String> {
    let mut floor = floor();
    change(&mut floor);
    floor.mistakes()
}

fn only(action: Action) -> Treatment {
    Treatment { action, fallback: None }
}

#[test]
fn a_plain_floor_has_none() {
    assert_eq!(mistakes(|_| ()), Vec::<String>::new());
}

#[test]
fn ids_are_unique_and_in_range() {
    let wrong = mistakes(|floor| {
        floor.vdn = VdnId(5001);
        floor.queues.push(Queue::new(QueueId(1), "again"));
        floor.queues.push(Queue::new(QueueId(0), "none"));
        floor.agents.push(AgentSettings { id: AgentId(60_000), ..floor.agents[0].clone() });
        floor.agents.push(AgentSettings { id: AgentId(100), ..floor.agents[0].clone() });
        floor.agents.push(floor.agents[0].clone());
    });
    let expected = [
        "VDN 5001 is not from 1 to 5000",
        "queue 1 is there twice",
        "agent 1001 is there twice",
        "queue 0 is not from 1 to 65535",
        "agent 60000 is not from 101 to 59999 or 70000 to 999999",
        "agent 100 is not from 101 to 59999 or 70000 to 999999",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn whoever_is_named_is_there() {
    let wrong = mistakes(|floor| {
        floor.settings.default_queue = Some(QueueId(8));
        floor.queues[0].treatments.timeout = only(Action::Queue(QueueId(9)));
        floor.queues[0].treatments.busy = only(Action::Queue(QueueId(1)));
        let external = Treatment {
            action: Action::External("".into()),
            fallback: Some(Box::new(only(Action::Agent(AgentId(1099))))),
        };
        floor.queues[1].treatments.closed = external;
        let parts = &mut floor.agents[0].queues;
        parts.push(AgentQueue { queue: QueueId(1), agent_weight: 0, queue_weight: 1 });
        parts.push(AgentQueue { queue: QueueId(7), agent_weight: 1, queue_weight: 1 });
    });
    let expected = [
        "settings: there is no queue 8 for default_queue",
        "queue 1, Busy: sends calls to the queue itself; `stay` keeps them there",
        "queue 1, Timeout: there is no queue 9",
        "queue 2, Closed: the address is empty",
        "queue 2, Closed: there is no agent 1099",
        "agent 1001: queue 1 is there twice",
        "agent 1001: a weight of queue 1 is not from 1 to 255",
        "agent 1001: there is no queue 7",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn every_wait_has_a_length() {
    let wrong = mistakes(|floor| {
        let zero = Duration::ZERO;
        let settings = &mut floor.settings;
        (settings.private_wait_max, settings.lost_retry, settings.reoffer_min) = (zero, zero, zero);
        (settings.auto_ready, settings.ring_max) = (zero, Duration::from_micros(999));
        settings.utc_offset_minutes = -841;
        let queue = &mut floor.queues[0];
        (queue.ring_max, queue.wait_max) = (zero, zero);
        queue.hours.push(OpenHours { from_minute: 60, until_minute: 60 });
        queue.hours.push(OpenHours { from_minute: 0, until_minute: 10_081 });
    });
    let expected = [
        "settings: private_wait_max is shorter than a millisecond",
        "settings: lost_retry is shorter than a millisecond",
        "settings: reoffer_min is shorter than a millisecond",
        "settings: auto_ready is shorter than a millisecond",
        "settings: ring_max is shorter than a millisecond",
        "settings: utc_offset_minutes -841 is not from -840 to 840",
        "queue 1: ring_max is shorter than a millisecond",
        "queue 1: wait_max is shorter than a millisecond",
        "queue 1: minutes 60 to 60 are no stretch of a week",
        "queue 1: minutes 0 to 10081 are no stretch of a week",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn a_treatment_has_an_end() {
    let wrong = mistakes(|floor| {
        let chain = (0..17).fold(None, |fallback: Option<Treatment>, _| {
            Some(Treatment { action: Action::Agent(AgentId(1001)), fallback: fallback.map(Box::new) })
        });
        floor.queues[0].treatments.timeout = chain.unwrap();
    });
    assert_eq!(wrong, ["queue 1, Timeout: 17 actions are more than 16"]);
}

#[test]
fn who_takes_private_calls_is_there() {
    let wrong = mistakes(|floor| {
        floor.settings.delegate = Some(AgentId(1002));
        floor.settings.on_private_wait_end =
            vec![PrivateAction::Queue(QueueId(3)), PrivateAction::Agent(AgentId(1003))];
        let private = &mut floor.agents[0].private;
        private.delegate = Some(AgentId(1001));
        private.wait_max = Some(Duration::ZERO);
        private.on_wait_end = Some(vec![PrivateAction::Stay; 17]);
    });
    let expected = [
        "settings: there is no agent 1002 for delegate",
        "settings: there is no queue 3 for the end of a private wait",
        "settings: there is no agent 1003 for the end of a private wait",
        "agent 1001: private_wait_max is shorter than a millisecond",
        "agent 1001: is its own delegate",
        "agent 1001: 17 actions at the end of a private wait are more than 16",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn the_bound_on_private_calls_is_one() {
    let wrong = mistakes(|floor| {
        floor.settings.private_run_max = Some(0);
        floor.settings.public_wait_max = Some(Duration::ZERO);
    });
    let expected = ["settings: private_run_max is 0", "settings: public_wait_max is shorter than a millisecond"];
    assert_eq!(wrong, expected);
}

#[test]
fn further_queues_and_holidays_make_sense() {
    let wrong = mistakes(|floor| {
        let queue = &mut floor.queues[0];
        queue.also = vec![QueueId(2), QueueId(2), QueueId(1), QueueId(9)];
        let hours = vec![DayHours { from_minute: 5, until_minute: 1441 }, DayHours { from_minute: 5, until_minute: 5 }];
        queue.holidays = vec![Holiday { day: 1, hours }, Holiday { day: 1, hours: vec![] }];
    });
    let expected = [
        "queue 1: minutes 5 to 1441 are no stretch of a day",
        "queue 1: minutes 5 to 5 are no stretch of a day",
        "queue 1: day 1 is a holiday twice",
        "queue 1: queue 2 is there twice",
        "queue 1: its own agents take its calls anyway",
        "queue 1: there is no queue 9 whose agents could take its calls too",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn priorities_and_skills_change_step_by_step() {
    let wrong = mistakes(|floor| {
        floor.settings.priority_step = Some(Duration::ZERO);
        let [sales, support] = &mut floor.queues[..] else { panic!("two queues") };
        sales.priority_step = Some(Duration::MAX);
        support.priority_step = Some(Duration::ZERO);
        let step = |seconds, weight_min| SkillStep { after: Duration::from_secs(seconds), weight_min };
        sales.skill_steps = vec![step(1, 5), step(1, 4), step(2, 4), step(3, 0)];
        support.skill_steps = (0..9).map(|nth| step(nth.into(), 9 - nth)).collect();
    });
    let expected = [
        "settings: priority_step is shorter than a millisecond",
        "queue 1: priority_step is longer than a day",
        "queue 1: the first skill step is not after 0",
        "queue 1: a skill step is not later and lower than the one before it",
        "queue 1: a skill step is not later and lower than the one before it",
        "queue 1: a skill step asks for weight 0",
        "queue 2: 9 skill steps are more than 8",
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn a_share_of_the_agents_is_one() {
    let wrong = mistakes(|floor| {
        floor.queues[0].rest_max = Some(RestMax::Percent(0));
        floor.queues[1].rest_max = Some(RestMax::Percent(101));
    });
    assert_eq!(
        wrong,
        ["queue 1: rest_max 0 % is not from 1 to 100 %", "queue 2: rest_max 101 % is not from 1 to 100 %"]
    );
    let right = [RestMax::Agents(0), RestMax::Agents(u32::MAX), RestMax::Percent(1), RestMax::Percent(100)];
    for max in right {
        assert_eq!(mistakes(|floor| floor.queues[0].rest_max = Some(max)), Vec::<String>::new());
    }
    let shares = [0, 1, 9, 10, 199, u32::MAX].map(|signed_in| RestMax::Percent(10).places(signed_in));
    assert_eq!(shares, [0, 0, 0, 1, 19, u32::MAX / 10]);
}
