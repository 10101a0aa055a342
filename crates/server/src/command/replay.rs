//! `anteroom replay`: every decision of a journal is made again, and must be the same.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use engine::{Engine, Entry, Event, Rejection, VdnId};
use node::{Inspection, Position};

use super::journal::{time, vdns_of};
use super::{Failure, asked, print_line, sentence};
use crate::config;

const NOTES: &str = "\
What was decided stands in the journal, whatever comes out. A difference tells that this version
decides otherwise than the one that wrote the journal. The journal is only read; a server may go on
writing it. Where old records are no longer kept, the oldest snapshot is where it begins.

Examples:
  anteroom replay                             the demo's decisions
  anteroom replay --data /var/lib/anteroom --vdn 170

Exit codes: 0 all the same; 1 a difference, or the journal cannot be read.";

/// How often progress is shown.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// Make every decision of a journal again, and compare
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// The folder of the journal
    #[arg(long, value_name = "FOLDER", default_value = config::DATA)]
    data: PathBuf,
    /// Of this VDN only
    #[arg(long, value_name = "ID")]
    vdn: Option<u16>,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let journal = node::inspect(&options.data).map_err(|error| Failure::of(&error))?;
    for vdn in vdns_of(&journal, options.vdn)? {
        replay(&journal, vdn)?;
    }
    Ok(())
}

fn replay(journal: &Inspection, vdn: VdnId) -> Result<(), Failure> {
    let earliest = journal.earliest(vdn).map_err(|error| Failure::of(&error))?;
    let (begin, last) = (earliest.position(), journal.last(vdn).map_err(|error| Failure::of(&error))?);
    let mut engine = earliest.engine().clone();
    let (mut progress, mut decisions, mut events) = (Progress::new(vdn, begin, last), 0_u64, 0_usize);
    for record in journal.records(vdn, begin) {
        let record = record.map_err(|error| Failure::of(&error))?;
        progress.at(record.position);
        let Some(entry) = &record.entry else { continue };
        decide_again(&mut engine, entry).map_err(|difference| {
            progress.clear();
            Failure::Failed(told(vdn, record.position, entry, &difference))
        })?;
        decisions += 1;
        events += entry.events.len();
    }
    progress.clear();
    let first = begin.next();
    let took = progress.begun.elapsed();
    print_line(&format!(
        "VDN {vdn}: {decisions} decisions with {events} events from record {first} on, all the same, in {took:.1?}"
    ));
    Ok(())
}

/// Makes a decision again. What came out otherwise, if it did.
fn decide_again(engine: &mut Engine, entry: &Entry) -> Result<(), Result<Vec<Event>, Rejection>> {
    match engine.handle(entry.at, entry.command.clone()) {
        Ok(decided) if decided.events == entry.events => Ok(()),
        Ok(decided) => Err(Ok(decided.events)),
        Err(rejection) => Err(Err(rejection)),
    }
}

/// The first difference, for people: what both share is left out.
fn told(vdn: VdnId, position: Position, entry: &Entry, decided: &Result<Vec<Event>, Rejection>) -> String {
    let what = asked(&entry.command);
    let head = format!("VDN {vdn}: record {position} is decided otherwise now\n  {}  {what}", time(entry.at));
    let written = &entry.events;
    match decided {
        Err(rejection) => format!("{head}\n  the journal has:\n{}\n  now it is refused: {rejection}", lines(written)),
        Ok(decided) => {
            let same = written.iter().zip(decided).take_while(|(one, other)| one == other).count();
            let (was, would_be) = (lines(&written[same..]), lines(&decided[same..]));
            if was == would_be {
                return format!("{head}\n  after {same} events alike, in what no sentence tells, such as why:\n{was}");
            }
            format!("{head}\n  after {same} events alike, the journal has:\n{was}\n  now it would be:\n{would_be}")
        }
    }
}

fn lines(events: &[Event]) -> String {
    if events.is_empty() {
        return "    nothing more".to_owned();
    }
    events.iter().map(|event| format!("    {}", sentence(event))).collect::<Vec<_>>().join("\n")
}

/// How far it is, for whoever waits at a terminal.
struct Progress {
    vdn: VdnId,
    first: u64,
    count: u64,
    begun: Instant,
    shown: Option<Instant>,
    is_watched: bool,
}

impl Progress {
    fn new(vdn: VdnId, begin: Position, last: Position) -> Self {
        let (first, count) = (begin.0, last.0.saturating_sub(begin.0).max(1));
        let is_watched = std::io::stderr().is_terminal();
        Self { vdn, first, count, begun: Instant::now(), shown: None, is_watched }
    }

    fn at(&mut self, position: Position) {
        let is_due = self.shown.unwrap_or(self.begun).elapsed() >= PROGRESS_EVERY;
        if !self.is_watched || !is_due {
            return;
        }
        self.shown = Some(Instant::now());
        let percent = position.0.saturating_sub(self.first) * 100 / self.count;
        // Whoever closed the terminal does not miss it.
        let _ = write!(std::io::stderr(), "\rVDN {}: record {position}, {:>3} %", self.vdn, percent.min(100));
    }

    fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r{:60}\r", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{AgentId, Caller, Command, Floor, LegKey, Queue, QueueId, Target, Timestamp, VdnSettings};

    use super::*;

    fn floor() -> Command {
        let queues = vec![Queue::new(QueueId(1), "Sales")];
        Command::Configure(Floor { vdn: VdnId(170), settings: VdnSettings::default(), queues, agents: Vec::new() })
    }

    fn arrive(target: Target) -> Command {
        let caller = Caller::Outside("+4930123456".into());
        Command::Arrive { key: LegKey([1; 16]), caller, called: "8001".into(), priority: 1, target }
    }

    fn decided(commands: impl IntoIterator<Item = Command>) -> Vec<Entry> {
        let mut engine = Engine::default();
        let times = (1_605_492_948..).map(Timestamp::from_seconds);
        times.zip(commands).map(|(at, command)| engine.handle(at, command).expect("it is not refused")).collect()
    }

    #[test]
    fn what_was_decided_is_decided_again() {
        let mut engine = Engine::default();
        for entry in decided([floor(), arrive(Target::Queue(QueueId(1)))]) {
            assert_eq!(decide_again(&mut engine, &entry), Ok(()));
        }
    }

    #[test]
    fn the_first_difference_is_told_from_where_it_begins() {
        let mut entries = decided([floor(), arrive(Target::Queue(QueueId(1)))]);
        let arrival = entries.last_mut().expect("two commands");
        arrival.events.truncate(1);
        let mut engine = Engine::default();
        assert_eq!(decide_again(&mut engine, &decided([floor()])[0]), Ok(()));
        let arrival = entries.last().expect("two commands");
        let difference = decide_again(&mut engine, arrival).expect_err("an event is missing in the journal");
        assert_eq!(
            told(VdnId(170), Position(2), arrival, &difference),
            "VDN 170: record 2 is decided otherwise now\n  2020-11-16T02:15:49.000Z  Arrive: …456 calls 8001 for queue 1, \
             priority 1\n  after 1 events alike, the journal has:\n    nothing more\n  now it would be:\n    call \
             1605492949-5171 meets NoAgents in queue 1: stay\n    call 1605492949-5171 waits in queue 1, until \
             2020-11-16T02:45:49.000Z (Dialled, sent by the caller)"
        );
    }

    #[test]
    fn a_difference_that_no_sentence_tells_is_told_as_one() {
        let mut entry = decided([floor(), arrive(Target::Queue(QueueId(1)))]).pop().expect("two commands");
        let queued = entry.events.iter_mut().find_map(|event| match event {
            Event::CallQueued { hops, .. } => Some(hops),
            _ => None,
        });
        *queued.expect("the call waits") += 1;
        let mut engine = Engine::default();
        assert_eq!(decide_again(&mut engine, &decided([floor()])[0]), Ok(()));
        let difference = decide_again(&mut engine, &entry).expect_err("it was sent on once more");
        let told = told(VdnId(170), Position(2), &entry, &difference);
        assert!(told.contains("in what no sentence tells"), "{told}");
    }

    #[test]
    fn what_is_refused_now_is_told() {
        let mut entry = decided([floor(), arrive(Target::Queue(QueueId(1)))]).pop().expect("two commands");
        entry.command = arrive(Target::Agent(AgentId(1099)));
        let mut engine = Engine::default();
        assert_eq!(decide_again(&mut engine, &decided([floor()])[0]), Ok(()));
        let difference = decide_again(&mut engine, &entry).expect_err("there is no such agent");
        let told = told(VdnId(170), Position(2), &entry, &difference);
        assert!(told.ends_with("now it is refused: there is no agent 1099"), "{told}");
    }
}
