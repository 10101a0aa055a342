//! Streams of records: without gap or repeat, at anybody's pace.

use std::time::Duration;

use engine::VdnId;
use node::{Journal, Node, NodeOptions, Note, Options, Position, Submission, SubscriptionError, TooOld};

use crate::common::{Folder, People, VDN, live, until};

/// A ring so small that whoever does not keep up has to read the journal.
fn small_ring() -> NodeOptions {
    NodeOptions { ring_max: 8, ..NodeOptions::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_at_any_pace_get_every_record_once() {
    let folder = Folder::new("streams");
    for journal in [Journal::memory(), Journal::sqlite(folder.path(), Options::default()).expect("opens")] {
        let (node, _) = Node::start(&journal, VDN, small_ring()).expect("starts");
        let pauses = [None, Some(Duration::ZERO), Some(Duration::from_millis(1))];
        let streams = pauses.map(|pause| {
            let mut stream = node.subscribe(Position::START).expect("from the start");
            tokio::spawn(async move {
                let mut records = Vec::new();
                while let Ok(record) = stream.next().await {
                    records.push(record);
                    match pause {
                        Some(pause) if records.len() % 7 == 0 => tokio::time::sleep(pause).await,
                        _ => {}
                    }
                }
                records
            })
        });
        let mut told = live(&node, &mut People::new(VDN, 11), 1500).await;
        let (first, rest) = (told.remove(0), told);
        let mut late = node.subscribe(Position(1)).expect("after the first");
        tokio::task::spawn_blocking(move || node.stop()).await.expect("stops");
        for record in &rest {
            assert_eq!(&late.next().await.expect("goes on"), record);
        }
        assert!(matches!(late.next().await, Err(SubscriptionError::Stopped)));
        for stream in streams {
            let records = stream.await.expect("a stream");
            assert_eq!(records.len(), rest.len() + 1);
            assert!(records[0] == first && records[1..] == rest, "every record, once, in order");
        }
    }
}

#[tokio::test]
async fn a_stream_sees_only_what_the_follower_has_applied() {
    let (node, _) = Node::start(&Journal::memory(), VDN, NodeOptions::default()).expect("starts");
    let mut stream = node.subscribe(Position::START).expect("from the start");
    for n in 1..=200_u64 {
        node.submit(Submission::notes(vec![Note::set("n", &n.to_le_bytes())])).await.expect("decided");
        let record = stream.next().await.expect("goes on");
        assert_eq!(record.position, Position(n));
        assert!(node.read(|_, position| position) >= record.position);
    }
}

#[tokio::test]
async fn dropping_a_wait_loses_no_record() {
    let (node, _) = Node::start(&Journal::memory(), VDN, NodeOptions::default()).expect("starts");
    let mut stream = node.subscribe(Position::START).expect("from the start");
    let mut seen = 0;
    for n in 1..=300_u64 {
        node.submit_then(Submission::notes(vec![Note::set("n", &n.to_le_bytes())]), drop);
        if let Ok(record) = tokio::time::timeout(Duration::from_micros(n % 50), stream.next()).await {
            seen += 1;
            assert_eq!(record.expect("goes on").position, Position(seen));
        }
    }
    while seen < 300 {
        seen += 1;
        assert_eq!(stream.next().await.expect("goes on").position, Position(seen));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_no_longer_kept_cannot_be_subscribed_to() {
    let (journal, vdn) = (Journal::memory(), VdnId(9));
    let options = NodeOptions { snapshot_every: 100, ring_max: 8, ..NodeOptions::default() };
    let (node, _) = Node::start(&journal, vdn, options).expect("starts");
    let mut behind = node.subscribe(Position::START).expect("from the start");
    let mut people = People::new(vdn, 3);
    until("the first records are forgotten", || {
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| runtime.block_on(live(&node, &mut people, 50)));
        node.subscribe(Position::START).is_err()
    })
    .await;
    let TooOld { asked, kept_after } = node.subscribe(Position::START).expect_err("too old");
    assert_eq!(asked, Position::START);
    assert!(kept_after >= Position(100));
    assert!(node.subscribe(kept_after).is_ok());
    match behind.next().await {
        Err(SubscriptionError::TooOld(too_old)) => assert_eq!(too_old.asked, Position::START),
        other => panic!("{other:?}"),
    }
}
