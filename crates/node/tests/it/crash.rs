//! A process that is killed in the middle of writing, again and again: nothing that it acknowledged is lost.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use node::{Journal, Node, NodeOptions, Options, Position, Record, Refused, Replay, inspect};

use crate::common::{Chance, Folder, People, VDN};

const FOLDER: &str = "ANTEROOM_TEST_CRASH_FOLDER";
/// How many times the child is killed; for long runs.
const ROUNDS: &str = "ANTEROOM_TEST_CRASH_ROUNDS";
const SEED: &str = "ANTEROOM_TEST_CRASH_SEED";

/// What the child says of each record that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Acknowledged {
    position: Position,
    record: u32,
    state: u64,
}

impl Acknowledged {
    fn of(record: &Record, replay: &Replay) -> Self {
        let checksum = crc32fast::hash(format!("{record:?}").as_bytes());
        Self { position: record.position, record: checksum, state: replay.state().hash() }
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("acknowledged ")?.split(' ');
        let position = Position(words.next()?.parse().ok()?);
        Some(Self { position, record: words.next()?.parse().ok()?, state: words.next()?.parse().ok()? })
    }
}

/// The process that is killed. Lives for ever unless it is.
#[test]
#[ignore = "is started by the crash test"]
fn child() {
    let folder = std::env::var(FOLDER).expect("started by the crash test");
    let seed = std::env::var(SEED).expect("started by the crash test").parse().expect("a number");
    let journal = Journal::sqlite(folder.as_ref(), Options::default()).expect("opens");
    let mut replay = inspect(folder.as_ref()).expect("opens").recover(VDN, None).expect("recovers");
    let options = NodeOptions { snapshot_every: 300, ..NodeOptions::default() };
    let (node, _) = Node::start(&journal, VDN, options).expect("starts");
    let (tell, told) = mpsc::sync_channel(1000);
    node.on_commit(move |record| tell.send(record.clone()).expect("listens"));
    let mut people = People::new(VDN, seed);
    let (done, answers) = mpsc::channel();
    let mut out = std::io::stdout();
    loop {
        for _ in 0..8 {
            let done = done.clone();
            node.submit_then(people.next(), move |answer| done.send(answer).expect("listens"));
        }
        for answer in answers.iter().take(8) {
            assert!(matches!(answer, Ok(_) | Err(Refused::Rejected(_))), "{answer:?}");
        }
        for record in told.try_iter() {
            people.observe(&record);
            // What was decided between the look at the journal and the listening is not told.
            if record.position == replay.position().next() {
                replay.apply(&record).expect("in order");
                let Acknowledged { position, record, state } = Acknowledged::of(&record, &replay);
                writeln!(out, "\nacknowledged {position} {record} {state}").expect("the parent reads");
            }
        }
        out.flush().expect("the parent reads");
    }
}

/// Starts a child, lets it work for a while, kills it, and tells what it had acknowledged.
fn live_and_die(folder: &Path, seed: u64, life: Duration) -> Vec<Acknowledged> {
    let mut child = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "crash::child", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child starts");
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let (first, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let reader = thread::spawn(move || {
        let lines = out.lines().map_while(Result::ok);
        let acknowledged = lines.filter_map(|line| Acknowledged::parse(&line));
        let acknowledged = acknowledged.inspect(|_| first.send(()).unwrap_or(())).collect::<Vec<_>>();
        drop(end);
        acknowledged
    });
    begun.recv_timeout(Duration::from_secs(20)).expect("the child acknowledges something");
    let died = ended.recv_timeout(life);
    assert_eq!(died, Err(mpsc::RecvTimeoutError::Timeout), "the child lives until it is killed");
    child.kill().expect("the child lives");
    child.wait().expect("the child died");
    let mut acknowledged = reader.join().expect("reads");
    // A number may be cut off in the last line.
    acknowledged.pop();
    acknowledged
}

#[test]
fn whatever_was_acknowledged_survives_kill_9() {
    let folder = Folder::new("crash");
    let mut chance = Chance(std::process::id().into());
    let mut total = 0;
    let rounds = std::env::var(ROUNDS).map_or(8, |rounds| rounds.parse().expect("a number"));
    for round in 1..=rounds {
        let life = Duration::from_millis(chance.below(250) as u64);
        let acknowledged = live_and_die(folder.path(), round, life);
        total += acknowledged.len();
        let inspection = inspect(folder.path()).expect("opens");
        let mut replay = Replay::new(VDN);
        let mut expected = acknowledged.iter().peekable();
        for record in inspection.records(VDN, Position::START) {
            let record = record.expect("whole");
            replay.apply(&record).expect("in order");
            if let Some(said) = expected.next_if(|said| said.position == record.position) {
                assert_eq!(Acknowledged::of(&record, &replay), *said, "round {round}, after {life:?}");
            }
        }
        assert_eq!(expected.next(), None, "round {round}, after {life:?}: every acknowledged record is there");
        let recovered = inspection.recover(VDN, None).expect("recovers");
        assert_eq!(recovered.snapshot(), replay.snapshot(), "round {round}: the snapshot and the rest give the same");
    }
    assert!(total > 200, "{total} records in {rounds} lives prove nothing");
}
