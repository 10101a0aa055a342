//! How an offer can end, and what becomes of the call, with phones that do it for real.

use e2e::{Centre, Phone, Sipp, free_port};

/// Sales with one agent at a fixed phone and, where a story needs it, one who registers. Rings for two seconds.
fn floor(fixed_phone: u16, more: &str) -> String {
    floor_with(fixed_phone, "60 s", more)
}

/// The same, with another end of waiting in private.
fn floor_with(fixed_phone: u16, private_wait_max: &str, more: &str) -> String {
    format!(
        r#"
[[vdn]]
id = 170
domain = "127.0.0.1"
private_wait_max = "{private_wait_max}"
lost_grace = "2 s"
auto_ready = "30 s"

[[vdn.queue]]
id = 1
name = "Sales"
access_codes = ["8001"]
ring_max = "2 s"

[[vdn.queue]]
id = 2
name = "Support"
access_codes = ["8002"]
{more}

[[vdn.agent]]
id = 1001
sign_in = "always"
phone = "sip:1001@127.0.0.1:{fixed_phone}"
queues = [1]

[[vdn.agent]]
id = 1099
password = "demo-1099"
sign_in = "register"
queues = [2]
"#
    )
}

#[test]
fn a_declined_call_waits_on_and_the_agent_is_not_ready() {
    let port = free_port();
    let centre = Centre::start("declined", &floor(port, ""));
    let mut phone = Sipp::run_at(&centre, "agent_declines", port, &["-m", "1"]);
    let mut caller = Phone::of_caller(&centre, "4930100");
    caller.dial(&centre, "8001");
    assert!(phone.succeeded(), "the phone rang, declined and was acknowledged");
    caller.is_connected();
    centre.metric_is("anteroom_calls_waiting{vdn=\"170\",queue=\"1\"}", 1.0);
    centre.metric_is("anteroom_offers_declined_total{vdn=\"170\"}", 1.0);
    assert!(!caller.has_seen("CALL_CLOSED"), "the caller waits on");
    caller.hang_up();
    centre.metric_is("anteroom_calls_waiting{vdn=\"170\",queue=\"1\"}", 0.0);
}

#[test]
fn a_call_that_nobody_answers_expires_and_waits_on() {
    let port = free_port();
    let centre = Centre::start("expired", &floor(port, ""));
    let mut phone = Sipp::run_at(&centre, "agent_rings", port, &["-m", "1"]);
    let mut caller = Phone::of_caller(&centre, "4930100");
    caller.dial(&centre, "8001");
    assert!(phone.succeeded(), "the phone rang and was cancelled");
    centre.metric_is("anteroom_offers_expired_total{vdn=\"170\"}", 1.0);
    centre.metric_is("anteroom_calls_waiting{vdn=\"170\",queue=\"1\"}", 1.0);
    caller.hang_up();
}

#[test]
fn a_caller_who_leaves_while_it_rings_stops_the_ringing() {
    let port = free_port();
    let centre = Centre::start("left", &floor(port, ""));
    let mut phone = Sipp::run_at(&centre, "agent_rings", port, &["-m", "1"]);
    let mut caller = Phone::of_caller(&centre, "4930100");
    caller.dial(&centre, "8001");
    phone.has_message("180 Ringing");
    caller.hang_up();
    assert!(phone.succeeded(), "the phone rang and was cancelled");
    centre.metric_is("anteroom_calls_ended_total{vdn=\"170\",outcome=\"abandoned\"}", 1.0);
}

#[test]
fn a_200_that_comes_too_late_is_acknowledged_and_hung_up_and_nobody_is_blamed() {
    let port = free_port();
    let centre = Centre::start("late", &floor(port, ""));
    let mut phone = Sipp::run_at(&centre, "agent_answers_late", port, &["-m", "1"]);
    let mut caller = Phone::of_caller(&centre, "4930100");
    caller.dial(&centre, "8001");
    phone.has_message("180 Ringing");
    caller.hang_up();
    assert!(phone.succeeded(), "the late 200 got its ACK and a BYE");
    drop(phone);
    // The agent is still Ready: the next call rings there at once.
    let mut phone = Sipp::run_at(&centre, "agent", port, &["-m", "1"]);
    let mut next = Phone::of_caller(&centre, "4930101");
    next.dial(&centre, "8001");
    phone.has_message("ACK sip:");
    next.hang_up();
    assert!(phone.succeeded());
}

#[test]
fn a_private_wait_that_is_over_goes_back_to_its_queue_with_its_age() {
    let port = free_port();
    let centre = Centre::start(
        "private-timeout",
        &floor_with(port, "3 s", "wait_max = \"1 s\"\ntreatments = { timeout = \"agent 1099\" }"),
    );
    let mut agent = Phone::of_agent(&centre, 1099);
    let mut talker = Phone::of_caller(&centre, "4930100");
    talker.dial(&centre, "1099");
    let _ = agent.rings();
    agent.accept();
    agent.is_connected();
    // Support's only agent talks: after a second the call is directed to her, after three more it returns.
    let mut caller = Phone::of_caller(&centre, "4930101");
    caller.dial(&centre, "8002");
    let ids = centre.private_calls_are(1099, 1);
    assert!(centre.private_calls_are(1099, 0).is_empty());
    centre.metric_is("anteroom_calls_waiting{vdn=\"170\",queue=\"2\"}", 1.0);
    // The same situation does not direct it away a second time, so it is still there when she is free.
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(centre.private_calls(1099).is_empty(), "the return ticket counts as stay");
    talker.hang_up();
    assert_eq!(agent.rings(), "4930101");
    agent.accept();
    caller.is_connected();
    let journal = centre.command(&["journal", "--data", &centre.data().display().to_string()]);
    let journal = String::from_utf8_lossy(&journal.stdout).into_owned();
    assert!(journal.contains(&ids[0]), "the journal tells the story of call {}:\n{journal}", ids[0]);
}

#[test]
fn when_an_agent_signs_out_her_waiting_calls_go_back_to_their_queues() {
    let port = free_port();
    let centre = Centre::start(
        "sign-out",
        &floor(port, "no_agents_while_waiting = false\nwait_max = \"1 s\"\ntreatments = { timeout = \"agent 1099\" }"),
    );
    let mut agent = Phone::of_agent(&centre, 1099);
    let mut talker = Phone::of_caller(&centre, "4930100");
    talker.dial(&centre, "1099");
    let _ = agent.rings();
    agent.accept();
    agent.is_connected();
    let mut caller = Phone::of_caller(&centre, "4930101");
    caller.dial(&centre, "8002");
    let _ = centre.private_calls_are(1099, 1);
    // She dials the code for signing out while she talks: what waits for her returns, her talk runs to its end.
    agent.dial(&centre, "*73");
    let _ = centre.private_calls_are(1099, 0);
    centre.metric_is("anteroom_calls_waiting{vdn=\"170\",queue=\"2\"}", 1.0);
    centre.metric_is("anteroom_calls_live{vdn=\"170\",place=\"talking\"}", 1.0);
    assert!(!caller.has_seen("CALL_CLOSED"), "nobody is lost");
}
