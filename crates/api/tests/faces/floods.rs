//! Floods of HTTP/2 frames that cost their sender little. Each ends its connection, or is not read on until its sender
//! reads; and whoever else asks is answered.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::world::{World, question};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// More than the buffers between two sockets hold.
const FLOOD: usize = 64 << 20;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// `GET https://localhost/` in HPACK's static table.
fn request() -> Vec<u8> {
    [&[0x82, 0x84, 0x87, 0x41, 9][..], b"localhost"].concat()
}

/// A connection that speaks HTTP/2 and has said so.
fn connect(world: &World) -> Client {
    let mut client = Client::tls(world.public(), world.tls(&[b"h2"]));
    client.send(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat());
    client
}

/// The frames that still come, until the connection ends: kind, stream, payload.
fn frames(client: &mut Client) -> Vec<(u8, u32, Vec<u8>)> {
    let mut frames = Vec::new();
    let rest = client.rest();
    let mut rest = rest.as_slice();
    while let Some((head, more)) = rest.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let Some((payload, more)) = more.split_at_checked(length) else { break };
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        frames.push((head[3], stream, payload.to_vec()));
        rest = more;
    }
    frames
}

/// The error that the server said good-bye with.
fn goodbye(frames: &[(u8, u32, Vec<u8>)]) -> Option<u32> {
    let last = frames.iter().rev().find(|(kind, ..)| *kind == GOAWAY)?;
    Some(u32::from_be_bytes(last.2[4..8].try_into().unwrap()))
}

/// Whether the server takes less than a flood of `frame` from somebody who does not read.
fn is_dammed(world: &World, frame: &[u8]) -> bool {
    let mut client = connect(world);
    client.write_patience(Duration::from_secs(3));
    let many = frame.repeat((1 << 20) / frame.len());
    let begun = Instant::now();
    let taken = (0..FLOOD / many.len()).take_while(|_| client.try_send(&many).is_ok()).count();
    assert!(begun.elapsed() < Duration::from_secs(60), "the test ends");
    taken < FLOOD / many.len()
}

fn others_are_served(world: &World) {
    assert_eq!(world.private_calls(&question(1099)).status, 200);
}

#[test]
fn requests_that_are_taken_back_at_once_end_the_connection() {
    let world = World::start();
    let taken_back = |index: u32| {
        let stream = 2 * index + 1;
        let asked = frame(HEADERS, END_STREAM | END_HEADERS, stream, &request());
        [asked, frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
    };
    // So few that they come in one record and are read before anything is answered.
    let mut client = connect(&world);
    client.send(&(0..200).flat_map(taken_back).collect::<Vec<u8>>());
    let frames = frames(&mut client);
    assert_eq!(goodbye(&frames), Some(ENHANCE_YOUR_CALM), "{} frames", frames.len());

    let mut client = connect(&world);
    let taken = (0..100).take_while(|round| {
        let flood: Vec<u8> = (0..10_000).map(|index| round * 10_000 + index).flat_map(taken_back).collect();
        client.try_send(&flood).is_ok()
    });
    assert!(taken.count() < 100, "a million requests are taken");
    others_are_served(&world);
}

#[test]
fn headers_that_go_on_without_end_end_the_connection() {
    let world = World::start();
    // A literal header with a name of its own, never indexed: 16 KiB of them in each frame, and then nothing in each.
    let filling = [&[0x10, 1, b'x', 100][..], &[b'y'; 100]].concat().repeat(150);
    for continued in [filling.as_slice(), &[]] {
        let mut client = connect(&world);
        client.write_patience(Duration::from_secs(3));
        let mut is_taken = client.try_send(&frame(HEADERS, 0, 1, &request())).is_ok();
        let next = frame(CONTINUATION, 0, 1, continued).repeat((1 << 16) / (continued.len() + 9));
        let mut sent = 0;
        while is_taken && sent < FLOOD {
            is_taken = client.try_send(&next).is_ok();
            sent += next.len();
        }
        assert!(sent < FLOOD, "{} bytes of header in each frame", continued.len());
    }
    others_are_served(&world);
}

#[test]
fn settings_and_pings_are_answered_only_while_the_answers_are_read() {
    let world = World::start();
    assert!(is_dammed(&world, &frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0])));
    assert!(is_dammed(&world, &frame(PING, 0, 0, &[7; 8])));
    others_are_served(&world);
}

#[test]
fn more_requests_at_once_than_a_connection_may_have_are_refused() {
    let world = World::start();
    let mut client = connect(&world);
    let asked = |index: u32| frame(HEADERS, END_HEADERS, 2 * index + 1, &[&[0x83], &request()[1..]].concat());
    client.send(&(0..200).flat_map(asked).collect::<Vec<u8>>());
    // Streams that nobody knows end the connection, so that what was said before can be read to its end.
    client.send(&frame(DATA, 0, 0, b"x"));
    let frames = frames(&mut client);
    let is_refused =
        |(kind, _, payload): &&(u8, u32, Vec<u8>)| *kind == RST_STREAM && payload[..] == REFUSED_STREAM.to_be_bytes();
    let refused = frames.iter().filter(is_refused).count();
    assert!(refused >= 200 - 128, "{refused} of 200 are refused");
    others_are_served(&world);
}
