//! What bounds a client that is slow, large or many.

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::world::{JSON, PATH, World, question};

#[test]
fn a_head_that_does_not_come_ends_the_connection_after_ten_seconds() {
    let world = World::start();
    let begun = Instant::now();
    let half_a_head = b"POST /ccbms/ws/monitor/agentprivatecall HTTP/1.1\r\nHost: ";
    let mut clients = [world.inside(), world.outside(), world.inside(), world.outside()];
    for client in &mut clients[..2] {
        client.send(half_a_head);
    }
    // The TLS handshake of the last one is done; it just sends no request.
    clients[3].send(b"");
    let ended = thread::scope(|scope| {
        let waiting = clients.each_mut().map(|client| scope.spawn(|| (client.is_closed(), begun.elapsed())));
        waiting.map(|thread| thread.join().unwrap())
    });
    for (is_closed, after) in ended {
        assert!(is_closed);
        assert!((Duration::from_secs(9)..Duration::from_secs(15)).contains(&after), "{after:?}");
    }
}

#[test]
fn a_handshake_that_does_not_come_ends_the_connection_after_five_seconds() {
    let world = World::start();
    let begun = Instant::now();
    let mut client = Client::plain(world.public());
    client.send(&[0x16, 0x03, 0x01]);
    assert!(client.is_closed());
    let after = begun.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(9)).contains(&after), "{after:?}");
}

#[test]
fn a_body_that_comes_drop_by_drop_is_given_up_after_thirty_seconds() {
    let world = World::start();
    let begun = Instant::now();
    let head =
        format!("POST {PATH} HTTP/1.1\r\nHost: localhost\r\n{}: {}\r\nContent-Length: 60000\r\n\r\n", JSON.0, JSON.1);
    let mut client = world.outside();
    client.send(head.as_bytes());
    client.read_patience(Duration::from_millis(500));
    while begun.elapsed() < Duration::from_secs(60) && !client.has_more() {
        if client.try_send(b"x").is_err() {
            break;
        }
    }
    let after = begun.elapsed();
    assert_eq!(client.answer().status, 408);
    assert!((Duration::from_secs(29)..Duration::from_secs(45)).contains(&after), "{after:?}");
}

#[test]
fn idle_connections_beyond_the_bound_are_closed_and_the_others_are_served() {
    let world = World::with(|settings| {
        settings.limits.connections = 100;
        settings.limits.connections_per_source = 100;
    });
    let mut idle: Vec<Client> = (0..100).map(|_| world.inside()).collect();
    for client in &mut idle {
        assert_eq!(client.ask("GET", "/healthz", &[], b"").status, 200);
    }
    for _ in 0..2000 {
        assert!(world.inside().is_closed());
    }
    for client in &mut idle {
        assert_eq!(client.ask("GET", "/healthz", &[], b"").status, 200);
    }
    assert_eq!(world.private_calls(&question(1099)).status, 200, "the other listener has bounds of its own");
}

#[test]
fn a_source_has_as_many_connections_as_it_may() {
    let world = World::with(|settings| settings.limits.connections_per_source = 3);
    let mut clients = [world.inside(), world.inside(), world.inside()];
    for client in &mut clients {
        assert_eq!(client.ask("GET", "/healthz", &[], b"").status, 200);
    }
    assert!(world.inside().is_closed());
    drop(clients);
    let begun = Instant::now();
    let is_free = || {
        let mut client = world.inside();
        client.try_send(b"GET /healthz HTTP/1.0\r\n\r\n").is_ok() && !client.is_closed()
    };
    while !is_free() {
        assert!(begun.elapsed() < Duration::from_secs(5), "places are given back");
    }
}

#[test]
fn a_large_body_is_drained_so_that_its_sender_sees_the_answer() {
    let world = World::start();
    let body = vec![b'x'; 1 << 20];
    for mut client in [world.inside(), world.outside()] {
        let target = if client.ask("GET", "/healthz", &[], b"").status == 200 {
            "/ccbms/ws/monitor/agentprivatecall"
        } else {
            PATH
        };
        let answer = client.ask("POST", target, &[JSON], &body);
        assert_eq!(answer.status, 413);
        assert_eq!(answer.json()["message"], "The body is larger than 64 KiB.");
        assert!(client.is_closed());
    }
}

#[test]
fn an_answer_that_needs_no_body_arrives_while_the_body_is_sent() {
    let world = World::start();
    let body = vec![b'x'; 300 * 1024];
    let asked = [("PUT", PATH, 405), ("POST", "/nothing", 404), ("POST", "/api/v1/vdns/170/agents/1099/transfer", 401)];
    for (method, target, status) in asked {
        for _ in 0..10 {
            assert_eq!(world.outside().ask(method, target, &[JSON], &body).status, status);
        }
    }
}

#[test]
fn a_larger_body_is_refused_before_it_is_sent() {
    let world = World::start();
    for head in [
        "Content-Length: 1048577\r\n\r\n",
        "Content-Length: 99999999999\r\n\r\n",
        "Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n",
    ] {
        let mut client = world.inside();
        let start = "POST /ccbms/ws/monitor/agentprivatecall HTTP/1.1\r\nHost: localhost\r\n";
        client.send(format!("{start}Content-Type: application/json\r\n{head}").as_bytes());
        assert_eq!(client.answer().status, 413, "{head}");
    }
}

#[test]
fn a_body_in_chunks_is_bounded_as_well() {
    let world = World::start();
    let mut client = world.inside();
    let start =
        "POST /ccbms/ws/monitor/agentprivatecall HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    client.send(format!("{start}Transfer-Encoding: chunked\r\n\r\n").as_bytes());
    let body = question(1099);
    let (left, right) = body.split_at(7);
    for part in [left, right] {
        client.send(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes());
    }
    client.send(b"0\r\n\r\n");
    assert_eq!(client.answer().json()["resultCode"], "0100000");
    client.send(format!("{start}Transfer-Encoding: chunked\r\n\r\n").as_bytes());
    let chunk = [b"8000\r\n".as_slice(), &vec![b' '; 0x8000], b"\r\n"].concat();
    for _ in 0..3 {
        client.send(&chunk);
    }
    client.send(b"0\r\n\r\n");
    assert_eq!(client.answer().status, 413);
}

#[test]
fn heads_are_bounded_in_bytes_and_in_headers() {
    let world = World::start();
    let many: String = (0..101).map(|index| format!("X-{index}: 1\r\n")).collect();
    let large = format!("X: {}\r\n", "x".repeat(17 * 1024));
    for headers in [many, large] {
        let mut client = world.inside();
        client.send(format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").as_bytes());
        assert_eq!(client.head().status, 431);
    }
    let fits: String = (0..99).map(|index| format!("X-{index}: {}\r\n", "x".repeat(100))).collect();
    let mut client = world.inside();
    client.send(format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{fits}\r\n").as_bytes());
    assert_eq!(client.answer().status, 200);
}

#[test]
fn both_versions_of_tls_and_none_before() {
    let world = World::start();
    let config = |version: &'static rustls::SupportedProtocolVersion| {
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(world.certificate()).unwrap();
        std::sync::Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    };
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut client = Client::tls(world.public(), config(version));
        assert_eq!(client.ask("GET", "/api/v1/openapi.json", &[], b"").status, 200);
    }
    let mut old = Client::plain(world.public());
    // A ClientHello of TLS 1.0 with one cipher suite of its time.
    let hello = [&[0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1][..], &[7; 32], &[0, 0, 2, 0, 0x2f, 1, 0]].concat();
    old.send(&hello);
    let alert = old.bytes(7);
    assert_eq!((alert[0], alert[5]), (0x15, 2), "a fatal alert");
}

#[test]
fn a_stop_lets_an_open_request_run_to_its_end() {
    let mut world = World::start();
    let mut asking = world.inside();
    let mut idle = world.inside();
    assert_eq!(idle.ask("GET", "/healthz", &[], b"").status, 200);
    let body = question(1099);
    let start =
        "POST /ccbms/ws/monitor/agentprivatecall HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    asking.send(format!("{start}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
    assert_eq!(asking.head().status, 100, "the request is being served");
    let address = world.faces().internal_address();
    let faces = world.faces.take().unwrap();
    let stopping = world.runtime.spawn(faces.stop(Duration::from_secs(10)));
    assert!(idle.is_closed());
    // Listener and idle connections close side by side.
    let patience = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < patience, "nobody new is let in while it stops");
    }
    assert!(!stopping.is_finished());
    asking.send(body.as_bytes());
    assert_eq!(asking.answer().status, 200);
    let begun = Instant::now();
    world.runtime.block_on(stopping).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
}
