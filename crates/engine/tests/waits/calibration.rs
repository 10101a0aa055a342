//! On floors that stay as they are, calls wait as they were told: half of them no longer than p50, nine of ten no longer
//! than p90. The floors are simulated, the same in every run; `cargo test --release -p engine --test waits --
//! --nocapture calibration` prints the figures of `docs/benchmarks.md`.

use std::time::Duration;

use engine::{AgentId, AgentQueue, AgentSettings, Floor, Queue, QueueId, SignIn, VdnId, VdnSettings};

use super::busy::{Busy, Day, Told};

const SALES: QueueId = QueueId(1);
const SUPPORT: QueueId = QueueId(2);
const BILLING: QueueId = QueueId(3);

fn queue(id: QueueId, wrap_up: u64) -> Queue {
    Queue { wrap_up: Duration::from_secs(wrap_up), wait_max: Duration::from_secs(36_000), ..Queue::new(id, "") }
}

/// Agents who serve the queues that `parts` gives the nth of them.
fn agents(count: u32, parts: impl Fn(u32) -> Vec<AgentQueue>) -> Vec<AgentSettings> {
    let agent = |nth| AgentSettings {
        sign_in: SignIn::Always,
        queues: parts(nth),
        ..AgentSettings::new(AgentId(1001 + nth), "")
    };
    (0..count).map(agent).collect()
}

const fn part(queue: QueueId, queue_weight: u8) -> AgentQueue {
    AgentQueue { queue, agent_weight: 1, queue_weight }
}

fn day(queues: Vec<Queue>, agents: Vec<AgentSettings>, traffic: Vec<(QueueId, f64, f64)>) -> Day {
    let settings = VdnSettings { private_wait_max: Duration::from_secs(36_000), ..VdnSettings::default() };
    let floor = Floor { vdn: VdnId(170), settings, queues, agents };
    Day { floor, queues: traffic, unlike: 0.3, transferred: 0, patience: None, breaks: None, hours: 60 }
}

/// Ten agents, one queue, 92 % of their time taken.
pub fn one_queue() -> Day {
    let agents = agents(10, |_| vec![part(SALES, 1)]);
    day(vec![queue(SALES, 20)], agents, vec![(SALES, 160.0, 180.0)])
}

/// Twenty agents in three queues, each in two of them, a third of them with one that matters more.
fn three_queues() -> Day {
    let parts = |nth: u32| match nth % 3 {
        0 => vec![part(SALES, 1), part(SUPPORT, 1)],
        1 => vec![part(SUPPORT, 1), part(BILLING, 1)],
        _ => vec![part(SALES, 2), part(BILLING, 1)],
    };
    let queues = vec![queue(SALES, 0), queue(SUPPORT, 30), queue(BILLING, 0)];
    day(queues, agents(20, parts), vec![(SALES, 130.0, 150.0), (SUPPORT, 80.0, 240.0), (BILLING, 90.0, 200.0)])
}

/// Every third call is transferred to some agent, whose private queue comes first.
pub fn much_transferred() -> Day {
    let agents = agents(12, |_| vec![part(SALES, 1)]);
    let traffic = vec![(SALES, 135.0, 180.0)];
    Day { transferred: 30, ..day(vec![queue(SALES, 15)], agents, traffic) }
}

/// More agents than are played.
fn large() -> Day {
    let agents = agents(150, |_| vec![part(SALES, 1)]);
    Day { hours: 15, ..day(vec![queue(SALES, 20)], agents, vec![(SALES, 2600.0, 180.0)]) }
}

/// Callers give up, and agents take breaks.
fn impatient() -> Day {
    let agents = agents(10, |_| vec![part(SALES, 1)]);
    let traffic = vec![(SALES, 190.0, 180.0)];
    Day { patience: Some(300.0), breaks: Some(3600.0), ..day(vec![queue(SALES, 20)], agents, traffic) }
}

fn played(name: &str, day: Day) -> (Told, Told) {
    let mut busy = Busy::new(day, 7);
    busy.play();
    for (kind, told) in [("public", busy.public), ("private", busy.private)] {
        let (p50, p90) = told.percent();
        let (checked, left) = (told.checked_p90, told.censored);
        println!("{name:<18} {kind:<8} {checked:>6} calls: p50 held {p50:.1} %, p90 {p90:.1} %, {left} left before");
    }
    (busy.public, busy.private)
}

fn is_sane(told: Told) {
    let (p50, p90) = told.percent();
    assert!(told.checked_p90 > 500, "so few say nothing: {told:?}");
    assert!((40.0..75.0).contains(&p50), "p50 held {p50} %");
    assert!((80.0..97.0).contains(&p90), "p90 held {p90} %");
}

#[test]
fn calibration_of_one_queue() {
    is_sane(played("one queue", one_queue()).0);
}

#[test]
fn calibration_of_queues_with_common_agents() {
    is_sane(played("three queues", three_queues()).0);
}

#[test]
fn calibration_of_private_queues() {
    let (public, private) = played("much transferred", much_transferred());
    is_sane(private);
    is_sane(public);
}

#[test]
fn calibration_of_a_large_queue() {
    // A sample of the agents is played, which is quicker or slower than all of them.
    let (p50, p90) = played("150 agents", large()).0.percent();
    assert!((25.0..75.0).contains(&p50) && (80.0..97.0).contains(&p90), "p50 held {p50} %, p90 {p90} %");
}

#[test]
fn calibration_with_callers_who_leave_and_agents_who_rest() {
    is_sane(played("impatient", impatient()).0);
}
