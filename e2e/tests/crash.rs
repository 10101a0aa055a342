//! kill -9 in the middle of busy work: whatever a phone or a client was told before is in the journal after.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use e2e::{Centre, Sipp, eventually, free_port};
use serde_json::{Value, json};

const ROUNDS: u32 = 4;

/// Sales with twenty fixed phones on one line of SIPp, and agent 1099 for whom calls wait in private.
fn floor(sales: u16, busy: u16) -> String {
    format!(
        r#"
[[vdn]]
id = 170
domain = "127.0.0.1"

[[vdn.queue]]
id = 1
name = "Sales"
access_codes = ["8001"]

[[vdn.agent]]
ids = "1001-1020"
sign_in = "always"
phone = "sip:{{id}}@127.0.0.1:{sales}"
queues = [1]

[[vdn.agent]]
id = 1099
sign_in = "always"
phone = "sip:1099@127.0.0.1:{busy}"
"#
    )
}

/// Everybody who phones in one round.
struct People {
    sales: Sipp,
    _busy: Sipp,
    _talker: Sipp,
    callers: Sipp,
    waiters: Sipp,
}

impl People {
    fn phone(centre: &Centre, sales: u16, busy: u16) -> Self {
        let sales = Sipp::run_at(centre, "bench_agents", sales, &[]);
        let busy = Sipp::run_at(centre, "agent", busy, &[]);
        // Agent 1099 talks all the time, so whoever else dials her number waits for her alone.
        let mut talker = Sipp::run(centre, "caller", &["-s", "1099", "-m", "1", "-key", "caller", "4930100"]);
        busy_is_talking(&mut talker);
        let callers = Sipp::run(centre, "bench_caller", &["-s", "8001", "-r", "50", "-d", "300", "-m", "900"]);
        let waiters = Sipp::run(centre, "bench_caller", &["-s", "1099", "-r", "5", "-d", "1500", "-m", "900"]);
        Self { sales, _busy: busy, _talker: talker, callers, waiters }
    }

    /// What the phones had been told: (caller, number dialled) of each 200, and the callers that agents were rung for.
    fn were_told(&self) -> (BTreeSet<(String, String)>, BTreeSet<String>) {
        let mut answered = BTreeSet::new();
        for (sipp, number) in [(&self.callers, "8001"), (&self.waiters, "1099")] {
            let ok = |message: &&String| message.starts_with("SIP/2.0 200") && message.contains("CSeq: 1 INVITE");
            answered.extend(sipp.received().iter().filter(ok).map(|message| (from(message), number.to_owned())));
        }
        let rung = self.sales.received().into_iter().filter(|message| message.starts_with("INVITE "));
        (answered, rung.map(|message| from(&message)).collect())
    }
}

fn busy_is_talking(talker: &mut Sipp) {
    talker.has_message("ACK sip:");
}

/// The user in `From`.
fn from(message: &str) -> String {
    let line = message.lines().find(|line| line.starts_with("From:")).unwrap_or_default();
    let user = line.split_once("sip:").and_then(|(_, rest)| rest.split_once('@'));
    user.map(|(user, _)| user.to_owned()).unwrap_or_else(|| panic!("a message without From: {message}"))
}

/// What the journal tells of the calls in its records after a position.
struct Story {
    /// Who called which number.
    arrived: BTreeSet<(String, String)>,
    callers: BTreeMap<String, String>,
    /// The callers who were offered to somebody.
    offered: BTreeSet<String>,
    /// Whether the latest event of a call has it wait in a private queue.
    waits_in_private: BTreeMap<String, bool>,
    last: u64,
}

impl Story {
    fn read(centre: &Centre, after: u64) -> Self {
        let data = centre.data().display().to_string();
        let output = centre.command(&["journal", "--json", "--from", &(after + 1).to_string(), "--data", &data]);
        assert!(output.status.success(), "{output:?}");
        let mut story = Self {
            arrived: BTreeSet::new(),
            callers: BTreeMap::new(),
            offered: BTreeSet::new(),
            waits_in_private: BTreeMap::new(),
            last: after,
        };
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let record: Value = serde_json::from_str(line).expect("a line is JSON");
            story.last = record["position"].as_u64().expect("a record has a position");
            for event in record["events"].as_array().into_iter().flatten() {
                story.hear(event);
            }
        }
        story
    }

    fn hear(&mut self, event: &Value) {
        let (Some(call), Some(says)) = (event["call"].as_str(), event["says"].as_str()) else { return };
        match event["event"].as_str().unwrap_or_default() {
            "CallArrived" => {
                // "call X arrives: 497 calls 8001, priority 1"
                let rest = says.split_once("arrives: ").map(|(_, rest)| rest).unwrap_or_default();
                let (caller, rest) = rest.split_once(" calls ").expect("an arrival names caller and number");
                let called = rest.split(',').next().unwrap_or_default();
                self.arrived.insert((caller.to_owned(), called.to_owned()));
                self.callers.insert(call.to_owned(), caller.to_owned());
            }
            "OfferMade" => {
                self.offered.extend(self.callers.get(call).cloned());
                self.waits_in_private.insert(call.to_owned(), false);
            }
            "CallQueued" => drop(self.waits_in_private.insert(call.to_owned(), event["agent"].is_u64())),
            "CallEnded" => drop(self.waits_in_private.insert(call.to_owned(), false)),
            _ => {}
        }
    }
}

/// Asks for the private calls of 1099 until it is time; all ids that were ever answered, and the last answer.
fn ask_for(centre: &Centre, span: Duration) -> (BTreeSet<String>, Vec<String>) {
    let mut last =
        eventually("a call waits for 1099", || Some(centre.private_calls(1099)).filter(|ids| !ids.is_empty()));
    let mut all: BTreeSet<String> = last.iter().cloned().collect();
    let begun = Instant::now();
    while begun.elapsed() < span {
        last = centre.private_calls(1099);
        all.extend(last.iter().cloned());
    }
    (all, last)
}

/// What is true of the journal alone, before the server starts again.
fn nothing_is_forgotten(centre: &Centre, story: &Story, listed: &BTreeSet<String>, last: &[String]) {
    for id in listed {
        assert!(story.callers.contains_key(id), "call {id} was listed and is not in the journal");
    }
    let state = centre.recovered();
    let agents = state["agents"].as_array().expect("there are agents");
    let agent = agents.iter().find(|agent| agent["id"] == 1099).expect("there is 1099");
    let waiting: Vec<&str> =
        agent["private_queue"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let still: Vec<&str> = last.iter().map(String::as_str).filter(|id| story.waits_in_private[*id]).collect();
    let found: Vec<&str> = waiting.into_iter().filter(|id| last.iter().any(|listed| listed == id)).collect();
    assert_eq!(found, still, "what was listed last and did not leave waits in the same order");
}

#[test]
fn what_was_said_before_kill_9_is_in_the_journal_after_it() {
    let (sales, busy) = (free_port(), free_port());
    let mut centre = Centre::start("crash", &floor(sales, busy));
    let mut position = 0;
    for round in 1..=ROUNDS {
        let people = People::phone(&centre, sales, busy);
        let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        let span = Duration::from_millis(300 + u64::from(clock.subsec_nanos()) % 1500);
        let (listed, last) = ask_for(&centre, span);
        centre.kill();
        let (answered, rung) = people.were_told();
        drop(people);

        let told = format!("round {round}, {span:?}: {} answered, {} rung", answered.len(), rung.len());
        assert!(answered.len() > 10 && !rung.is_empty(), "the house was busy: {told}");
        let story = Story::read(&centre, position);
        let missing: Vec<_> = answered.difference(&story.arrived).collect();
        assert!(missing.is_empty(), "{told}: answered, and not in the journal: {missing:?}");
        let missing: Vec<_> = rung.difference(&story.offered).collect();
        assert!(missing.is_empty(), "{told}: rung for, and not in the journal: {missing:?}");
        nothing_is_forgotten(&centre, &story, &listed, &last);

        centre.start_again();
        let state = centre.recovered();
        assert_eq!(state["calls"], json!([]), "{told}: the lost calls are over");
        assert!(state["notes"]["sip/leg"].is_null(), "{told}: and their legs forgotten");
        position = Story::read(&centre, story.last).last;
    }
    let _phones = Sipp::run_at(&centre, "bench_agents", sales, &[]);
    let mut callers = Sipp::run(&centre, "bench_caller", &["-s", "8001", "-r", "20", "-d", "100", "-m", "20"]);
    assert!(callers.succeeded(), "after all of it callers are served");
    centre.metric_is("anteroom_offers_accepted_total{vdn=\"170\"}", 20.0);
}
