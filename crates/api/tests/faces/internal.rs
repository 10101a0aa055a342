//! What operators' tools ask.

use crate::world::World;

#[test]
fn metrics_and_health_are_plain() {
    let world = World::start();
    let mut client = world.inside();
    let metrics = client.ask("GET", "/metrics", &[], b"");
    assert_eq!((metrics.status, metrics.text()), (200, "anteroom_calls_waiting 0\n"));
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(client.ask("GET", "/healthz", &[], b"").text(), r#"{"status":"alive"}"#);
    let ready = client.ask("GET", "/readyz", &[], b"");
    let expected = r#"{"status":"ready","checks":[{"name":"journal","met":true,"says":"it is written"}]}"#;
    assert_eq!((ready.status, ready.text()), (200, expected));
    let wrong = client.ask("POST", "/metrics", &[], b"");
    assert_eq!((wrong.status, wrong.json()["status"].as_u64()), (405, Some(405)));
}
