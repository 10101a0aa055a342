//! The port to the library, over real sockets: what a transaction layer must do whoever wrote it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{Bench, Line, Phone, Request, header, response, settings, status, trusting};
use leg::{Headers, Method, Response, ServerTxn};
use sip::place::{Destination, Flow, Place};
use sip::settings::Transport;
use sip::wire::{ClientTxn, FromWire};

const URI: &str = "sip:8001@demo.example";

async fn request(bench: &mut Bench) -> (ServerTxn, leg::Request, Flow) {
    match bench.next().await {
        FromWire::Request { txn, request, flow } => (txn, request, flow),
        other => panic!("not a request: {other:?}"),
    }
}

/// A response as a leg makes it: with all but what the wire adds.
fn answer(request: &leg::Request, status: u16) -> Response {
    let mut response = Response::new(status);
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let value = request.headers.get(name).unwrap();
        let tagged =
            if name == "To" && !value.contains("tag=") { format!("{value};tag=ours") } else { value.to_owned() };
        response.headers.push(name, &tagged);
    }
    response
}

fn invite(call: &str) -> leg::Request {
    ours(Method::Invite, call)
}

fn ours(method: Method, call: &str) -> leg::Request {
    let cseq = format!("7 {method}");
    leg::Request::new(method, "sip:1001@127.0.0.1")
        .with("From", "<sip:8001@demo.example>;tag=ours")
        .with("To", "<sip:1001@demo.example>")
        .with("Call-ID", call)
        .with("CSeq", &cseq)
        .with("Max-Forwards", "70")
}

fn to(phone: &Phone) -> Destination {
    Destination::Place(Place { transport: Transport::Udp, address: phone.address() })
}

#[tokio::test]
async fn an_invite_is_told_once_and_answered_each_time_it_is_repeated() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    let text = phone.request("INVITE", URI, &Request { body: "v=0\r\n", ..Request::new("c1", 1) });
    phone.send(&text).await;
    assert_eq!(status(&phone.receive().await), Some(100));
    let (txn, request, flow) = request(&mut bench).await;
    assert_eq!((request.uri(), &*request.body, flow.remote), (URI, b"v=0\r\n".as_slice(), phone.address()));
    assert!(!request.headers.has("Via"));
    phone.send(&text).await;
    assert_eq!(status(&phone.receive().await), Some(100), "repeated while it waits");
    bench.wire.respond(txn, &answer(&request, 180));
    assert_eq!(status(&phone.receive().await), Some(180));
    bench.wire.respond(txn, &answer(&request, 200));
    let ok = phone.receive().await;
    assert_eq!((status(&ok), header(&ok, "Via").contains("branch=z9hG4bKINVITEc11")), (Some(200), true));
    phone.send(&text).await;
    assert_eq!(status(&phone.receive().await), Some(200), "repeated after the answer");
    bench.wire.respond(txn, &answer(&request, 200));
    assert_eq!(phone.receive().await, ok, "the leg repeats its 2xx");
    bench.is_quiet().await;
    phone.send(&phone.request("ACK", URI, &Request { to: ";tag=ours", ..Request::new("c1x", 1) })).await;
    assert!(matches!(bench.next().await, FromWire::Ack { .. }));
    assert_eq!(bench.wire.waiting(), 0);
}

#[tokio::test]
async fn a_refusal_is_repeated_until_its_ack_which_stays_below() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    phone.send(&phone.request("INVITE", URI, &Request::new("c2", 1))).await;
    let (txn, request, _) = request(&mut bench).await;
    bench.wire.respond(txn, &answer(&request, 486));
    let refusal = phone.status(486).await;
    assert_eq!(phone.receive().await, refusal, "timer G");
    phone.send(&phone.request("ACK", URI, &Request { to: ";tag=ours", ..Request::new("c2", 1) })).await;
    bench.is_quiet().await;
    assert_eq!(phone.receive_within(Duration::from_millis(1500)).await, None, "no more after the ACK");
}

#[tokio::test]
async fn a_cancel_finds_its_invite() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    let unknown = phone.ask("CANCEL", URI, &Request::new("c3", 1)).await;
    assert_eq!(status(&unknown), Some(481));
    phone.send(&phone.request("INVITE", URI, &Request::new("c4", 1))).await;
    let (invite, request, _) = request(&mut bench).await;
    phone.send(&phone.request("CANCEL", URI, &Request::new("c4", 1).with("Reason: SIP;cause=200\r\n"))).await;
    let ok = phone.status(200).await;
    assert!(header(&ok, "CSeq").ends_with("CANCEL"), "{ok}");
    match bench.next().await {
        FromWire::Cancel { txn, headers, .. } => {
            assert_eq!((txn, headers.get("Reason")), (invite, Some("SIP;cause=200")))
        }
        other => panic!("{other:?}"),
    }
    bench.wire.respond(invite, &answer(&request, 487));
    phone.status(487).await;
    phone.send(&phone.request("ACK", URI, &Request { to: ";tag=ours", ..Request::new("c4", 1) })).await;
    bench.is_quiet().await;
}

#[tokio::test]
async fn every_2xx_to_our_invite_is_told() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    let txn = ClientTxn(5);
    bench.wire.send(txn, Some("z9hG4bKours"), invite("o1"), to(&phone));
    let text = phone.receive().await;
    let via = header(&text, "Via");
    assert!(via.contains("branch=z9hG4bKours"), "{via}");
    assert!(via.contains(&bench.address(Transport::Udp).to_string()), "{via}");
    assert_eq!(phone.receive().await, text, "timer A");
    for line in ["100 Trying", "180 Ringing", "200 OK"] {
        phone.send(&response(&text, line, "")).await;
        match bench.next().await {
            FromWire::Response { txn: told, response, .. } => {
                assert_eq!((told, response.status().to_string().as_str()), (txn, &line[..3]));
            }
            other => panic!("{other:?}"),
        }
    }
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        phone.send(&response(&text, "200 OK", "")).await;
        assert!(matches!(bench.next().await, FromWire::Response { txn: ClientTxn(5), .. }));
    }
    let ack = ours(Method::Ack, "o1");
    bench.wire.ack(&ack, to(&phone));
    let ack = phone.receive().await;
    assert!(ack.starts_with("ACK ") && !header(&ack, "Via").contains("z9hG4bKours"), "{ack}");
}

#[tokio::test]
async fn a_refusal_of_our_invite_is_acknowledged_below() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    bench.wire.send(ClientTxn(6), Some("z9hG4bKo2"), invite("o2").with("Route", "<sip:127.0.0.1;lr>"), to(&phone));
    let text = phone.receive().await;
    for _ in 0..2 {
        phone.send(&response(&text, "486 Busy Here", "")).await;
        let ack = phone.receive().await;
        assert!(ack.starts_with("ACK sip:1001@127.0.0.1 ") && header(&ack, "Via").contains("z9hG4bKo2"), "{ack}");
        assert!(header(&ack, "To").ends_with("tag=phone") && header(&ack, "Route").contains(";lr"), "{ack}");
    }
    assert!(matches!(bench.next().await, FromWire::Response { response, .. } if response.status() == 486));
    bench.is_quiet().await;
}

#[tokio::test]
async fn our_cancel_is_of_the_invites_branch() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    bench.wire.send(ClientTxn(7), Some("z9hG4bKo3"), invite("o3"), to(&phone));
    let text = phone.receive().await;
    phone.send(&response(&text, "180 Ringing", "")).await;
    bench.next().await;
    bench.wire.cancel(ClientTxn(7), Headers::new().with("Reason", "SIP;cause=200;text=\"elsewhere\""));
    let cancel = phone.receive().await;
    assert_eq!(header(&cancel, "Via"), header(&text, "Via"));
    assert_eq!((header(&cancel, "CSeq"), header(&cancel, "Call-ID")), ("7 CANCEL", "o3"));
    assert!(header(&cancel, "Reason").contains("elsewhere"));
    assert_eq!(phone.receive().await, cancel, "repeated until it is answered");
    phone.send(&response(&cancel, "200 OK", "")).await;
    phone.send(&response(&text, "487 Request Terminated", "")).await;
    assert!(phone.receive().await.starts_with("ACK "));
    assert!(matches!(bench.next().await, FromWire::Response { response, .. } if response.status() == 487));
    bench.is_quiet().await;
}

#[tokio::test]
async fn an_abandoned_invite_is_silent_until_a_late_2xx() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    bench.wire.send(ClientTxn(8), None, invite("o4"), to(&phone));
    let text = phone.receive().await;
    bench.wire.abandon(ClientTxn(8));
    assert_eq!(phone.receive_within(Duration::from_millis(800)).await, None, "not repeated any more");
    bench.is_quiet().await;
    phone.send(&response(&text, "200 OK", "")).await;
    assert!(matches!(bench.next().await, FromWire::Response { txn: ClientTxn(8), .. }));
}

#[tokio::test]
async fn a_stream_is_one_flow_however_it_is_cut() {
    let mut bench = Bench::start(trusting());
    let mut line = Line::connect(bench.address(Transport::Tcp)).await;
    let text = "OPTIONS sip:demo.example SIP/2.0\r\nv: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKt1\r\nf: <sip:a@d>;tag=1\r\n\
                t: <sip:b@d>\r\ni: t1\r\nCSeq: 1 OPTIONS\r\nl: 3\r\n\r\nabc";
    for byte in text.as_bytes() {
        line.send(std::str::from_utf8(&[*byte]).unwrap()).await;
    }
    let (txn, request, flow) = request(&mut bench).await;
    assert_eq!((&*request.body, flow.transport, flow.connection > 0), (b"abc".as_slice(), Transport::Tcp, true));
    bench.wire.respond(txn, &answer(&request, 200));
    assert_eq!(status(&line.receive().await.unwrap()), Some(200));
    bench.wire.send(ClientTxn(9), None, invite("t2"), Destination::Flow(flow));
    let ours = line.receive().await.unwrap();
    assert!(ours.starts_with("INVITE ") && header(&ours, "Via").starts_with("SIP/2.0/TCP"), "{ours}");
    drop(line);
    let events = [bench.next().await, bench.next().await];
    let failed =
        |event: &FromWire| matches!(event, FromWire::Failed { txn: ClientTxn(9), why: leg::Failure::Transport });
    assert!(events.iter().any(failed), "{events:?}");
    assert!(events.iter().any(|event| matches!(event, FromWire::Closed { flow: closed } if *closed == flow)));
    bench.wire.send(ClientTxn(10), None, invite("t3"), Destination::Flow(flow));
    assert!(failed_with(bench.next().await, 10), "nobody else gets it");
}

fn failed_with(event: FromWire, number: u64) -> bool {
    matches!(event, FromWire::Failed { txn, why: leg::Failure::Transport } if txn == ClientTxn(number))
}

#[tokio::test]
async fn we_connect_where_no_connection_is() {
    let mut bench = Bench::start(trusting());
    let listener = tokio::net::TcpListener::bind(common::loopback(0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let place = Destination::Place(Place { transport: Transport::Tcp, address });
    bench.wire.send(ClientTxn(1), None, invite("d1"), place);
    bench.wire.send(ClientTxn(2), None, invite("d2"), place);
    let (stream, _) = listener.accept().await.unwrap();
    drop(listener);
    drop(stream);
    let mut failed = 0;
    while failed < 2 {
        if matches!(bench.next().await, FromWire::Failed { .. }) {
            failed += 1;
        }
    }
    bench.wire.send(ClientTxn(3), None, invite("d3"), place);
    loop {
        if failed_with(bench.next().await, 3) {
            break;
        }
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_up_nobody() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    let mut deaf = Line::connect(bench.address(Transport::Tcp)).await;
    let text = "OPTIONS sip:demo.example SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKd1\r\nFrom: <sip:a@d>;tag=1\r\n\
                To: <sip:b@d>\r\nCall-ID: d1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    deaf.send(text).await;
    let (txn, request_, flow) = request(&mut bench).await;
    bench.wire.respond(txn, &answer(&request_, 200));
    for number in 0..20_000 {
        let body = vec![b'x'; 2000];
        let info = ours(Method::Info, "d2").with_body("text/plain", body);
        bench.wire.send(ClientTxn(number), None, info, Destination::Flow(flow));
    }
    phone.send(&phone.request("OPTIONS", URI, &Request::new("p1", 1))).await;
    let (mut answered, mut closed) = (false, false);
    while !answered || !closed {
        match bench.next().await {
            FromWire::Request { txn, request, .. } => {
                bench.wire.respond(txn, &answer(&request, 200));
                phone.status(200).await;
                answered = true;
            }
            FromWire::Closed { flow: gone } => closed = gone == flow,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_strangers_request_costs_one_answer_and_no_memory() {
    let mut bench = Bench::start(settings());
    let phone = bench.phone().await;
    phone.send(&phone.request("INVITE", URI, &Request::new("s1", 1))).await;
    let (txn, request, _) = request(&mut bench).await;
    bench.wire.respond(txn, &answer(&request, 403));
    assert_eq!(status(&phone.receive().await), Some(403), "no 100 before it");
    assert_eq!(phone.receive_within(Duration::from_millis(1200)).await, None, "not repeated");
    assert_eq!((bench.wire.kept(), bench.wire.waiting()), ((0, 0), 0));
}

#[tokio::test]
async fn above_the_bound_new_requests_are_turned_away_and_dialogs_go_on() {
    let mut small = trusting();
    small.limits.transactions = 2;
    let mut bench = Bench::start(small);
    let phone = bench.phone().await;
    for call in ["b1", "b2"] {
        phone.send(&phone.request("OPTIONS", URI, &Request::new(call, 1))).await;
        request(&mut bench).await;
    }
    let busy = phone.ask("OPTIONS", URI, &Request::new("b3", 1)).await;
    assert_eq!(status(&busy), Some(503), "{busy}");
    assert!((3..=7).contains(&header(&busy, "Retry-After").parse::<u32>().unwrap()));
    phone.send(&phone.request("BYE", URI, &Request { to: ";tag=x", ..Request::new("b4", 1) })).await;
    let (_, bye, _) = request(&mut bench).await;
    assert_eq!(bye.method, Method::Bye);
}

#[tokio::test]
async fn nothing_malformed_gets_through_or_stops_us() {
    let mut bench = Bench::start(trusting());
    let phone = bench.phone().await;
    let good = phone.request("OPTIONS", URI, &Request { body: "abc", ..Request::new("m1", 1) });
    let broken = [
        ("OPTIONS sip", "JUMP sip", Some(405)),
        ("SIP/2.0\r\n", "SIP/7.0\r\n", Some(505)),
        ("Content-Length: 3", "Content-Length: 9999", Some(400)),
        ("CSeq: 1 OPTIONS", "CSeq: 1 INVITE", Some(400)),
        ("Max-Forwards: 70", "Max-Forwards: 70\0", Some(400)),
        ("\r\n\r\n", "\r\n", None),
        ("Call-ID", "X-Call-ID", None),
        ("sip:8001@demo.example SIP", "<sip:8001@demo.example> SIP", None),
        ("sip:8001@demo.example SIP", "sip:@:99999999 SIP", None),
        ("From: <sip:tester@demo.example>;tag=fm1", "From: ;;;\"", None),
        ("Via: SIP/2.0/UDP", "Via: \u{fe}\u{ff}", None),
    ];
    for (from, to, expected) in broken {
        phone.send(&good.replacen(from, to, 1)).await;
        if let Some(expected) = expected {
            assert_eq!(status(&phone.receive().await), Some(expected), "{to}");
        }
        while let Ok(event) = bench.inbox.try_recv() {
            if let FromWire::Request { txn, request, .. } = event {
                bench.wire.respond(txn, &answer(&request, 400));
            }
        }
    }
    for len in [0, 1, 3, 4, 100, 8191, 8192, 8193, 60_000] {
        phone.send_bytes(&vec![b'\r'; len]).await;
        phone.send_bytes(&vec![0xff; len]).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    while phone.receive_within(Duration::from_millis(50)).await.is_some() {}
    while bench.inbox.try_recv().is_ok() {}
    phone.send(&phone.request("OPTIONS", URI, &Request::new("alive", 1))).await;
    let (txn, request, _) = request(&mut bench).await;
    bench.wire.respond(txn, &answer(&request, 200));
    phone.status(200).await;
}
