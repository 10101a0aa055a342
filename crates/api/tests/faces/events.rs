//! A VDN's events as they happen.

use std::time::{Duration, Instant};

use engine::{AgentId, ChangedBy, Command, QueueId, Target};
use serde_json::{Value, json};

use crate::client::Client;
use crate::world::{MONITOR, SUPERVISOR, World};

const EVENTS: &str = "/api/v1/vdns/170/events";

/// An open stream.
struct Stream {
    client: Client,
    text: String,
}

/// One message of it.
#[derive(Debug, PartialEq)]
struct Message {
    event: String,
    id: u64,
    data: Value,
}

impl Stream {
    fn open(world: &World, token: &str, target: &str, last: Option<u64>) -> Self {
        let mut client = world.outside();
        let last = last.map_or(String::new(), |last| format!("Last-Event-ID: {last}\r\n"));
        client.send(
            format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{last}\r\n")
                .as_bytes(),
        );
        let head = client.head();
        assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
        Self { client, text: String::new() }
    }

    /// The next message; none when the stream has ended.
    fn next(&mut self) -> Option<Message> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (message.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                if let Some(event) = field("event:") {
                    let id = field("id:").unwrap().parse().unwrap();
                    let data = serde_json::from_str(field("data:").unwrap()).unwrap();
                    return Some(Message { event: event.to_owned(), id, data });
                }
                continue;
            }
            self.text += str::from_utf8(&self.client.chunk()?).unwrap();
        }
    }

    /// What was on its way still comes; then the stream is over.
    fn ends(&mut self) {
        while let Some(message) = self.next() {
            assert_eq!(message.event, "entry", "{message:?}");
        }
    }

    fn entry(&mut self) -> Message {
        let message = self.next().unwrap();
        assert_eq!(message.event, "entry", "{message:?}");
        assert_eq!(message.data["position"], message.id);
        message
    }
}

fn types(message: &Message) -> Vec<&str> {
    let events = message.data["events"].as_array().unwrap();
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[test]
fn a_stream_starts_with_a_snapshot_and_goes_on_from_its_position() {
    let world = World::start();
    world.sign_in(1099);
    let talk = world.talk(1099, "+4930111222");
    let mut stream = Stream::open(&world, MONITOR, EVENTS, None);
    let snapshot = stream.next().unwrap();
    assert_eq!((snapshot.event.as_str(), &snapshot.data["vdn"]), ("snapshot", &170.into()));
    assert_eq!(snapshot.data["position"], snapshot.id);
    assert_eq!(snapshot.data["agents"].as_array().unwrap().len(), 4);
    assert_eq!(snapshot.data["queues"].as_array().unwrap().len(), 2);
    let call = &snapshot.data["calls"][0];
    assert_eq!((&call["call"], &call["caller"]["number"]), (&talk.to_string().into(), &"********222".into()));
    assert_eq!(call["place"]["kind"], "talking");

    let private = world.call("+4930333444", Target::Agent(AgentId(1099)));
    let arrived = stream.entry();
    assert_eq!((arrived.id, types(&arrived)), (snapshot.id + 1, vec!["CallArrived", "CallQueued"]));
    let [arrival, queued] = arrived.data["events"].as_array().unwrap().as_slice() else { panic!("{arrived:?}") };
    assert_eq!(arrival["caller"], json!({"kind": "outside", "number": "********444"}));
    assert_eq!(queued["line"], json!({"kind": "private", "agent": 1099}));
    world.submit(Command::CallerLeft { call: private });
    let left = stream.entry();
    assert_eq!(left.data["events"][0]["outcome"], json!({"kind": "abandoned"}));
    assert_eq!(left.id, arrived.id + 1);
}

#[test]
fn a_supervisor_sees_numbers() {
    let world = World::start();
    let mut stream = Stream::open(&world, SUPERVISOR, EVENTS, None);
    stream.next().unwrap();
    world.call("+4930333444", Target::Queue(QueueId(2)));
    assert_eq!(stream.entry().data["events"][0]["caller"]["number"], "+4930333444");
}

#[test]
fn a_stream_is_resumed_without_gap_or_repeat() {
    let world = World::start();
    let token = world.session(1001);
    let mut whole = Stream::open(&world, &token, EVENTS, None);
    let start = whole.next().unwrap().id;
    let mut entries = Vec::new();
    for round in 0..30 {
        let call = world.call(&format!("+4930{round:03}"), Target::Queue(QueueId(2)));
        world.submit(Command::CallerLeft { call });
    }
    for _ in 0..60 {
        entries.push(whole.entry());
    }
    assert!(entries.iter().zip(start + 1..).all(|(entry, position)| entry.id == position));

    let mut resumed = Vec::new();
    let mut last = start;
    while resumed.len() < 60 {
        let target = format!("{EVENTS}?after={start}");
        let mut stream = Stream::open(&world, &token, &target, (last > start).then_some(last));
        for _ in 0..7.min(60 - resumed.len()) {
            resumed.push(stream.entry());
        }
        last = resumed.last().unwrap().id;
    }
    assert_eq!(resumed, entries);
}

#[test]
fn a_position_that_cannot_be_resumed_points_to_a_fresh_snapshot() {
    let world = World::start();
    let position = world.node.read(|_, position| position).0;
    let answer = world.v1(MONITOR, "GET", &format!("{EVENTS}?after={}", position + 1000), "");
    let problem = answer.json();
    assert_eq!((answer.status, &problem["name"]), (410, &"PositionUnknown".into()));
    assert_eq!(problem["values"], json!({"position": position, "snapshot": EVENTS}));
    for wrong in ["?after=x", "?before=1"] {
        assert_eq!(world.v1(MONITOR, "GET", &format!("{EVENTS}{wrong}"), "").status, 400);
    }
}

#[test]
fn entries_that_are_no_longer_kept_are_gone() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let options = node::NodeOptions { snapshot_every: 100, ring_max: 8, ..node::NodeOptions::default() };
    let world = World::on(runtime, options, |_| ());
    let begun = Instant::now();
    let answer = loop {
        let call = world.call("+4930111", Target::Queue(QueueId(2)));
        world.submit(Command::CallerLeft { call });
        let is_forgotten = world.node.subscribe(node::Position(1)).is_err();
        if is_forgotten {
            break world.v1(MONITOR, "GET", &format!("{EVENTS}?after=1"), "");
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "the first records are forgotten");
    };
    let problem = answer.json();
    assert_eq!((answer.status, &problem["name"]), (410, &"PositionTooOld".into()));
    assert_eq!(problem["values"]["snapshot"], EVENTS);
    let kept_after = problem["values"]["kept_after"].as_u64().unwrap();
    let mut stream = Stream::open(&world, MONITOR, &format!("{EVENTS}?after={kept_after}"), None);
    assert_eq!(stream.entry().id, kept_after + 1, "read from the journal");
}

#[test]
fn a_stream_ends_with_the_server_and_with_its_session() {
    let mut world = World::start();
    let token = world.session(1001);
    let mut ending = Stream::open(&world, &token, EVENTS, None);
    let mut lasting = Stream::open(&world, MONITOR, EVENTS, None);
    ending.next().unwrap();
    lasting.next().unwrap();
    let begun = Instant::now();
    assert_eq!(world.v1(&token, "DELETE", "/api/v1/sessions/current", "").status, 204);
    ending.ends();
    assert!(begun.elapsed() < Duration::from_secs(18));
    let faces = world.faces.take().unwrap();
    let begun = Instant::now();
    world.runtime.block_on(faces.stop(Duration::from_secs(10)));
    assert!(begun.elapsed() < Duration::from_secs(10), "it did not wait for the streams: {:?}", begun.elapsed());
    lasting.ends();
}

#[test]
fn there_are_as_many_streams_as_there_may_be() {
    let world = World::with(|settings| settings.limits.event_streams = 1);
    let mut stream = Stream::open(&world, MONITOR, EVENTS, None);
    stream.next().unwrap();
    let refused = world.v1(MONITOR, "GET", EVENTS, "");
    assert_eq!((refused.status, &refused.json()["name"]), (429, &"TooManyStreams".into()));
    drop(stream);
    world.submit(Command::SignIn { agent: AgentId(1002), by: ChangedBy::Agent });
    let begun = Instant::now();
    while world.v1(MONITOR, "HEAD", EVENTS, "").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "places are given back");
    }
}

#[test]
fn a_reader_that_stops_reading_is_not_waited_for() {
    let world = World::start();
    let mut slow = Stream::open(&world, MONITOR, EVENTS, None);
    let start = slow.next().unwrap().id;
    for round in 0..2000 {
        let call = world.call(&format!("+4930{round:04}"), Target::Queue(QueueId(2)));
        world.submit(Command::CallerLeft { call });
    }
    for position in start + 1..=start + 4000 {
        assert_eq!(slow.entry().id, position);
    }
}

#[test]
fn what_refused_a_treatment_is_told() {
    let world = World::start();
    world.configure(|floor| {
        let to_agent = engine::Treatment { action: engine::Action::Agent(AgentId(1003)), fallback: None };
        floor.queues[1].treatments.no_agents = to_agent;
    });
    let mut stream = Stream::open(&world, MONITOR, EVENTS, None);
    assert_eq!(stream.next().unwrap().event, "snapshot");
    let call = world.call("+4930444", Target::Queue(QueueId(2)));
    let events = stream.entry().data["events"].clone();
    let refused = events.as_array().unwrap().iter().find(|event| event["type"] == "TreatmentRefused");
    let expected = json!({
        "type": "TreatmentRefused", "call": call.to_string(), "queue": 2, "situation": "no_agents",
        "action": {"kind": "agent", "agent": 1003}, "reason": {"kind": "agent_signed_out"},
    });
    assert_eq!(refused, Some(&expected));
}
