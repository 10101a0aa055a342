//! Session timers (RFC 4028), as a caller meets them. What becomes of a caller who never refreshes takes 60 s and more:
//! the tests of the leg show it in their own time.

use e2e::{Centre, Sipp};

const FLOOR: &str = r#"
[[vdn]]
id = 170
domain = "127.0.0.1"

[[vdn.queue]]
id = 1
name = "Sales"
access_codes = ["8001"]
"#;

#[test]
fn too_short_a_session_is_refused_and_a_refreshing_caller_stays() {
    let centre = Centre::start("sessions", FLOOR);
    let mut caller = Sipp::run(&centre, "caller_session_timer", &["-s", "8001", "-m", "1"]);
    assert!(caller.succeeded(), "422 with our Min-SE, 200 with the caller as refresher, and again for the refresh");
    centre.metric_is("anteroom_calls_ended_total{vdn=\"170\",outcome=\"abandoned\"}", 1.0);
    centre.metric_is("anteroom_calls_arrived_total{vdn=\"170\"}", 1.0);
}
