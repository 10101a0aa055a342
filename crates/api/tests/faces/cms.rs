//! `agentprivatecall` as its clients see it.

use std::time::{Duration, SystemTime};

use api::auth::{EmptyQuery, ToSign, sign};
use engine::{AgentId, Command, QueueId, Target};

use crate::world::{AK, JSON, PATH, World, question};

#[test]
fn the_waiting_calls_are_listed_in_the_order_in_which_they_will_be_served() {
    let world = World::start();
    world.sign_in(1099);
    let talk = world.talk(1099, "+4930111");
    let first = world.call("+4930222", Target::Agent(AgentId(1099)));
    world.call("+4930333", Target::Queue(QueueId(1)));
    let second = world.call("+4930444", Target::Agent(AgentId(1099)));
    let answer = world.private_calls(&question(1099));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=UTF-8"));
    let list = format!(r#"["{first}","{second}"]"#);
    let expected = format!(r#"{{"result":"0","resultCode":"0100000","resultDatas":{list},"resultDesc":{list}}}"#);
    assert_eq!(answer.text(), expected);

    world.submit(Command::CallerLeft { call: talk });
    let answer = world.private_calls(&question(1099));
    let list = format!(r#"["{second}"]"#);
    let expected = format!(r#"{{"result":"0","resultCode":"0100000","resultDatas":{list},"resultDesc":{list}}}"#);
    assert_eq!(answer.text(), expected, "the first is offered now, and so waits no longer");
}

#[test]
fn an_agent_without_private_calls_has_an_empty_list_signed_in_or_not() {
    let world = World::start();
    world.sign_in(1001);
    for agent in [1001, 1099] {
        let answer = world.private_calls(&question(agent));
        let expected = r#"{"result":"0","resultCode":"0100000","resultDatas":[],"resultDesc":[]}"#;
        assert_eq!((answer.status, answer.text()), (200, expected));
    }
}

#[test]
fn whatever_is_wrong_in_the_body_is_named_with_its_value() {
    let world = World::start();
    let table = [
        (r#"{"ccId":1,"vdn":170}"#, "agentId is missing: it must be an integer from 101 to 59999 or 70000 to 999999"),
        (r#"{"ccId":"1","vdn":170,"agentId":1099}"#, r#"ccId: "1" is not an integer from 1 to 65535"#),
        (r#"{"ccId":1,"vdn":5001,"agentId":1099}"#, "vdn: 5001 is not an integer from 1 to 5000"),
        (
            r#"{"ccId":1,"vdn":170,"agentId":60000}"#,
            "agentId: 60000 is not an integer from 101 to 59999 or 70000 to 999999",
        ),
        (
            r#"{"ccId":1,"vdn":170,"agentId":1099.0}"#,
            "agentId: 1099.0 is not an integer from 101 to 59999 or 70000 to 999999",
        ),
        (r#"{"ccId":1,"vdn":170,"agentId":1e400}"#, "agentId: 1e400: number out of range at line 1 column 35"),
        (
            r#"{"ccId":1,"vdn":170,"vdn":171,"agentId":1099}"#,
            "vdn: it is there twice, as 170 and as 171 at line 1 column 29",
        ),
        (r#"{"ccId":2,"vdn":170,"agentId":1099}"#, "ccId: there is no call centre 2 here"),
        (r#"{"ccId":1,"vdn":171,"agentId":1099}"#, "vdn: there is no VDN 171 in call centre 1"),
        (r#"{"ccId":1,"vdn":170,"agentId":1100}"#, "agentId: there is no agent 1100 in VDN 170"),
        ("", "the body is not a JSON object: EOF while parsing a value at line 1 column 0"),
        ("ccId=1&vdn=170", "the body is not a JSON object: expected value at line 1 column 1"),
    ];
    for (body, sentence) in table {
        let answer = world.private_calls(body);
        let quoted = serde_json::to_string(sentence).unwrap();
        let expected = format!(r#"{{"result":"1","resultCode":"0100002","resultDesc":{quoted}}}"#);
        assert_eq!((answer.status, answer.text()), (200, expected.as_str()), "{body}");
    }
}

#[test]
fn an_access_key_asks_about_its_own_vdns_only() {
    let world = World::start();
    let answer = world.private_calls(r#"{"ccId":1,"vdn":200,"agentId":2001}"#);
    let expected =
        r#"{"result":"1","resultCode":"0101003","resultDesc":"vdn: this access key may not ask about VDN 200"}"#;
    assert_eq!((answer.status, answer.text()), (200, expected));
    let unknown_agent = world.private_calls(r#"{"ccId":1,"vdn":200,"agentId":2002}"#);
    assert_eq!(unknown_agent.text(), expected, "nothing is said of agents there");
}

#[test]
fn a_vdn_that_has_stopped_cannot_answer() {
    let world = World::start();
    world.node.clone().stop();
    let answer = world.private_calls(&question(1099));
    let expected = r#"{"result":"1","resultCode":"0100001","resultDesc":"vdn: VDN 170 cannot answer now"}"#;
    assert_eq!((answer.status, answer.text()), (503, expected));
    let malformed = world.private_calls("{}");
    assert_eq!(malformed.status, 200, "what is wrong in the body is found first");
}

#[test]
fn method_size_type_and_signature_are_checked_in_this_order() {
    let world = World::start();
    let large = "x".repeat(64 * 1024 + 1);
    let text = ("Content-Type", "text/plain");
    let ask = |method: &str, headers: &[(&str, &str)], body: &str| {
        let answer = world.outside().ask(method, PATH, headers, body.as_bytes());
        let json = answer.json();
        assert_eq!(json["status"], answer.status, "{json}");
        assert_eq!(json["path"], PATH);
        assert!(json["timestamp"].as_i64().unwrap() > 1_700_000_000_000, "{json}");
        (answer.status, json["error"].as_str().unwrap().to_owned())
    };
    assert_eq!(ask("PUT", &[text], &large), (405, "Method Not Allowed".into()));
    assert_eq!(ask("GET", &[], ""), (405, "Method Not Allowed".into()));
    assert_eq!(ask("POST", &[text], &large), (413, "Payload Too Large".into()));
    assert_eq!(ask("POST", &[text], "{}"), (415, "Unsupported Media Type".into()));
    assert_eq!(ask("POST", &[], "{}"), (415, "Unsupported Media Type".into()));
    assert_eq!(ask("POST", &[JSON], "not JSON"), (401, "Unauthorized".into()));
    let refused = world.outside().ask("OPTIONS", PATH, &[], b"");
    assert_eq!((refused.status, refused.header("allow")), (405, Some("POST")));
    assert_eq!(world.outside().ask("HEAD", PATH, &[], b"").status, 405);
}

#[test]
fn a_body_of_exactly_64_kib_is_read() {
    let world = World::start();
    let body = question(1099);
    let padded = body.clone() + &" ".repeat(64 * 1024 - body.len());
    assert_eq!(world.private_calls(&padded).json()["resultCode"], "0100000");
    assert_eq!(world.private_calls(&(padded + " ")).status, 413);
}

#[test]
fn every_fault_of_a_signature_looks_the_same() {
    let world = World::start();
    let body = question(1099);
    let right = world.signature(&body);
    let now = SystemTime::now();
    let (prefix, signature) = right.rsplit_once('/').unwrap();
    let faults = [
        String::new(),
        "Basic ZGVtbzpkZW1v".into(),
        right.replace("/demo/", "/nobody/"),
        format!("{prefix}/{}", signature.chars().rev().collect::<String>()),
        world.signature_at(&body, now - Duration::from_secs(901)),
        world.signature_at(&body, now + Duration::from_secs(905)),
        world.signature(&question(1001)),
        right.replace("content-length;content-type;host", "host"),
    ];
    let mut answers = faults.iter().map(|fault| {
        let answer = world.outside().ask("POST", PATH, &[JSON, ("Authorization", fault)], body.as_bytes());
        let mut shape = answer.json();
        shape["timestamp"] = 0.into();
        let mut headers = answer.headers;
        headers.retain(|(name, _)| name != "date");
        (answer.status, headers, shape.to_string())
    });
    let first = answers.next().unwrap();
    assert_eq!(first.0, 401);
    let expected = r#"{"timestamp":0,"status":401,"error":"Unauthorized","message":"The request is not signed, or its signature is not accepted.","path":"/rest/cmsapp/v1/openapi/agent/agentprivatecall"}"#;
    let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
    assert_eq!(first.2, expected.to_string());
    assert!(answers.all(|answer| answer == first));
    let inside_the_window = world.signature_at(&body, now - Duration::from_secs(890));
    let answer = world.outside().ask("POST", PATH, &[JSON, ("Authorization", &inside_the_window)], body.as_bytes());
    assert_eq!(answer.status, 200);
}

#[test]
fn a_client_may_sign_host_alone_whole_seconds_and_an_empty_query_line() {
    let world = World::start();
    let body = question(1099);
    let time = api::auth::SignatureTime::from(SystemTime::now()).to_string();
    let seconds = format!("{}Z", &time[..19]);
    for empty_query in [EmptyQuery::Line, EmptyQuery::NoLine] {
        let headers = [("host", "localhost")];
        let request =
            ToSign { method: "POST", path: PATH, query: None, headers: &headers, body: body.as_bytes(), empty_query };
        let signed = sign(&request, AK, &"demo-secret-key".into(), &seconds).unwrap();
        let headers = [JSON, ("Authorization", signed.authorization.as_str())];
        assert_eq!(world.outside().ask("POST", PATH, &headers, body.as_bytes()).status, 200, "{empty_query:?}");
    }
}

#[test]
fn where_replays_are_refused_a_question_is_answered_once() {
    let world = World::with(|settings| settings.public.refuse_replays = true);
    let body = question(1099);
    let authorization = world.signature(&body);
    let ask = || world.outside().ask("POST", PATH, &[JSON, ("Authorization", &authorization)], body.as_bytes()).status;
    assert_eq!((ask(), ask()), (200, 401));
}

#[test]
fn a_reload_changes_keys_and_certificate() {
    let world = World::start();
    let mut settings = world.settings.clone();
    settings.public.access_keys[0].secrets[0].sk = "another-secret".into();
    world.faces().reload(settings.clone()).unwrap();
    assert_eq!(world.private_calls(&question(1099)).status, 401);
    settings.public.tls.certificate = b"no certificate".to_vec();
    settings.public.access_keys[0].secrets[0].sk = "demo-secret-key".into();
    assert!(world.faces().reload(settings).is_err());
    assert_eq!(world.private_calls(&question(1099)).status, 401, "a reload that fails changes nothing");
    world.faces().reload(world.settings.clone()).unwrap();
    assert_eq!(world.private_calls(&question(1099)).status, 200);
}
