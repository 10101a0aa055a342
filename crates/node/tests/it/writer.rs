//! The writer: what it answers, in which order, and when it does not.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use engine::{AgentId, ChangedBy, Command, Event, Floor, OfferEnd, Queue, Rejection, Target, VdnId};
use node::{Health, Journal, Node, NodeOptions, Note, OpenError, Options, Position, Recovery, Refused, Submission};

use crate::common::{Folder, People, SALES, VDN, arrive, floor, live, standing, until};

fn start(journal: &Journal) -> (Node, Recovery) {
    Node::start(journal, VDN, NodeOptions::default()).expect("the VDN starts")
}

fn configure(floor: Floor) -> Submission {
    Submission::wish(Command::Configure(floor))
}

#[tokio::test]
async fn an_answer_carries_the_record_and_the_follower_reaches_it() {
    let (node, recovery) = start(&Journal::memory());
    assert_eq!((recovery.position, recovery.live_calls), (Position::START, 0));
    let receipt = node.submit(configure(floor(VDN))).await.expect("accepted");
    assert_eq!(receipt.position, Position(1));
    assert!(matches!(receipt.record.entry.as_ref().expect("an entry").events[0], Event::VdnNamed(VDN)));
    assert!(node.reached(receipt.position).await);
    assert_eq!(node.read(|state, position| (state.agents().count(), position)), (8, Position(1)));
    assert!(!node.reached(Position(2)).await, "nobody decided a second record");
}

#[tokio::test]
async fn a_rejection_is_answered_by_name_and_its_notes_are_kept() {
    let (node, _) = start(&Journal::memory());
    node.submit(configure(floor(VDN))).await.expect("accepted");
    let nobody = Command::SignIn { agent: AgentId(4711), by: ChangedBy::Agent };
    let refused = node.submit(Submission::wish(nobody).with_notes(vec![Note::set("sip/binding/4711", b"x")])).await;
    assert_eq!(refused, Err(Refused::Rejected(Rejection::NoSuchAgent(AgentId(4711)))));
    assert!(node.reached(Position(2)).await);
    assert_eq!(node.notes("sip/binding/"), [("sip/binding/4711".into(), b"x"[..].into())]);
    let other = node.submit(configure(floor(VdnId(171)))).await;
    assert_eq!(other, Err(Refused::Rejected(Rejection::WrongVdn(VdnId(171)))));
}

#[tokio::test]
async fn a_repeated_arrival_is_told_its_call() {
    let (node, _) = start(&Journal::memory());
    node.submit(configure(floor(VDN))).await.expect("accepted");
    let arrival = || Submission::wish(arrive(1, Target::Queue(SALES)));
    let receipt = node.submit(arrival()).await.expect("accepted");
    let Event::CallArrived { call, .. } = receipt.record.entry.as_ref().expect("an entry").events[0] else {
        panic!("{receipt:?}")
    };
    assert_eq!(node.submit(arrival()).await, Err(Refused::Rejected(Rejection::AlreadyArrived(call))));
}

#[tokio::test]
async fn askers_are_answered_before_edges_and_edges_before_the_follower() {
    let (node, _) = start(&Journal::memory());
    let log = Arc::new(Mutex::new(Vec::new()));
    let (to_log, reader) = (Arc::clone(&log), node.clone());
    node.on_commit(move |record| {
        let applied = reader.read(|_, position| position);
        to_log.lock().expect("a log").push(format!("edge {} while {applied} is applied", record.position));
    });
    let (done, answered) = mpsc::channel();
    for key in ["a", "b"] {
        let (to_log, done) = (Arc::clone(&log), done.clone());
        let note = Submission::notes(vec![Note::set(key, b"")]);
        node.submit_then(note, move |receipt| {
            to_log.lock().expect("a log").push(format!("asker {}", receipt.expect("decided").position));
            done.send(()).expect("the test listens");
        });
        answered.recv_timeout(Duration::from_secs(5)).expect("answered");
        assert!(node.reached(Position(1)).await);
    }
    until("both records were told", || log.lock().expect("a log").len() == 4).await;
    let expected = ["asker 1", "edge 1 while 0 is applied", "asker 2", "edge 2 while 1 is applied"];
    assert_eq!(*log.lock().expect("a log"), expected);
}

#[tokio::test]
async fn what_falls_due_happens_by_itself() {
    let (node, _) = start(&Journal::memory());
    let ring_max = Duration::from_millis(30);
    let queue = Queue { ring_max, ..Queue::new(SALES, "Sales") };
    node.submit(configure(Floor { queues: vec![queue], ..floor(VDN) })).await.expect("accepted");
    let mut stream = node.subscribe(Position::START).expect("from the start");
    let agent = AgentId(1001);
    node.submit(Submission::wish(Command::SignIn { agent, by: ChangedBy::Agent })).await.expect("accepted");
    // The agent's phone is there or not, as the engine has it for somebody new.
    let _ = node.submit(Submission::fact(Command::PhoneFound { agent })).await;
    node.submit(Submission::wish(arrive(1, Target::Queue(SALES)))).await.expect("accepted");
    let (mut offered, mut expired) = (None, None);
    while expired.is_none() {
        let record = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.expect("soon").expect("goes on");
        for event in record.entry.iter().flat_map(|entry| &entry.events) {
            match event {
                Event::OfferMade { .. } => offered = offered.or(Some(record.at)),
                Event::OfferEnded { how: OfferEnd::Expired, .. } => {
                    assert_eq!(record.entry.as_ref().map(|entry| &entry.command), Some(&Command::Tick));
                    expired = Some(record.at);
                }
                _ => {}
            }
        }
    }
    let rang = expired.expect("expired").since(offered.expect("offered"));
    assert!(rang >= ring_max && rang < ring_max + Duration::from_secs(2), "it rang for {rang:?}");
}

/// A node whose writer stands still in an edge until the sender is dropped.
fn stuck(inbox_max: usize) -> (Node, mpsc::Sender<()>) {
    let options = NodeOptions { inbox_max, ..NodeOptions::default() };
    let (node, _) = Node::start(&Journal::memory(), VDN, options).expect("the VDN starts");
    let (go_on, wait) = mpsc::channel::<()>();
    let (reached, stands) = mpsc::channel();
    let wait = Mutex::new(wait);
    node.on_commit(move |_| {
        let _ = reached.send(());
        let _ = wait.lock().expect("one writer").recv();
    });
    node.submit_then(Submission::notes(vec![Note::set("a", b"")]), drop);
    stands.recv_timeout(Duration::from_secs(5)).expect("the writer is in the edge");
    (node, go_on)
}

#[tokio::test]
async fn wishes_find_no_room_long_before_facts_do() {
    let (node, go_on) = stuck(2);
    let (done, answers) = mpsc::channel();
    let submit = |submission: Submission, name: &'static str| {
        let done = done.clone();
        node.submit_then(submission, move |answer| done.send((name, answer.map(|_| ()))).expect("the test listens"));
    };
    let wish = || Submission::wish(Command::Configure(floor(VDN)));
    (0..3).for_each(|_| submit(wish(), "wish"));
    assert_eq!(answers.try_iter().collect::<Vec<_>>(), [("wish", Err(Refused::Busy))]);
    (0..7).for_each(|_| submit(Submission::fact(Command::Tick), "fact"));
    assert_eq!(answers.try_iter().collect::<Vec<_>>(), [("fact", Err(Refused::Busy))]);
    drop(go_on);
    let rest: Vec<_> = (0..8).map(|_| answers.recv_timeout(Duration::from_secs(5)).expect("answered")).collect();
    let names: Vec<_> = rest.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, [["wish"; 2].as_slice(), &["fact"; 6]].concat(), "first come, first decided");
    assert!(rest.iter().all(|(_, answer)| *answer == Ok(())));
}

#[tokio::test]
async fn a_wish_that_waited_too_long_is_refused_and_a_fact_is_not() {
    let (node, go_on) = stuck(9);
    let wish = node.submit(Submission::wish(Command::Configure(floor(VDN))));
    let fact = node.submit(Submission::fact(Command::Configure(floor(VDN))));
    tokio::time::sleep(Duration::from_millis(5_100)).await;
    let late = node.submit(Submission::wish(Command::Tick));
    drop(go_on);
    assert_eq!(wish.await, Err(Refused::TooLate));
    assert_eq!(fact.await.map(|receipt| receipt.position), Ok(Position(2)));
    assert_eq!(late.await.map(|receipt| receipt.position), Ok(Position(2)));
}

#[tokio::test]
async fn a_stopped_vdn_has_answered_everybody_and_starts_again_where_it_was() {
    let folder = Folder::new("restart");
    for journal in [Journal::memory(), Journal::sqlite(folder.path(), Options::default()).expect("opens")] {
        let (node, _) = start(&journal);
        let id = node.journal_id();
        assert!(matches!(Node::start(&journal, VDN, NodeOptions::default()), Err(OpenError::AlreadyStarted(VDN))));
        let records = live(&node, &mut People::new(VDN, 5), 400).await;
        let answers: Vec<_> =
            (0..50).map(|n: u8| node.submit(Submission::notes(vec![Note::set("test/n", &[n])]))).collect();
        let other = node.clone();
        tokio::task::spawn_blocking(move || node.stop()).await.expect("stops");
        for answer in answers {
            assert!(answer.await.is_ok(), "what was submitted before is decided");
        }
        assert_eq!(other.submit(Submission::wish(Command::Tick)).await, Err(Refused::Stopped));
        assert!(matches!(other.health(), Health::Stopped(_)));
        let before = standing(&other);
        assert_eq!(before.1, Position(records.len() as u64 + 50));
        let live_calls = other.read(|state, _| state.calls().count());

        let (again, recovery) = start(&journal);
        assert_eq!(standing(&again), before, "what is true survives");
        assert_eq!((recovery.position, recovery.live_calls, again.journal_id()), (before.1, live_calls, id));
        assert_eq!(again.notes("test/n"), [("test/n".into(), [49_u8][..].into())]);
        assert!(again.now() >= records.last().expect("records").at, "time goes on");
        let receipt = again.submit(Submission::notes(vec![Note::set("x", b"")])).await.expect("decided");
        assert_eq!((receipt.record.epoch, records[0].epoch), (2, 1), "each start is a new term");
    }
}

#[tokio::test]
async fn the_last_clone_of_a_node_stops_its_vdn() {
    let journal = Journal::memory();
    let (node, _) = start(&journal);
    let mut stream = node.subscribe(Position::START).expect("from the start");
    node.submit(Submission::notes(vec![Note::set("a", b"")])).await.expect("decided");
    drop(node);
    assert_eq!(stream.next().await.expect("what was committed").position, Position(1));
    assert!(stream.next().await.is_err(), "then the stream ends");
    until("the VDN can start again", || Node::start(&journal, VDN, NodeOptions::default()).is_ok()).await;
}

#[tokio::test]
async fn an_edge_that_panics_stops_its_vdn_and_no_other() {
    let journal = Journal::memory();
    let (node, _) = start(&journal);
    let (other, _) = Node::start(&journal, VdnId(171), NodeOptions::default()).expect("another VDN starts");
    node.on_commit(|record| assert!(record.position < Position(2), "the test's edge breaks on purpose"));
    let note = |key: &str| Submission::notes(vec![Note::set(key, b"")]);
    node.submit(note("a")).await.expect("decided");
    node.submit(note("b")).await.expect("decided: the edge comes after the answer");
    until("it is stopped", || matches!(node.health(), Health::Stopped(_))).await;
    let Health::Stopped(why) = node.health() else { panic!("stopped") };
    assert!(why.contains("breaks on purpose"), "{why}");
    assert_eq!(node.submit(note("c")).await, Err(Refused::Stopped));
    assert!(other.submit(note("d")).await.is_ok());
}

#[tokio::test]
async fn vdns_share_a_journal_and_keep_to_themselves() {
    let folder = Folder::new("vdns");
    let journal = Journal::sqlite(folder.path(), Options::default()).expect("opens");
    let vdns: Vec<_> = (1..=5).map(VdnId).collect();
    let mut lives = Vec::new();
    for vdn in &vdns {
        let (node, _) = Node::start(&journal, *vdn, NodeOptions::default()).expect("starts");
        let vdn = *vdn;
        lives.push(tokio::spawn(async move {
            live(&node, &mut People::new(vdn, vdn.0.into()), 200).await;
            standing(&node)
        }));
    }
    let mut standings = Vec::new();
    for life in lives {
        standings.push(life.await.expect("lives"));
    }
    drop(journal);
    let mut journal = None;
    until("all nodes are gone", || {
        journal = Journal::sqlite(folder.path(), Options::default()).ok();
        journal.is_some()
    })
    .await;
    let journal = journal.expect("opened");
    for (vdn, before) in vdns.into_iter().zip(standings) {
        let (node, _) = Node::start(&journal, vdn, NodeOptions::default()).expect("starts");
        assert_eq!(standing(&node), before);
        assert_eq!(node.read(|state, _| state.vdn()), Some(vdn));
    }
}
