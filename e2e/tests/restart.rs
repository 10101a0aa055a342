//! A power cut in the middle of it all.

use e2e::{Centre, Phone};

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
    let data = centre.data().display().to_string();
    let state = centre.command(&["journal", "--state", "--data", &data]);
    assert!(state.status.success(), "{state:?}");
    let state = String::from_utf8_lossy(&state.stdout).into_owned();
    let places: Vec<usize> = ids.iter().filter_map(|id| state.find(id.as_str())).collect();
    assert_eq!(places.len(), 3, "every private call that was answered for is recovered:\n{state}");

    // The server starts again on the same journal: calls of before are lost, the agent is still signed in.
    centre.start_again();
    assert!(centre.private_calls(1099).is_empty());
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
