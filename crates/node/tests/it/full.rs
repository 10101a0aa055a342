//! A journal that cannot be written.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::Command;
use node::{Health, Journal, Node, NodeOptions, Note, Options, Position, Refused, Submission, inspect};
use rusqlite::Connection;

use crate::common::{Folder, People, VDN, floor, live, standing, until};

fn big_note(n: u32) -> Submission {
    Submission::notes(vec![Note::set("test/big", &n.to_le_bytes().repeat(2500))])
}

#[tokio::test]
async fn a_full_journal_refuses_all_and_serves_again_once_there_is_room() {
    let folder = Folder::new("full");
    let options = Options { size_max: Some(400_000), ..Options::default() };
    let journal = Journal::sqlite(folder.path(), options).expect("opens");
    let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).expect("starts");
    live(&node, &mut People::new(VDN, 8), 100).await;
    let mut last = Position::START;
    let mut written = 0;
    let refused = loop {
        match node.submit(big_note(written)).await {
            Ok(receipt) => (last, written) = (receipt.position, written + 1),
            Err(refused) => break refused,
        }
        assert!(written < 100, "400 kB are full after 40 notes of 10 kB");
    };
    assert_eq!(refused, Refused::JournalFull);
    until("health says so", || node.health() == Health::JournalFull).await;
    assert!(node.reached(last).await);
    let full = standing(&node);
    assert_eq!(full.1, last, "nothing of what was refused is so");
    let configured = || Submission::wish(Command::Configure(floor(VDN)));
    assert_eq!(node.submit(configured()).await, Err(Refused::JournalFull));
    assert_eq!(node.submit(big_note(0)).await, Err(Refused::JournalFull));

    journal.limit(Duration::from_secs(1), None);
    until("there is room", || node.health() == Health::Serving).await;
    assert!(node.submit(configured()).await.is_ok(), "changes nothing, and is accepted again");
    let receipt = node.submit(big_note(9)).await.expect("decided");
    assert_eq!(receipt.position, last.next(), "no position is lost");
    live(&node, &mut People::new(VDN, 9), 100).await;
    let before = standing(&node);
    tokio::task::spawn_blocking(move || node.stop()).await.expect("stops");
    let replay = inspect(folder.path()).expect("opens").recover(VDN, None).expect("recovers");
    assert_eq!((replay.state().hash(), replay.position()), before);
}

/// On a real file system of a few megabytes, which only root can make:
/// `mount -t tmpfs -o size=4m none /mnt/small; ANTEROOM_TEST_SMALL_DISK=/mnt/small cargo test -- --ignored small_disk`.
#[tokio::test]
#[ignore = "needs a file system of a few megabytes, named by ANTEROOM_TEST_SMALL_DISK"]
async fn a_small_disk_that_is_full_is_a_full_journal() {
    let disk = PathBuf::from(std::env::var_os("ANTEROOM_TEST_SMALL_DISK").expect("named"));
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![1; 1 << 20]).expect("a megabyte fits");
    let journal = Journal::sqlite(&disk.join("data"), Options::default()).expect("opens");
    let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).expect("starts");
    let mut last = node.read(|_, position| position);
    for round in 1..=3 {
        let refused = loop {
            match node.submit(big_note(round)).await {
                Ok(receipt) => last = receipt.position,
                Err(refused) => break refused,
            }
        };
        assert_eq!(refused, Refused::JournalFull);
        assert!(node.reached(last).await);
        assert_eq!(standing(&node).1, last);
        if round == 1 {
            std::fs::remove_file(&ballast).expect("removed");
            until("there is room", || node.health() == Health::Serving).await;
        }
    }
    let before = standing(&node);
    tokio::task::spawn_blocking(move || node.stop()).await.expect("stops");
    let replay = inspect(&disk.join("data")).expect("opens").recover(VDN, None).expect("recovers");
    assert_eq!((replay.state().hash(), replay.position()), before);
}

#[tokio::test]
async fn any_other_write_error_calls_for_the_end_of_the_process() {
    let folder = Folder::new("broken");
    let called = Arc::new(AtomicBool::new(false));
    let calls = Arc::clone(&called);
    let on_write_error = Arc::new(move |_: &_| calls.store(true, Ordering::SeqCst));
    let options = Options { on_write_error, ..Options::default() };
    let journal = Journal::sqlite(folder.path(), options).expect("opens");
    let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).expect("starts");
    assert!(node.submit(big_note(1)).await.is_ok());
    let thief = Connection::open(folder.path().join("journal.sqlite")).expect("opens");
    thief.execute_batch("ALTER TABLE records RENAME TO stolen").expect("renames");
    assert_eq!(node.submit(big_note(2)).await, Err(Refused::OutcomeUnknown));
    assert!(called.load(Ordering::SeqCst));
    until("the VDN is stopped", || matches!(node.health(), Health::Stopped(_))).await;
    assert_eq!(node.submit(big_note(3)).await, Err(Refused::Stopped));
    thief.execute_batch("ALTER TABLE stolen RENAME TO records").expect("renames");
    tokio::task::spawn_blocking(move || node.stop()).await.expect("stops");
    drop(journal);
    let inspection = inspect(folder.path()).expect("opens");
    assert_eq!(inspection.last(VDN).expect("sound"), Position(1), "a broken journal is never written again");
}
