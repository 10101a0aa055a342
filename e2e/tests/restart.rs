//! `kill -9` in the middle of it all.

use e2e::{Centre, Phone};
use serde_json::json;

const FLOOR: &str = r#"
[[vdn]]
id = 170
domain = "127.0.0.1"

[[vdn.queue]]
id = 1
name = "Sales"
access_codes = ["8001"]

[[vdn.agent]]
id = 1099
password = "demo-1099"
sign_in = "register"
queues = [1]
"#;

#[test]
fn after_kill_9_the_journal_holds_what_was_true() {
    let mut centre = Centre::start("restart", FLOOR);
    let mut agent = Phone::of_agent(&centre, 1099);
    let mut talker = Phone::of_caller(&centre, "4930100");
    talker.dial(&centre, "8001");
    let _ = agent.rings();
    agent.accept();
    agent.is_connected();
    let mut callers = Vec::new();
    for number in ["4930101", "4930102", "4930103"] {
        let mut caller = Phone::of_caller(&centre, number);
        caller.dial(&centre, "1099");
        caller.is_connected();
        callers.push(caller);
    }
    let ids = centre.private_calls_are(1099, 3);

    centre.kill();
    let state = centre.recovered();
    let agents = state["agents"].as_array().expect("there are agents");
    assert_eq!(agents[0]["private_queue"], json!(ids), "every private call that was answered for is recovered");
    assert_eq!(state["notes"], json!({ "sip/binding": 1, "sip/leg": 5 }), "four callers and an agent");

    // The server starts again on the same journal: calls of before are lost, the agent is still signed in.
    centre.start_again();
    assert!(centre.private_calls(1099).is_empty());
    let state = centre.recovered();
    assert_eq!(state["calls"], json!([]));
    assert_eq!(state["notes"], json!({ "sip/binding": 1 }), "the legs of lost calls are forgotten, phones are not");
    let data = centre.data().display().to_string();
    let journal = centre.command(&["journal", "--data", &data]);
    let journal = String::from_utf8_lossy(&journal.stdout).into_owned();
    assert!(journal.contains("LostAtRestart"), "the journal says what became of them:\n{journal}");
    for id in &ids {
        assert!(journal.contains(id.as_str()), "call {id} is in the journal");
    }
    let replay = centre.command(&["replay", "--data", &data]);
    assert!(replay.status.success(), "every decision of before is made again alike: {replay:?}");
    let mut next = Phone::of_caller(&centre, "4930104");
    next.dial(&centre, "1099");
    assert_eq!(agent.rings(), "4930104", "the agent's registration and presence survived");
}
