//! The whole family of vendor-shaped interfaces, over both listeners.

use std::time::{SystemTime, UNIX_EPOCH};

use api::cms::{Entry, Verb, interfaces};

use crate::client::Answer;
use crate::world::{JSON, World};

/// What the documents' example of a question is here: this floor has no calls, and another day.
fn question(entry: &Entry) -> (String, String) {
    let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().to_string();
    let here =
        |body: &str| body.replace("1007", "1003").replace("1605484800000", &today).replace("1605571199000", &today);
    match entry.about.verb {
        Verb::Post => (entry.about.path.to_owned(), here(entry.about.question)),
        Verb::Get => (entry.about.question.to_owned(), String::new()),
    }
}

fn ask(world: &World, verb: Verb, path: &str, body: &str) -> Answer {
    let authorization = world.signature_by(verb.name(), path, body.as_bytes());
    world.outside().ask(verb.name(), path, &[JSON, ("Authorization", &authorization)], body.as_bytes())
}

#[test]
fn every_interface_is_served_signed_and_by_its_method_alone() {
    let world = World::start();
    for entry in interfaces() {
        let (path, body) = question(entry);
        let answer = ask(&world, entry.about.verb, &path, &body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json; charset=UTF-8"), "{path}");
        let is_answered = answer.text().contains("0100000") || answer.text().contains(r#"":"0""#);
        let is_about_a_call = entry.about.question.contains("callId");
        assert!(is_answered || is_about_a_call, "{path}: {}", answer.text());
        let unsigned = world.outside().ask(entry.about.verb.name(), &path, &[JSON], body.as_bytes());
        assert_eq!(unsigned.status, 401, "{path}");
        let other = if entry.about.verb == Verb::Post { "GET" } else { "POST" };
        let wrong = world.outside().ask(other, &path, &[JSON], b"");
        assert_eq!((wrong.status, wrong.header("allow")), (405, Some(entry.about.verb.name())), "{path}");
    }
}

#[test]
fn an_access_key_is_told_of_its_own_vdns_alone() {
    let world = World::start();
    let of_all = ["configures/vdns", "agent/agentoprinfo"];
    for entry in interfaces().iter().filter(|entry| !of_all.contains(&entry.about.name)) {
        let (path, body) = question(entry);
        // The number of a call says whose it is.
        let (path, body) = (path.replace("/170", "/200"), body.replace("170", "200").replace("5171", "5201"));
        let answer = ask(&world, entry.about.verb, &path, &body);
        assert!(answer.text().contains("0101003"), "{path}: {}", answer.text());
    }
    let vdns = ask(&world, Verb::Post, "/rest/cmsapp/v1/openapi/configures/vdns", r#"{"ccId":1}"#);
    assert_eq!(vdns.json()["resultDesc"], serde_json::json!([{ "vdn": 170, "vdnName": "170" }]));
}

#[test]
fn every_name_inside_answers_without_a_signature() {
    let world = World::start();
    let mut client = world.inside();
    for entry in interfaces() {
        let body = match entry.about.verb {
            Verb::Post => question(entry).1,
            Verb::Get => r#"{"ccId":1,"vdn":170}"#.to_owned(),
        };
        for name in entry.about.bms {
            let path = format!("/ccbms/ws/monitor/{name}");
            let answer = client.ask("POST", &path, &[JSON], body.as_bytes());
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        }
    }
}

#[test]
fn what_is_in_the_path_is_checked_like_what_is_in_a_body() {
    let world = World::start();
    let reasons = |tail: &str| {
        let path = format!("/rest/cmsapp/v1/openapi/agentgroup/restreasons/{tail}");
        ask(&world, Verb::Get, &path, "").json()["resultDesc"].clone()
    };
    assert_eq!(reasons("1/170"), serde_json::json!([]));
    assert_eq!(reasons("x/170"), r#"ccId: "x" is not an integer from 1 to 65535"#);
    assert_eq!(reasons("1/5001"), "vdn: 5001 is not an integer from 1 to 5000");
    assert_eq!(reasons("2/170"), "ccId: there is no call centre 2 here");
}

#[test]
fn a_question_about_many_may_be_longer() {
    let world = World::start();
    let path = "/rest/cmsapp/v1/openapi/agentgroup/agentstatusinfobyagentids";
    let many = |agents: &str| format!(r#"{{"ccId":1,"vdn":170,"agentIds":[{agents}1099]}}"#);
    let all = ask(&world, Verb::Post, path, &many(&"999999, 999998,     ".repeat(2999)));
    assert_eq!(all.json()["resultDesc"].as_array().map(Vec::len), Some(1), "{}", all.text());
    let too_many = ask(&world, Verb::Post, path, &many(&"1099,".repeat(6000)));
    assert_eq!(too_many.json()["resultDesc"], "agentIds: 6001 values are more than 6000");
    let too_long = world.outside().ask("POST", path, &[JSON], &vec![b' '; (1 << 20) + 1]);
    assert_eq!(too_long.status, 413);
}

#[test]
fn the_document_is_served_to_everybody() {
    let world = World::start();
    let served = world.outside().ask("GET", "/rest/cmsapp/openapi.json", &[], b"");
    assert_eq!((served.status, served.text()), (200, api::cms::openapi_document()));
}
