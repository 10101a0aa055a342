//! Agents come and go with their phones.

use e2e::{Centre, Handset, Phone};
use serde_json::Value;

const FLOOR: &str = r#"
[sip.expires]
min = "2 s"

[[vdn]]
id = 170
domain = "127.0.0.1"
lost_grace = "2 s"

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

fn agent(state: &Value) -> &Value {
    &state["agents"][0]
}

/// She is there; she is lost, and no call is offered to her; after the grace she is signed out.
fn goes(centre: &Centre, go: impl FnOnce()) {
    centre.until("the agent is signed in", |state| agent(state)["presence"] == "Ready");
    assert_eq!(agent(&centre.recovered())["reachable"], true);
    assert_eq!(centre.recovered()["notes"]["sip/binding"], 1);
    go();
    centre.until("the agent is lost", |state| agent(state)["reachable"] == false);
    centre.metric_is("anteroom_agents_available{vdn=\"170\",queue=\"1\"}", 0.0);
    centre.until("the agent is signed out", |state| agent(state)["presence"] == "SignedOut");
    centre.metric_is("anteroom_agents{vdn=\"170\",doing=\"signed_out\"}", 1.0);
    assert!(centre.recovered()["notes"]["sip/binding"].is_null(), "{}", centre.recovered()["notes"]);
}

#[test]
fn a_phone_that_is_switched_off_signs_its_agent_out_after_the_grace() {
    let centre = Centre::start("unregister", FLOOR);
    let mut phone = Phone::of_agent(&centre, 1099);
    goes(&centre, || phone.switch_off());
    // She comes back, and is asked for again.
    let mut phone = Phone::of_agent(&centre, 1099);
    let mut caller = Phone::of_caller(&centre, "4930100");
    caller.dial(&centre, "8001");
    assert_eq!(phone.rings(), "4930100");
    phone.accept();
    caller.is_connected();
}

#[test]
fn a_phone_that_loses_power_is_lost_when_its_registration_ends() {
    let centre = Centre::start("expiry", FLOOR);
    let mut phone = Phone::of_agent_with(&centre, 1099, Handset { expires: 3, ..Handset::default() });
    goes(&centre, || phone.kill());
}

#[test]
fn an_agent_whose_phone_comes_back_within_the_grace_was_never_signed_out() {
    let centre = Centre::start("grace", &FLOOR.replace("lost_grace = \"2 s\"", "lost_grace = \"60 s\""));
    let mut phone = Phone::of_agent(&centre, 1099);
    centre.until("the agent is signed in", |state| agent(state)["presence"] == "Ready");
    phone.switch_off();
    centre.until("the agent is lost", |state| agent(state)["reachable"] == false);
    let _phone = Phone::of_agent(&centre, 1099);
    centre.until("the agent is there", |state| agent(state)["reachable"] == true);
    assert_eq!(agent(&centre.recovered())["presence"], "Ready");
    let journal = centre.command(&["journal", "--data", &centre.data().display().to_string()]);
    let journal = String::from_utf8_lossy(&journal.stdout).into_owned();
    assert!(!journal.contains("is signed out (by"), "{journal}");
}
