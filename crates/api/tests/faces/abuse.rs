//! Requests that nobody means well with. Whatever is sent, the answer is 2xx, 4xx or 503 with a body in JSON.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::client::Answer;
use crate::world::{JSON, PATH, World, question};

/// The answer to a request with a signature over this very body.
fn signed(world: &World, body: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(body);
    let authorization = world.signature_of(PATH, None, body);
    let answer = world.outside().ask("POST", PATH, &[JSON, ("Authorization", &authorization)], body);
    assert!(answer.json().is_object(), "{text}");
    answer
}

#[test]
fn any_bytes_are_answered_in_json() {
    let world = World::start();
    let mut runner = TestRunner::new(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() });
    let json = prop_oneof![
        any::<Vec<u8>>(),
        "\\PC{0,64}".prop_map(String::into_bytes),
        "[{}\\[\\]\",:0-9a-z.eE+\\\\ -]{0,64}".prop_map(String::into_bytes),
        ("[0-9eE.+-]{1,12}", "[0-9\"\\[\\]{}a-z.-]{1,12}", "[0-9eE.+-]{1,400}")
            .prop_map(|(cc, vdn, agent)| { format!(r#"{{"ccId":{cc},"vdn":{vdn},"agentId":{agent}}}"#).into_bytes() }),
    ];
    let result = runner.run(&json, |body| {
        let answer = signed(&world, &body);
        prop_assert_eq!(answer.status, 200);
        let code = answer.json()["resultCode"].as_str().unwrap_or_default().to_owned();
        prop_assert!(["0100000", "0100002"].contains(&code.as_str()), "{}", code);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn any_target_method_and_header_is_answered_or_closed() {
    let world = World::start();
    let mut runner = TestRunner::new(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() });
    let method = prop_oneof![Just("POST"), Just("GET"), Just("DELETE"), Just("PATCH"), Just("TRACE"), Just("BREW")];
    let target = prop_oneof![
        Just(PATH.to_owned()),
        "/api/v1/vdns/[0-9a-z%]{1,6}/(agents|queues|calls|events)(/[!-~]{0,12})?",
        "/[!-~]{0,40}",
    ];
    let header = ("[a-zA-Z-]{1,20}", "[ -~]{0,40}");
    let result = runner.run(&(method, target, header), |(method, target, (name, value))| {
        let mut client = world.outside();
        let head =
            format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{name}: {value}\r\n\r\n");
        client.send(head.as_bytes());
        if client.is_closed() {
            return Ok(());
        }
        let answer = client.answer();
        prop_assert!((200..300).contains(&answer.status) || (400..500).contains(&answer.status), "{}", answer.status);
        prop_assert!(answer.body.is_empty() || answer.json().is_object());
        Ok(())
    });
    result.unwrap();
}

#[test]
fn bodies_that_break_readers() {
    let world = World::start();
    let fields = |agent: &str| format!(r#"{{"ccId":1,"vdn":170,"agentId":{agent}}}"#);
    let deep = |open: &str, close: &str| format!(r#"{{"a":{}1{}}}"#, open.repeat(9_000), close.repeat(9_000));
    let bodies = [
        String::new(),
        "null".into(),
        "[]".into(),
        "1e400".into(),
        "-0".into(),
        "\u{feff}{}".into(),
        deep("[", "]"),
        deep(r#"{"a":"#, "}"),
        "[".repeat(65_000),
        fields("-0"),
        fields("1e400"),
        fields("1099.0"),
        fields("0x44b"),
        fields("NaN"),
        fields("\"\\ud800\""),
        fields("\"\\u0000\""),
        fields("99999999999999999999999999999999999999"),
        fields("1099") + "garbage",
        fields("1099") + &fields("1099"),
        r#"{"ccId":1,"vdn":170,"agentId":1099,"agentId":1099}"#.into(),
        r#"{"ccId":1,"vdn":170,"agentId":1099,"x":1,"x":2}"#.into(),
        r#"{"ccId":1,"vdn":170,"agentId":1099,}"#.into(),
        r#"{"ccId":1,"vdn":170,'agentId':1099}"#.into(),
    ];
    for body in bodies {
        let answer = signed(&world, body.as_bytes());
        let shown: String = body.chars().take(80).collect();
        assert_eq!((answer.status, &answer.json()["resultCode"]), (200, &"0100002".into()), "{shown}");
        assert!(answer.body.len() < 512, "{}", answer.text());
    }
    let not_utf_8 = [br#"{"ccId":1,"vdn":170,"agentId":1099,"x":""#.as_slice(), b"\xff\"}"].concat();
    assert_eq!(signed(&world, &not_utf_8).json()["resultCode"], "0100002");
}

#[test]
fn a_path_in_disguise_is_another_path() {
    let world = World::start();
    let body = question(1099);
    let disguises = [
        "//rest/cmsapp/v1/openapi/agent/agentprivatecall",
        "/rest/cmsapp/v1/openapi/agent/./agentprivatecall",
        "/rest/cmsapp/v1/openapi/x/../agent/agentprivatecall",
        "/rest/cmsapp/v1/openapi/agent/%61gentprivatecall",
        "/rest/cmsapp/v1/openapi/agent/agentprivatecall/",
        "/rest/cmsapp/v1/openapi/agent/agentprivatecall%2e",
        "/REST/cmsapp/v1/openapi/agent/agentprivatecall",
    ];
    for target in disguises {
        let authorization = world.signature_of(target, None, body.as_bytes());
        let answer = world.outside().ask("POST", target, &[JSON, ("Authorization", &authorization)], body.as_bytes());
        assert_eq!((answer.status, &answer.json()["status"]), (404, &404.into()), "{target}");
    }
}

#[test]
fn a_query_must_be_the_one_that_was_signed() {
    let world = World::start();
    let body = question(1099);
    let authorization = world.signature_of(PATH, Some("a=1&b=2"), body.as_bytes());
    let ask = |query: &str| {
        let headers = [JSON, ("Authorization", authorization.as_str())];
        world.outside().ask("POST", &format!("{PATH}{query}"), &headers, body.as_bytes()).status
    };
    assert_eq!([ask("?a=1&b=2"), ask("?b=2&a=1")], [200, 200], "the order of parameters means nothing");
    assert_eq!([ask(""), ask("?a=1"), ask("?a=1&b=3"), ask("?a=1&b=2&b=2"), ask("?a=%251&b=2")], [401; 5]);
}

#[test]
fn headers_that_try_to_say_something_else_say_nothing() {
    let world = World::start();
    let body = question(1099);
    let authorization = world.signature(&body);
    let ask = |extra: (&str, &str)| {
        let headers = [JSON, ("Authorization", authorization.as_str()), extra];
        world.outside().ask("POST", PATH, &headers, body.as_bytes()).status
    };
    assert_eq!(ask(("X-HTTP-Method-Override", "DELETE")), 200);
    assert_eq!(ask(("X-Original-URL", "/api/v1/sessions")), 200);
    assert_eq!(ask(("X-Forwarded-Host", "elsewhere")), 200);
    assert_eq!(ask(("Upgrade", "websocket")), 200);
    assert_eq!(ask(("Host", "elsewhere")), 401, "a second host");
    assert_eq!(ask(("Content-Type", "application/json; charset=UTF-8")), 415, "a second content type");
    assert_eq!(ask(("Authorization", &authorization)), 401, "a second authorization");
}

#[test]
fn forms_of_requests_that_we_do_not_take() {
    let world = World::start();
    let status = |head: &str| {
        let mut client = world.outside();
        client.send(head.as_bytes());
        client.head().status
    };
    let absolute = format!("POST https://localhost{PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(status(&absolute), 400);
    assert_eq!(status("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
    assert_eq!(status("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404);
    assert_eq!(status("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"), 400);
    assert_eq!(status("GET /\u{7f} HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(status("GET / HTTP/1.1\r\nHost : localhost\r\n\r\n"), 400);
    assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
    assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"), 400);
    assert_eq!(status("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n"), 400);
}

#[test]
fn the_length_is_not_believed_where_chunks_are_announced() {
    let world = World::start();
    let body = question(1099);
    let mut client = world.inside();
    let head =
        "POST /ccbms/ws/monitor/agentprivatecall HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    client.send(format!("{head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n").as_bytes());
    client.send(format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).as_bytes());
    assert_eq!(client.answer().json()["resultCode"], "0100000");
    assert!(client.is_closed() || client.ask("GET", "/healthz", &[], b"").status == 200);
}

#[test]
fn http_1_0_and_pipelining_work() {
    let world = World::start();
    let mut old = world.inside();
    old.send(b"GET /healthz HTTP/1.0\r\n\r\n");
    assert_eq!(old.answer().text(), r#"{"status":"alive"}"#);
    assert!(old.is_closed());
    let mut client = world.inside();
    client.send(&b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20));
    for _ in 0..20 {
        assert_eq!(client.answer().status, 200);
    }
}
