//! What two phones do while they talk: hold, other transports, other codecs, transfers that go wrong.

use e2e::{Centre, Handset, Phone, Sipp, eventually, free_port};

const FLOOR: &str = r#"
[[vdn]]
id = 170
domain = "127.0.0.1"

[[vdn.queue]]
id = 1
name = "Sales"
access_codes = ["8001"]

[[vdn.queue]]
id = 2
name = "Support"
access_codes = ["8002"]

[[vdn.agent]]
id = 1099
password = "demo-1099"
sign_in = "register"
queues = [1]

[[vdn.agent]]
id = 1001
password = "demo-1001"
sign_in = "register"
queues = [2]
"#;

/// The caller dials Sales and the agent picks up; each hears the other.
fn talk(centre: &Centre, caller: &mut Phone, agent: &mut Phone) {
    caller.dial(centre, "8001");
    let _ = agent.rings();
    agent.accept();
    caller.is_connected();
    agent.is_connected();
    hear_each_other(caller, agent);
}

fn hear_each_other(caller: &Phone, agent: &Phone) {
    eventually("the caller hears the agent", || (caller.hears_tone_now(440.0) > 0.8).then_some(()));
    eventually("the agent hears the caller", || (agent.hears_tone_now(880.0) > 0.8).then_some(()));
}

/// What the journal says of the only call's place.
fn place(centre: &Centre) -> String {
    centre.recovered()["calls"][0]["place"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn who_is_held_hears_hold_audio_until_she_is_taken_back() {
    let centre = Centre::start("hold", FLOOR);
    let mut agent = Phone::of_agent(&centre, 1099);
    let mut caller = Phone::of_caller(&centre, "4930100");
    talk(&centre, &mut caller, &mut agent);
    assert!(!place(&centre).contains("on hold"), "{}", place(&centre));

    agent.hold();
    centre
        .until("the call is held", |state| state["calls"][0]["place"].as_str().is_some_and(|p| p.contains("on hold")));
    eventually("the caller hears hold audio and not the agent", || {
        (caller.hears_now().level > 100.0 && caller.hears_tone_now(440.0) < 0.3).then_some(())
    });

    agent.retrieve();
    centre.until("the call is no longer held", |state| {
        state["calls"][0]["place"].as_str().is_some_and(|p| p.contains("with agent 1099") && !p.contains("on hold"))
    });
    hear_each_other(&caller, &agent);
    caller.hang_up();
    agent.is_released();
}

#[test]
fn phones_register_talk_and_transfer_over_tcp() {
    let centre = Centre::start("tcp", FLOOR);
    let tcp = Handset { transport: "tcp", ..Handset::default() };
    let mut agent = Phone::of_agent_with(&centre, 1099, tcp);
    let mut colleague = Phone::of_agent_with(&centre, 1001, tcp);
    let mut caller = Phone::of_caller_with(&centre, "4930100", tcp);
    talk(&centre, &mut caller, &mut agent);
    agent.transfer(&centre, "1001");
    assert_eq!(colleague.rings(), "4930100");
    agent.is_released();
    colleague.accept();
    colleague.is_connected();
    hear_each_other(&caller, &colleague);
    caller.hang_up();
    colleague.is_released();
    centre.metric_is("anteroom_transfers_total{vdn=\"170\"}", 1.0);
}

/// A baresip whose transfer is refused hangs up by itself, so the phone that sends is one of SIPp's.
#[test]
fn a_refused_transfer_leaves_the_two_talking() {
    let port = free_port();
    let fixed = format!("sign_in = \"always\"\nphone = \"sip:1099@127.0.0.1:{port}\"");
    let centre =
        Centre::start("refused-transfer", &FLOOR.replace("password = \"demo-1099\"\nsign_in = \"register\"", &fixed));
    let mut colleague = Phone::of_agent(&centre, 1001);
    let mut agent = Sipp::run_at(&centre, "agent_transfers", port, &["-m", "1", "-key", "to", "8002"]);
    let mut caller = Phone::of_caller(&centre, "4930100");
    caller.dial(&centre, "8001");
    // The second transfer needs a call that the first has left as it was.
    assert!(agent.succeeded(), "404 for the first, 202 and its end for the second, and a BYE");
    assert_eq!(colleague.rings(), "4930100");
    assert!(!caller.has_seen("CALL_CLOSED"), "the caller was not hung up");
    colleague.accept();
    colleague.is_connected();
    hear_each_other(&caller, &colleague);
    caller.hang_up();
    colleague.is_released();
    centre.metric_is("anteroom_transfers_total{vdn=\"170\"}", 1.0);
}

#[test]
fn a_caller_of_pcmu_and_an_agent_of_pcma_hear_each_other() {
    let centre = Centre::start("codecs", FLOOR);
    let mut agent = Phone::of_agent_with(&centre, 1099, Handset { codecs: "pcma", ..Handset::default() });
    let mut caller = Phone::of_caller_with(&centre, "4930100", Handset { codecs: "pcmu", ..Handset::default() });
    talk(&centre, &mut caller, &mut agent);
    agent.hang_up();
    caller.is_released();
}
