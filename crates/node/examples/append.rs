//! How fast a VDN decides and journals: `cargo run --release -p node --example append -- FOLDER [SECONDS]`.
//!
//! Each turn is a call that arrives in a queue without agents, or leaves it: a command, a record and an answer. Beside it
//! stands what the same disk takes to sync 4 KiB, for that is what a durable answer cannot be faster than.

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use engine::{CallId, Caller, Command, Event, Floor, LegKey, Queue, QueueId, Target, VdnId, VdnSettings};
use node::{Journal, Node, NodeOptions, Options, Receipt, Recovery, Refused, Submission};

const VDN: VdnId = VdnId(1);
const SALES: QueueId = QueueId(1);

type Outcome<T> = Result<T, Box<dyn Error>>;
type Answer = (Instant, Result<Receipt, Refused>);

/// Waits of one kind.
struct Waits(Vec<Duration>);

impl Waits {
    fn per_mille(&mut self, part: usize) -> Duration {
        self.0.sort_unstable();
        self.0.get(self.0.len() * part / 1000).copied().unwrap_or_default()
    }

    fn report(mut self, what: &str, took: Duration) {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let rate = self.0.len() as f64 / took.as_secs_f64();
        let [p50, p99, p999] = [500, 990, 999].map(|part| self.per_mille(part));
        println!("{what:44} {rate:>10.0}/s   p50 {p50:>10.1?}   p99 {p99:>10.1?}   p99.9 {p999:>10.1?}");
    }
}

/// Appends 4 KiB to a file and syncs it, again and again.
fn bench_fsync(folder: &Path, time: Duration) -> Outcome<()> {
    let path = folder.join("fsync.bench");
    let mut file = File::create(&path)?;
    let (mut waits, start) = (Waits(Vec::new()), Instant::now());
    while start.elapsed() < time {
        let begun = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        waits.0.push(begun.elapsed());
    }
    waits.report("write 4 KiB and fdatasync", start.elapsed());
    Ok(std::fs::remove_file(path)?)
}

/// Keeps `in_flight` turns waiting for their answer.
fn bench_turns(what: &str, journal: &Journal, in_flight: usize, time: Duration) -> Outcome<()> {
    let (node, _) = Node::start(journal, VDN, NodeOptions::default())?;
    let floor = Floor {
        vdn: VDN,
        settings: VdnSettings::default(),
        queues: vec![Queue::new(SALES, "Sales")],
        agents: Vec::new(),
    };
    let (done, answers) = mpsc::channel::<Answer>();
    let submit = |command| {
        let (done, begun) = (done.clone(), Instant::now());
        // The last answers come when nobody counts any more.
        node.submit_then(Submission::fact(command), move |answer| done.send((begun, answer)).unwrap_or(()));
    };
    submit(Command::Configure(floor));
    answers.recv()?.1?;
    let (mut waits, mut next, start) = (Waits(Vec::new()), 0, Instant::now());
    (0..in_flight).for_each(|_| submit(arrive(&mut next)));
    while start.elapsed() < time {
        let (begun, answer) = answers.recv()?;
        waits.0.push(begun.elapsed());
        submit(match arrived(&answer?) {
            Some(call) => Command::CallerLeft { call },
            None => arrive(&mut next),
        });
    }
    waits.report(what, start.elapsed());
    node.stop();
    Ok(())
}

/// Starts a VDN again that wrote into `journal` before.
fn bench_recovery(journal: &Journal) -> Outcome<()> {
    let (node, recovery) = Node::start(journal, VDN, NodeOptions::default())?;
    let Recovery { position, records_replayed, took, .. } = recovery;
    println!("recovered at {position}, {records_replayed} records after the snapshot, in {took:.1?}");
    node.stop();
    Ok(())
}

fn arrive(next: &mut u64) -> Command {
    *next += 1;
    let mut key = [0; 16];
    key[..8].copy_from_slice(&next.to_le_bytes());
    let caller = Caller::Outside("+31201234567".into());
    Command::Arrive { key: LegKey(key), caller, called: "8001".into(), priority: 1, target: Target::Queue(SALES) }
}

fn arrived(receipt: &Receipt) -> Option<CallId> {
    let events = &receipt.record.entry.as_ref()?.events;
    events.iter().find_map(|event| match event {
        Event::CallArrived { call, .. } => Some(*call),
        _ => None,
    })
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("append FOLDER [SECONDS]")?;
    let folder = Path::new(&folder);
    let time = Duration::from_secs(arguments.next().map_or(Ok(3), |seconds| seconds.parse())?);
    std::fs::create_dir_all(folder)?;
    for in_flight in [1, 64] {
        bench_turns(&format!("memory, {in_flight} in flight"), &Journal::memory(), in_flight, time)?;
    }
    bench_fsync(folder, time)?;
    for in_flight in [1, 64, 1024] {
        let data = folder.join(format!("append-{in_flight}"));
        let journal = Journal::sqlite(&data, Options::default())?;
        bench_turns(&format!("sqlite, {in_flight} in flight"), &journal, in_flight, time)?;
        bench_recovery(&journal)?;
        drop(journal);
        std::fs::remove_dir_all(data)?;
    }
    Ok(())
}
