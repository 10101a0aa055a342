//! What happens when something is broken. A sound engine does not break, so these begin with states and records that
//! no engine made.

use std::sync::mpsc;

use engine::{
    AgentId, Call, CallId, Caller, Cause, Command, Entry, Event, Image, LegKey, Line, OfferId, Place, Rejection,
    Sender, VdnSettings, Wait,
};

use super::*;
use crate::record::Note;
use crate::shared::Mark;
use crate::snapshot::Snapshot;
use crate::store::{MemoryStore, Store};

const VDN: VdnId = VdnId(170);
const NOBODY: AgentId = AgentId(1999);

/// A call that is offered to an agent who is not there.
fn broken_call(number: u64) -> Call {
    let line = Line::Private(NOBODY);
    let (cause, sender) = (Cause::Dialled, Sender::Caller);
    let wait =
        Wait { line, joined: Timestamp(0), until: Timestamp::MAX, cause, sender, weight_min: 1, widens_at: None };
    let (since, until) = (Timestamp(0), Timestamp::MAX);
    let place = Place::Offered { offer: OfferId(number), agent: NOBODY, since, until, wait };
    Call {
        id: CallId { second: 1, number },
        key: LegKey([number.to_le_bytes()[0]; 16]),
        caller: Caller::Outside("".into()),
        called: "".into(),
        arrived: Timestamp(0),
        priority: 1,
        origin_queue: None,
        hops: 0,
        since: None,
        place,
        keeper: None,
        diverted: Vec::new(),
        not_before: Vec::new(),
        history: Vec::new(),
    }
}

/// The engine cannot carry this out for a [`broken_call`].
fn breaks(number: u64) -> Submission {
    Submission::fact(Command::DeclineOffer { offer: OfferId(number) })
}

fn note(key: &str) -> Submission {
    Submission::notes(vec![Note::set(key, b"")])
}

fn start_with_broken_calls(calls: u64) -> Node {
    let store = MemoryStore::new(JournalId([1; 16]));
    let image = Image {
        vdn: Some(VDN),
        settings: VdnSettings::default(),
        calls: (1..=calls).map(broken_call).collect(),
        calls_made: calls,
        offers_made: calls,
        ..Image::default()
    };
    let (position, notes) = (Position::START, Vec::new());
    let snapshot = Snapshot { vdn: VDN, position, epoch: 0, at: Timestamp(0), image, notes };
    store.save(snapshot).expect("kept");
    Node::start(&Journal::of(Arc::new(store)), VDN, NodeOptions::default()).expect("starts").0
}

fn stopped(node: &Node) -> Option<Arc<str>> {
    match node.health() {
        Health::Stopped(why) => Some(why),
        _ => None,
    }
}

#[tokio::test]
async fn a_command_that_breaks_the_engine_is_answered_and_the_others_go_on() {
    let node = start_with_broken_calls(2);
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    node.on_commit(move |record| {
        if record.position == Position(1) {
            // Until the rest of the batch is in line.
            let _ = wait.lock().expect("one writer").recv();
        }
    });
    let first = node.submit(note("first"));
    assert_eq!(first.await.map(|receipt| receipt.position), Ok(Position(1)));
    let (before, broken, after) = (node.submit(note("before")), node.submit(breaks(1)), node.submit(note("after")));
    drop(go_on);
    assert_eq!(before.await.map(|receipt| receipt.position), Ok(Position(2)));
    assert_eq!(broken.await, Err(Refused::Failed));
    assert_eq!(after.await.map(|receipt| receipt.position), Ok(Position(3)));
    assert_eq!(node.health(), Health::Serving);
    assert!(node.reached(Position(3)).await);
    assert_eq!(node.notes("").len(), 3);
    assert_eq!(node.read(|state, _| state.calls().count()), 2, "what broke changed nothing");
}

#[tokio::test]
async fn an_engine_that_breaks_twice_within_a_minute_stays_stopped() {
    let node = start_with_broken_calls(2);
    assert_eq!(node.submit(breaks(1)).await, Err(Refused::Failed));
    assert!(node.submit(note("between")).await.is_ok());
    assert_eq!(node.submit(breaks(2)).await, Err(Refused::Failed));
    assert_eq!(node.submit(note("after")).await, Err(Refused::Stopped));
    let why = stopped(&node).expect("stopped");
    assert!(why.contains("twice within a minute, now on DeclineOffer"), "{why}");
}

#[tokio::test]
async fn a_rejection_breaks_nothing() {
    let node = start_with_broken_calls(1);
    let refused = node.submit(breaks(2)).await;
    assert_eq!(refused, Err(Refused::Rejected(Rejection::OfferNotPending(OfferId(2)))));
    assert_eq!(stopped(&node), None);
}

#[test]
fn a_record_that_cannot_be_applied_is_no_start() {
    let store = MemoryStore::new(JournalId([1; 16]));
    let (call, at) = (CallId { second: 1, number: 1 }, Timestamp(5));
    let entry = Entry { at, command: Command::Tick, events: vec![Event::HeldChanged { call, held: true }] };
    let record = |position, entry| Arc::new(Record { position, epoch: 1, at, entry, notes: Vec::new() });
    store.append(VDN, &[record(Position(1), None), record(Position(2), Some(entry))]).expect("appended");
    match Node::start(&Journal::of(Arc::new(store)), VDN, NodeOptions::default()) {
        Err(OpenError::Replay { vdn: VDN, position: Position(1), what }) => assert!(what.contains("live"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_follower_that_differs_from_the_engine_stops_the_vdn() {
    let (node, _) = Node::start(&Journal::memory(), VDN, NodeOptions::default()).expect("starts");
    let hash = node.read(|state, _| state.hash());
    node.handle.shared.marks.push(Mark { position: Position(1), hash });
    node.handle.shared.marks.push(Mark { position: Position(2), hash: hash ^ 1 });
    let mut stream = node.subscribe(Position::START).expect("from the start");
    node.submit(note("a")).await.expect("decided");
    assert!(node.reached(Position(1)).await, "the same state is no reason to stop");
    node.submit(note("b")).await.expect("decided");
    assert_eq!(stream.next().await.expect("goes on").position, Position(1));
    assert!(stream.next().await.is_err(), "what is wrong is not streamed");
    let why = stopped(&node).expect("stopped");
    assert!(why.contains("at position 2 the engine's state is"), "{why}");
    assert_eq!(node.submit(note("c")).await, Err(Refused::Stopped));
}
