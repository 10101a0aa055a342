//! A journal that is not what was written is refused: whatever is read from it is right, or nothing is.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use engine::VdnId;
use node::{Journal, Node, NodeOptions, OpenError, Options, Position, Record, StoreError, inspect};
use rusqlite::Connection;

use crate::common::{Chance, Folder, People, VDN, live};

/// All that a journal says: its end, the hash of its state, and its records.
type Said = (Position, u64, Vec<Arc<Record>>);

fn open(folder: &Path) -> Result<Journal, OpenError> {
    Journal::sqlite(folder, Options::default())
}

/// Opens it as a server would, and reads every record.
fn say(folder: &Path) -> Result<Said, OpenError> {
    let journal = open(folder)?;
    let (node, recovery) = Node::start(&journal, VDN, NodeOptions::default())?;
    let hash = node.read(|state, _| state.hash());
    node.stop();
    let inspection = inspect(folder)?;
    let first = inspection.kept_after(VDN)?;
    // What the start itself decided is not part of the damage.
    let records = inspection.records(VDN, first).take(usize::try_from(recovery.position.0).expect("few"));
    Ok((recovery.position, hash, records.collect::<Result<_, _>>()?))
}

/// A journal in which people lived; copied while it was open, so that all is in the WAL, or closed in order.
async fn lived_in(is_closed: bool) -> Folder {
    let folder = Folder::new("damage");
    let journal = open(folder.path()).expect("opens");
    let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).expect("starts");
    live(&node, &mut People::new(VDN, 21), 300).await;
    if is_closed {
        tokio::task::spawn_blocking(move || node.stop()).await.expect("stops");
        drop(journal);
        folder
    } else {
        Folder::copy_of(folder.path(), "damage-open")
    }
}

/// Flips one bit in each of `count` places of a file of the journal, one after the other; answers how many were refused.
fn flip_and_say(original: &Folder, file: &str, count: usize) -> usize {
    let said = say(Folder::copy_of(original.path(), "sound").path()).expect("the journal is sound");
    let length = fs::metadata(original.path().join(file)).expect("a file").len();
    let mut chance = Chance(length);
    let mut refused = 0;
    for nth in 0..count {
        let folder = Folder::copy_of(original.path(), "flipped");
        let path = folder.path().join(file);
        let mut bytes = fs::read(&path).expect("readable");
        // The first 128 bytes, each; then anywhere.
        let at = if nth < 128.min(bytes.len()) { nth } else { chance.below(bytes.len()) };
        let bit = chance.below(8);
        bytes[at] ^= 1 << bit;
        fs::write(&path, bytes).expect("writable");
        match say(folder.path()) {
            Err(_) => refused += 1,
            Ok(other) => assert!(other == said, "bit {bit} of byte {at} of {file} goes unnoticed"),
        }
    }
    refused
}

#[tokio::test]
async fn a_flipped_bit_in_the_database_never_changes_what_is_read() {
    let folder = lived_in(true).await;
    let wal = fs::metadata(folder.path().join("journal.sqlite-wal"));
    assert!(wal.is_err() || wal.is_ok_and(|wal| wal.len() == 0), "it was closed in order");
    let refused = flip_and_say(&folder, "journal.sqlite", 500);
    assert!(refused > 150, "most bytes mean something, but only {refused} flips of 500 were refused");
}

#[tokio::test]
async fn a_flipped_bit_in_the_wal_never_loses_what_was_acknowledged() {
    let folder = lived_in(false).await;
    let refused = flip_and_say(&folder, "journal.sqlite-wal", 300);
    assert!(refused > 100, "only {refused} flips of 300 were refused");
}

#[tokio::test]
async fn a_lost_tail_is_noticed() {
    let folder = lived_in(false).await;
    let said = say(Folder::copy_of(folder.path(), "sound").path()).expect("sound");
    let wal = folder.path().join("journal.sqlite-wal");
    let half = fs::metadata(&wal).expect("a file").len() / 2;
    fs::File::options().write(true).open(&wal).and_then(|file| file.set_len(half)).expect("cut");
    let error = open(folder.path()).expect_err("refused").to_string();
    assert!(error.contains("were acknowledged"), "{error}");
    // Who knows what is missing can say so.
    fs::remove_file(folder.path().join("journal.acknowledged")).expect("removed");
    let (position, _, records) = say(folder.path()).expect("goes on without the tail");
    assert!(position < said.0 && records == said.2[..records.len()]);
}

#[tokio::test]
async fn a_flipped_bit_in_the_count_of_acknowledged_records_is_refused() {
    let folder = lived_in(true).await;
    assert_eq!(flip_and_say(&folder, "journal.acknowledged", 12), 12);
}

#[tokio::test]
async fn a_missing_record_is_named() {
    for (delete, missing) in [("position = 40", "record 40 "), ("position > 80", "the last"), ("position = 1", "first")]
    {
        let folder = lived_in(true).await;
        let database = Connection::open(folder.path().join("journal.sqlite")).expect("opens");
        database.execute(&format!("DELETE FROM records WHERE {delete}"), []).expect("deletes");
        drop(database);
        let error = say(folder.path()).expect_err("refused").to_string();
        assert!(error.contains("damaged") && error.contains(missing), "{error}");
    }
}

#[tokio::test]
async fn a_record_in_the_wrong_place_is_named() {
    let folder = lived_in(true).await;
    let database = Connection::open(folder.path().join("journal.sqlite")).expect("opens");
    let swap = "UPDATE records SET bytes = (SELECT bytes FROM records WHERE position = 50) WHERE position = 49";
    database.execute(swap, []).expect("swaps");
    drop(database);
    let error = say(folder.path()).expect_err("refused").to_string();
    assert!(error.contains("record 49 of VDN 170: its bytes are those of record 50"), "{error}");
}

#[tokio::test]
async fn a_database_that_is_gone_is_not_made_anew() {
    let folder = lived_in(true).await;
    fs::remove_file(folder.path().join("journal.sqlite")).expect("removed");
    let error = open(folder.path()).expect_err("refused").to_string();
    assert!(error.contains("it is missing, but should hold"), "{error}");
    assert!(!folder.path().join("journal.sqlite").exists());
    fs::write(folder.path().join("journal.sqlite"), []).expect("writable");
    let error = open(folder.path()).expect_err("refused").to_string();
    assert!(error.contains("it is empty, but should hold"), "{error}");
    fs::write(folder.path().join("journal.sqlite"), "what is this?".repeat(100)).expect("writable");
    let error = open(folder.path()).expect_err("refused");
    assert!(matches!(error, OpenError::Store(StoreError::Damaged { .. })), "{error}");
}

#[tokio::test]
async fn a_journal_of_a_newer_server_is_refused() {
    let folder = lived_in(true).await;
    let database = Connection::open(folder.path().join("journal.sqlite")).expect("opens");
    let id: Vec<u8> = database.query_row("SELECT id FROM meta", [], |row| row.get(0)).expect("an id");
    let checksum = crc32fast::hash(&[&2_u32.to_le_bytes()[..], &id].concat());
    database.execute("UPDATE meta SET format = 2, checksum = ?1", [checksum]).expect("updates");
    drop(database);
    let error = open(folder.path()).expect_err("refused");
    assert!(matches!(error, OpenError::TooNew { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn two_processes_cannot_write_one_journal() {
    let folder = Folder::new("lock");
    let journal = open(folder.path()).expect("opens");
    let (node, _) = Node::start(&journal, VdnId(1), NodeOptions::default()).expect("starts");
    let error = open(folder.path()).expect_err("refused");
    let OpenError::InUse { path, by } = &error else { panic!("{error}") };
    assert_eq!(path, &folder.path().join("journal.lock"));
    assert_eq!(by, &format!("process {}", std::process::id()));
    drop(journal);
    assert!(open(folder.path()).is_err(), "a node holds its journal open");
    node.stop();
    open(folder.path()).expect("opens again");
}
