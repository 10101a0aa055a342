//! The first whole thing: calls that wait for one agent, by every way there is, and the world that asks which.

use e2e::{Centre, Phone, eventually};

/// Sales is public; each queue from 11 to 15 sends its callers to 1099 for one reason; Reception belongs to 1001.
const FLOOR: &str = r#"
[[vdn]]
id = 170
domain = "127.0.0.1"

[[vdn.queue]]
id = 1
name = "Sales"
access_codes = ["8001"]

[[vdn.queue]]
id = 11
name = "Timeout"
access_codes = ["8011"]
wait_max = "1 s"
treatments = { timeout = "agent 1099" }

[[vdn.queue]]
id = 12
name = "Nobody on duty"
access_codes = ["8012"]
treatments = { no_agents = "agent 1099" }

[[vdn.queue]]
id = 13
name = "Busy"
access_codes = ["8013"]
lets_wait = false
treatments = { busy = "agent 1099" }

[[vdn.queue]]
id = 14
name = "Overflow"
access_codes = ["8014"]
waiting_max = 1
treatments = { overflow = "agent 1099" }

[[vdn.queue]]
id = 15
name = "Cancelled"
access_codes = ["8015"]
treatments = { cancelled = "agent 1099" }

[[vdn.queue]]
id = 16
name = "Reception"
access_codes = ["8016"]

[[vdn.agent]]
id = 1099
password = "demo-1099"
sign_in = "register"
queues = [1, 13, 14]

[[vdn.agent]]
id = 1001
password = "demo-1001"
sign_in = "register"
queues = [16]
"#;

#[test]
fn every_way_into_a_private_queue_is_listed_in_order_and_served_first() {
    let centre = Centre::start("private-calls", FLOOR);
    let mut agent = Phone::of_agent(&centre, 1099);
    let mut colleague = Phone::of_agent(&centre, 1001);
    assert!(centre.private_calls(1099).is_empty(), "nobody waits yet");

    // Agent 1099 talks; a public caller joins Sales and is older than every private one.
    let mut first = Phone::of_caller(&centre, "4930100");
    first.dial(&centre, "8001");
    assert_eq!(agent.rings(), "4930100");
    agent.accept();
    first.is_connected();
    agent.is_connected();
    let mut public = Phone::of_caller(&centre, "4930999");
    public.dial(&centre, "8001");
    public.is_connected();
    centre.metric_is("anteroom_calls_waiting{vdn=\"170\",queue=\"1\"}", 1.0);

    let mut filler = Phone::of_caller(&centre, "4930998");
    filler.dial(&centre, "8014");
    filler.is_connected();
    centre.metric_is("anteroom_calls_waiting{vdn=\"170\",queue=\"14\"}", 1.0);

    // Seven callers reach 1099's private queue, each in another way.
    let mut callers = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for (way, number) in [
        ("REFER", "8016"),
        ("dialled", "1099"),
        ("Timeout", "8011"),
        ("NoAgents", "8012"),
        ("Busy", "8013"),
        ("Overflow", "8014"),
        ("Cancelled", "8015"),
    ] {
        let mut caller = Phone::of_caller(&centre, &format!("493020{}", callers.len()));
        caller.dial(&centre, number);
        match way {
            "REFER" => {
                let _ = colleague.rings();
                colleague.accept();
                colleague.is_connected();
                colleague.transfer(&centre, "1099");
                colleague.is_released();
            }
            "Cancelled" => {
                caller.is_connected();
                assert_eq!(centre.private_calls(1099), ids, "a call in a public queue is no private call");
                caller.press('*');
            }
            _ => {}
        }
        let now = centre.private_calls_are(1099, ids.len() + 1);
        assert_eq!(now[..ids.len()], ids[..], "{way}: whoever came before keeps its place");
        ids = now;
        callers.push(caller);
    }
    assert_eq!(ids.len(), 7);

    // Both sides of the talk hear each other, and who waits hears something.
    eventually("the caller hears the agent", || (first.hears_tone(440.0) > 0.8).then_some(()));
    eventually("the agent hears the caller", || (agent.hears_tone(880.0) > 0.8).then_some(()));
    eventually("a waiting caller hears hold audio", || (public.has_heard().level > 100.0).then_some(()));

    // 1099 hangs up: the private calls come one by one in their order, the public one at last though it is the oldest.
    first.hang_up();
    agent.is_released();
    for (place, caller) in callers.iter_mut().enumerate() {
        assert_eq!(agent.rings(), format!("493020{place}"));
        assert_eq!(centre.private_calls(1099), ids[place + 1..], "an offered call is not listed");
        agent.accept();
        agent.is_connected();
        caller.hang_up();
        agent.is_released();
    }
    assert_eq!(agent.rings(), "4930999");
    agent.accept();
    agent.is_connected();
    assert!(centre.private_calls(1099).is_empty(), "the list is empty again");
    agent.hang_up();
    public.is_released();
}
