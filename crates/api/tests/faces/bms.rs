//! The same question on the inside.

use engine::{AgentId, Target};

use crate::world::{JSON, PATH, World, question};

const INSIDE: &str = "/ccbms/ws/monitor/agentprivatecall";

#[test]
fn the_inside_asks_without_a_signature_and_about_every_vdn() {
    let world = World::start();
    world.sign_in(1099);
    world.talk(1099, "+4930111");
    let call = world.call("+4930222", Target::Agent(AgentId(1099)));
    let mut client = world.inside();
    let answer = client.ask("POST", INSIDE, &[JSON], question(1099).as_bytes());
    let expected =
        format!(r#"{{"result":"0","resultCode":"0100000","resultDatas":["{call}"],"resultDesc":["{call}"]}}"#);
    assert_eq!((answer.status, answer.text()), (200, expected.as_str()));
    let other = client.ask("POST", INSIDE, &[JSON], br#"{"ccId":1,"vdn":200,"agentId":2001}"#);
    assert_eq!(other.json()["resultCode"], "0100000");
}

#[test]
fn the_same_checks_but_for_the_signature() {
    let world = World::start();
    let mut client = world.inside();
    assert_eq!(client.ask("GET", INSIDE, &[], b"").status, 405);
    assert_eq!(client.ask("POST", INSIDE, &[], b"{}").status, 415);
    assert_eq!(client.ask("POST", INSIDE, &[JSON], b"{}").json()["resultCode"], "0100002");
    assert_eq!(client.ask("POST", INSIDE, &[JSON], &vec![b' '; 65_537]).status, 413);
}

#[test]
fn each_listener_serves_its_own_faces_only() {
    let world = World::start();
    for target in [PATH, "/api/v1/sessions/current"] {
        assert_eq!(world.inside().ask("POST", target, &[JSON], b"{}").status, 404);
    }
    for target in [INSIDE, "/metrics", "/healthz", "/readyz"] {
        assert_eq!(world.outside().ask("POST", target, &[JSON], b"{}").status, 404);
    }
}
