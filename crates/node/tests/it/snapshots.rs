//! Snapshots shorten the way back, and nothing depends on a single one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use node::{Health, Journal, Node, NodeOptions, OpenError, Options, Position, Recovery, inspect};

use crate::common::{Folder, People, VDN, live, standing, until};

const EVERY: u64 = 150;

fn start(folder: &Path, options: Options) -> Result<(Node, Recovery), OpenError> {
    let journal = Journal::sqlite(folder, options).expect("opens");
    Node::start(&journal, VDN, NodeOptions { snapshot_every: EVERY, ..NodeOptions::default() })
}

async fn stop(node: Node) {
    tokio::task::spawn_blocking(move || node.stop()).await.expect("stops");
}

/// The VDN's snapshots, the latest last.
fn snapshots(folder: &Path) -> Vec<(u64, PathBuf)> {
    let position = |path: &Path| path.file_stem()?.to_str()?.strip_prefix("170-")?.parse().ok();
    let entries = fs::read_dir(folder.join("snapshots")).expect("a folder");
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| Some((position(&path)?, path)))
        .collect();
    found.sort();
    found
}

/// A folder in which people lived long enough for several snapshots, where they stood, and its snapshots.
async fn lived_in(options: Options) -> (Folder, (u64, Position), Vec<(u64, PathBuf)>) {
    let folder = Folder::new("snapshots");
    let (node, _) = start(folder.path(), options).expect("starts");
    let mut people = People::new(VDN, 31);
    let mut made = Vec::new();
    for _ in 0..20 {
        live(&node, &mut people, 80).await;
        made.extend(snapshots(folder.path()).into_iter().map(|(position, _)| position));
        made.dedup();
    }
    until("several snapshots were made", || snapshots(folder.path()).last().is_some_and(|(at, _)| *at > 400)).await;
    assert_eq!(node.health(), Health::Serving, "engine, follower and journal agree at each of {made:?}");
    let before = standing(&node);
    stop(node).await;
    let kept = snapshots(folder.path());
    assert_eq!(kept.len(), 2, "the latest two are kept: {kept:?}");
    (folder, before, kept)
}

#[tokio::test]
async fn the_latest_good_snapshot_and_the_rest_give_what_all_records_give() {
    let (folder, before, kept) = lived_in(Options::default()).await;
    let start_again = async |expected: Option<u64>| {
        let (node, recovery) = start(folder.path(), Options::default()).expect("starts");
        assert_eq!(standing(&node), before);
        assert_eq!(recovery.snapshot, expected.map(Position));
        assert_eq!(recovery.records_replayed, before.1.0 - expected.unwrap_or(0));
        stop(node).await;
    };
    let [(older, older_path), (latest, latest_path)] = &kept[..] else { panic!("two snapshots") };
    start_again(Some(*latest)).await;
    let mut bytes = fs::read(latest_path).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(latest_path, bytes).expect("writable");
    start_again(Some(*older)).await;
    fs::write(older_path, b"").expect("writable");
    start_again(None).await;
}

#[tokio::test]
async fn a_snapshot_of_another_place_is_passed_over() {
    let (folder, before, kept) = lived_in(Options::default()).await;
    let [(older, older_path), (_, latest_path)] = &kept[..] else { panic!("two snapshots") };
    fs::copy(older_path, latest_path).expect("copied");
    let (node, recovery) = start(folder.path(), Options::default()).expect("starts");
    assert_eq!((standing(&node), recovery.snapshot), (before, Some(Position(*older))));
}

#[tokio::test]
async fn a_journal_that_ends_before_its_snapshot_is_refused() {
    let (folder, _, kept) = lived_in(Options::default()).await;
    let beyond = folder.path().join("snapshots/170-99999.snap");
    fs::copy(&kept[1].1, &beyond).expect("copied");
    let error = Journal::sqlite(folder.path(), Options::default()).expect_err("refused").to_string();
    assert!(error.contains("before its snapshot") && error.contains("170-99999.snap"), "{error}");
}

#[tokio::test]
async fn old_records_are_forgotten_as_far_as_no_recovery_needs_them() {
    let keep_nothing = || Options { keep: Duration::ZERO, ..Options::default() };
    let (folder, before, kept) = lived_in(keep_nothing()).await;
    let older = kept[0].0;
    let (node, recovery) = start(folder.path(), keep_nothing()).expect("starts");
    assert_eq!((standing(&node), recovery.snapshot), (before, Some(Position(kept[1].0))));
    live(&node, &mut People::new(VDN, 77), 400).await;
    until("records are forgotten", || node.subscribe(Position::START).is_err()).await;
    let too_old = node.subscribe(Position::START).expect_err("too old");
    assert!(too_old.kept_after >= Position(older));
    let mut stream = node.subscribe(too_old.kept_after).expect("still kept");
    assert_eq!(stream.next().await.expect("goes on").position, too_old.kept_after.next());
    stop(node).await;
    drop(stream);

    let inspection = inspect(folder.path()).expect("opens");
    let kept_after = inspection.kept_after(VDN).expect("sound");
    let first = inspection.records(VDN, Position::START).next().expect("a record").expect("sound");
    assert_eq!(first.position, kept_after.next(), "records begin where they are still kept");
    let mut replay = inspection.earliest(VDN).expect("a snapshot is kept");
    assert!(replay.position() >= kept_after, "all records after it are kept");
    for record in inspection.records(VDN, replay.position()) {
        replay.apply(&record.expect("sound")).expect("the next one");
    }
    let now = inspection.recover(VDN, None).expect("recovers");
    assert_eq!((replay.position(), replay.state().hash()), (now.position(), now.state().hash()));
    for (_, path) in snapshots(folder.path()) {
        fs::remove_file(path).expect("removed");
    }
    let error = start(folder.path(), keep_nothing()).expect_err("nothing to begin with");
    assert!(matches!(error, OpenError::NothingToBeginWith { vdn: VDN, .. }), "{error}");
}
