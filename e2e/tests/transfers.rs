//! Agents who keep their caller while they ask a colleague: real phones, a supervisor with curl, a wallboard with openssl.

use e2e::{Centre, Phone, eventually};

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
id = 1001
password = "demo-1001"
sign_in = "register"
queues = [1]

[[vdn.agent]]
id = 1099
password = "demo-1099"
sign_in = "register"
queues = [2]
"#;

const CALLER: f64 = 880.0;
const AGENTS: f64 = 440.0;

/// Sales picks up, and the two hear each other.
fn talk(centre: &Centre, caller: &mut Phone, agent: &mut Phone, number: &str) {
    caller.dial(centre, number);
    let _ = agent.rings();
    agent.accept();
    caller.is_connected();
    agent.is_connected();
    hears(caller, AGENTS);
    hears(agent, CALLER);
}

fn hears(phone: &Phone, tone: f64) {
    eventually(&format!("a tone of {tone} Hz is heard"), || (phone.hears_tone_now(tone) > 0.8).then_some(()));
}

fn hears_both(phone: &Phone) {
    eventually("both tones are heard", || {
        (phone.hears_tone_now(CALLER) > 0.2 && phone.hears_tone_now(AGENTS) > 0.2).then_some(())
    });
}

fn hears_hold_audio(phone: &Phone) {
    eventually("hold audio is heard", || {
        let is_tone = phone.hears_tone_now(AGENTS) > 0.3 || phone.hears_tone_now(CALLER) > 0.3;
        (phone.hears_now().level > 100.0 && !is_tone).then_some(())
    });
}

/// On the command line and by our own face.
fn says_why(centre: &Centre, call: &str) {
    let output = centre.command(&["why", call, "--data", &centre.data().display().to_string()]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("place 1 of 1 in the private queue of agent 1099"), "{said}");
    assert!(said.contains("agent 1099 talks with call"), "{said}");
    let why = centre.shown(&format!("calls/{call}/why"));
    assert_eq!(why["what"]["place"], 1, "{why}");
    assert_eq!(why["what"]["agents"][0]["reason"]["kind"], "talks", "{why}");
    assert!(why["what"]["expected"]["p90_seconds"].is_number(), "{why}");
    let wait = centre.shown("agents/1099/expected-wait?priority=9");
    assert_eq!(wait["waiting"], 1, "{wait}");
}

#[test]
fn a_success_transfer_to_an_engaged_agent_waits_in_private_and_frees_its_sender_at_the_answer() {
    let centre = Centre::start("success-transfer", FLOOR);
    let mut sender = Phone::of_agent(&centre, 1001);
    let mut colleague = Phone::of_agent(&centre, 1099);
    let mut first = Phone::of_caller(&centre, "4930100");
    let mut second = Phone::of_caller(&centre, "4930200");
    talk(&centre, &mut first, &mut colleague, "8002");
    talk(&centre, &mut second, &mut sender, "8001");

    let wish = r#"{"to": {"kind": "agent", "agent": 1099}, "mode": "success"}"#;
    let in_time = r#"{"to": {"kind": "agent", "agent": 1099}, "expected_wait_max_seconds": 0}"#;
    assert_eq!(centre.supervisor("agents/1001/transfer", in_time), 409, "the colleague talks");
    assert_eq!(centre.supervisor("agents/1001/transfer", wish), 200);
    let waiting = centre.private_calls_are(1099, 1);
    says_why(&centre, &waiting[0]);
    hears_hold_audio(&second);
    assert!(!sender.has_seen("CALL_CLOSED"), "the sender keeps its caller");
    assert_eq!(centre.supervisor("agents/1001/take-back", "{}"), 200);
    hears(&second, AGENTS);
    assert!(centre.private_calls(1099).is_empty());
    assert_eq!(centre.supervisor("agents/1001/transfer", wish), 200);
    assert_eq!(centre.private_calls_are(1099, 1), waiting, "the same call");

    first.hang_up();
    colleague.is_released();
    assert_eq!(colleague.rings(), "4930200");
    colleague.accept();
    colleague.is_connected();
    sender.is_released();
    hears(&second, AGENTS);
    hears(&colleague, CALLER);
    second.hang_up();
    colleague.is_released();
    centre.metric_is("anteroom_transfers_total{vdn=\"170\"}", 1.0);
    centre.metric_is("anteroom_transfers_taken_back_total{vdn=\"170\"}", 1.0);
}

#[test]
fn a_phone_consults_by_a_second_call_then_all_three_talk_and_the_sender_leaves() {
    let centre = Centre::start("three-party", FLOOR);
    let mut sender = Phone::of_agent(&centre, 1001);
    let mut colleague = Phone::of_agent(&centre, 1099);
    let mut caller = Phone::of_caller(&centre, "4930100");
    talk(&centre, &mut caller, &mut sender, "8001");

    sender.hold();
    sender.dial(&centre, "1099");
    assert_eq!(colleague.rings(), "4930100", "the colleague sees for whom it is asked");
    colleague.accept();
    colleague.is_connected();
    hears(&colleague, AGENTS);
    hears_hold_audio(&caller);

    assert_eq!(centre.supervisor("agents/1001/join-talk", "{}"), 200);
    hears_both(&colleague);
    hears(&caller, AGENTS);
    assert_eq!(centre.supervisor("agents/1001/complete-transfer", "{}"), 200);
    sender.is_released();
    sender.is_released();
    hears(&colleague, CALLER);
    hears(&caller, AGENTS);
    caller.hang_up();
    colleague.is_released();
    centre.metric_is("anteroom_transfers_total{vdn=\"170\"}", 1.0);
}
