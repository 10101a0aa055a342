//! Requests that nobody means well with. Whatever is sent, the answer is 2xx, 4xx or 503 with a body in JSON.
//! `docs/abuse.md` lists what is tried, with the test that does.

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

/// A request that would be answered, with some of its bytes others, gone or more.
fn nearly_a_request(world: &World) -> impl Strategy<Value = Vec<u8>> + use<> {
    let body = question(1099);
    let authorization = world.signature(&body);
    let (name, value) = JSON;
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: localhost\r\n{name}: {value}\r\nAuthorization: {authorization}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let bytes = prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':'), Just(b'0'), Just(0)];
    let change = (any::<prop::sample::Index>(), 0..3_u8, bytes);
    prop::collection::vec(change, 0..6).prop_map(move |changes| {
        let mut request = request.clone().into_bytes();
        for (at, how, byte) in changes {
            let at = at.index(request.len());
            match how {
                0 => request[at] = byte,
                1 => drop(request.remove(at)),
                _ => request.insert(at, byte),
            }
        }
        request
    })
}

/// Whether what came for some bytes is nothing, or begins with an answer that may be given, well formed.
fn is_an_answer(came: &[u8], asked: &[u8]) -> Result<(), String> {
    if came.is_empty() {
        return Ok(());
    }
    let end = came.windows(4).position(|window| window == b"\r\n\r\n").ok_or("no head")?;
    let head = str::from_utf8(&came[..end]).map_err(|error| error.to_string())?;
    let status = head.strip_prefix("HTTP/1.1 ").or(head.strip_prefix("HTTP/1.0 ")).and_then(|rest| rest.get(..3));
    let status: u16 = status.and_then(|digits| digits.parse().ok()).ok_or("no status")?;
    if !matches!(status, 100 | 200..=299 | 400..=499 | 503) {
        return Err(format!("status {status}"));
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let body = &came[end + 4..][..length.unwrap_or(0)];
    let is_json = || serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|body| body.is_object());
    let is_well_formed = body.is_empty() || asked.starts_with(b"HEAD") || is_json();
    if is_well_formed { Ok(()) } else { Err(format!("the body {:?}", String::from_utf8_lossy(body))) }
}

#[test]
fn any_bytes_on_a_connection_are_answered_or_it_is_closed() {
    let world = World::start();
    let mut runner = TestRunner::new(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() });
    let bytes = prop_oneof![prop::collection::vec(any::<u8>(), 0..2000), nearly_a_request(&world)];
    let result = runner.run(&(bytes, any::<bool>()), |(bytes, is_outside)| {
        let mut client = if is_outside { world.outside() } else { world.inside() };
        // The server may have closed it before everything is sent.
        let _ = client.try_send(&bytes);
        client.finish();
        prop_assert_eq!(is_an_answer(&client.rest(), &bytes), Ok(()));
        Ok(())
    });
    result.unwrap();
}

#[test]
fn every_authorization_that_is_not_right_gets_the_same_answer() {
    let world = World::start();
    let body = question(1099);
    let right = world.signature(&body);
    let wrong = [
        String::new(),
        "auth-v2".into(),
        "auth-v2////".into(),
        right.replace("auth-v2", "AUTH-V2"),
        right.replace("auth-v2", "auth-v1"),
        right.replace("/demo/", "/DEMO/"),
        right.replace("/demo/", "/d\u{e9}mo/"),
        right.replace("/demo/", "//"),
        right.replace("content-length;content-type;host", "content-length;Content-Type;host"),
        right.replace("content-length;content-type;host", "host;content-type;content-length"),
        right.replace("content-length;content-type;host", "content-length;content-type"),
        right.replace("content-length;content-type;host", "authorization;content-length;content-type;host"),
        right.to_uppercase(),
        format!("{right}/"),
        format!("{right} "),
        format!("Bearer {right}"),
        format!("{right}, {right}"),
        right[..right.len() - 1].to_owned(),
        "x".repeat(10_000),
    ];
    let refused = |headers: &[(&str, &str)]| {
        let answer = world.outside().ask("POST", PATH, headers, body.as_bytes());
        let mut shape = answer.json();
        shape["timestamp"] = 0.into();
        let headers = answer.headers.into_iter().filter(|(name, _)| name != "date");
        (answer.status, headers.collect::<Vec<_>>(), shape)
    };
    let without = refused(&[JSON]);
    assert_eq!(without.0, 401);
    for authorization in wrong.iter().filter(|text| text.trim() != right) {
        assert_eq!(refused(&[JSON, ("Authorization", authorization)]), without, "{authorization}");
    }
    assert_eq!(refused(&[JSON, ("Authorization", &right), ("Authorization", &right)]), without);
    let disabled = api::AccessKey { is_enabled: false, ..world.settings.public.access_keys[0].clone() };
    world.faces().access().replace(vec![disabled]).unwrap();
    assert_eq!(refused(&[JSON, ("Authorization", &right)]), without, "also a key that is disabled");
}

#[test]
fn no_refusal_shows_how_we_are_made() {
    let world = World::start();
    let long = "x".repeat(9000);
    let asked = [
        ("POST", PATH, "{\"ccId\":1,\"vdn\":170,\"agentId\":\"'; DROP TABLE audit; --\"}"),
        ("POST", PATH, long.as_str()),
        ("GET", "/rest/cmsapp/v1/openapi/agent/../../../../etc/passwd", ""),
        ("GET", "/api/v1/vdns/170/agents/'", ""),
        ("POST", "/api/v1/sessions", "{\"vdn\":170,\"agent\":1099,\"password\":\"\\u0000\"}"),
        ("GET", "/api/v1/vdns/170/events?after=99999999999999999999", ""),
    ];
    let insides = ["src/", ".rs", "panicked", "SELECT", "sqlite", "serde", "axum", "hyper", "RUST_BACKTRACE", "::"];
    for (method, target, body) in asked {
        let authorization = world.signature_of(target, None, body.as_bytes());
        let answer = world.outside().ask(method, target, &[JSON, ("Authorization", &authorization)], body.as_bytes());
        let shown = format!("{:?} {}", answer.headers, answer.text());
        assert!((200..500).contains(&answer.status) && answer.body.len() < 1000, "{target}: {shown}");
        assert!(!insides.iter().any(|inside| shown.contains(inside)), "{target}: {shown}");
    }
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

#[test]
fn every_test_that_the_table_of_abuse_names_is_there() {
    let sources = [
        include_str!("abuse.rs"),
        include_str!("cms.rs"),
        include_str!("floods.rs"),
        include_str!("http2.rs"),
        include_str!("keys.rs"),
        include_str!("shell.rs"),
        include_str!("v1.rs"),
        include_str!("../authorization/main.rs"),
        include_str!("../../src/auth/clients.rs"),
        include_str!("../../src/cms/field.rs"),
    ];
    let table = include_str!("../../../../docs/abuse.md");
    let named: Vec<&str> = table
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|name| name.rsplit("::").next().unwrap_or(name))
        .filter(|name| name.len() > 20 && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')))
        .collect();
    assert!(named.len() > 30, "{named:?}");
    for name in named {
        let declared = format!("fn {name}(");
        assert!(sources.iter().any(|source| source.contains(&declared)), "there is no test {name}");
    }
}
