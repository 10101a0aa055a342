//! `anteroom what-if`: the day of a journal on another floor.

mod calendar;
mod json;
mod notes;
mod plot;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use engine::{Engine, Floor, State, Timestamp, VdnId};
use indicatif::{ProgressBar, ProgressStyle};
use node::{Inspection, Position};
use whatif::{Day, Figures, Key, Notes, OtherFloor, Recorder, Tally, play};

use super::journal::vdns_of;
use super::{Failure, print_line};
use crate::config;
use calendar::{Calendar, Date};

const NOTES: &str = "\
Calls arrive, callers give up, agents answer, talk, transfer, come and go as the journal says; who
gets which call, and when, is decided anew. Three columns: the day as it was; the same day played on
its own floor, which shows how far the playing can be trusted; and played on the floor of FILE.
What a journal cannot tell is taken from the nearest call that it does tell of, and said below the
table. docs/what-if.md has the rules. The journal is only read; a server may go on writing it.

Change one thing in a copy of the configuration, and see what it would have done:
  anteroom what-if /var/lib/anteroom --config with-two-more.toml
  anteroom what-if /var/lib/anteroom --config other.toml --day 2026-11-26 --plot waits.svg
  anteroom what-if ./anteroom-data --config other.toml --json | jq .total

Exit codes: 0 done; 1 the journal cannot be read, or has no such day; 2 the file has a mistake, or
lacks the VDN.";

/// Play the day of a journal on another floor, and compare waits, service level and abandonment
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// The folder of the journal
    #[arg(value_name = "JOURNAL")]
    data: PathBuf,
    /// The configuration with the other floor
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Of this VDN, when the journal has several
    #[arg(long, value_name = "ID")]
    vdn: Option<u16>,
    /// The day, in the VDN's local time; without it the last on which calls arrived
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<Date>,
    /// Draw the waits over the day
    #[arg(long, value_name = "FILE.svg", value_parser = plot::file)]
    plot: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The three columns, and all that is to be said of them.
pub(super) struct Answer {
    vdn: VdnId,
    date: Date,
    utc_offset_minutes: i16,
    arrivals: usize,
    /// When the first and the last call arrived.
    hours: (Timestamp, Timestamp),
    /// What the file is called.
    other: String,
    /// Every queue of either floor by its name.
    queues: BTreeMap<Key, String>,
    recorded: BTreeMap<Key, Figures>,
    modelled: BTreeMap<Key, Figures>,
    changed: BTreeMap<Key, Figures>,
    notes: Notes,
}

impl Answer {
    /// Whose figures are shown, with their names: queues by id, calls for agents alone, then all together.
    fn keys(&self) -> Vec<(Key, String)> {
        let runs = [&self.recorded, &self.modelled, &self.changed];
        let has_directed = runs.iter().any(|run| run.get(&Key::Directed).is_some_and(|figures| figures.offered > 0));
        let queues = self.queues.iter().map(|(key, name)| (*key, name.clone()));
        let directed = has_directed.then(|| (Key::Directed, "For one agent alone".to_owned()));
        queues.chain(directed).chain([(Key::All, "All".to_owned())]).collect()
    }

    /// Seconds since the midnight with which the day begins.
    fn local_seconds(&self, at: Timestamp) -> i64 {
        let (midnight, _) = self.date.span(self.utc_offset_minutes);
        at.seconds() - midnight.seconds()
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let config = config::load(&options.config).map_err(|error| Failure::Wrong(error.to_string()))?;
    let journal = node::inspect(&options.data).map_err(|error| Failure::of(&error))?;
    let vdn = the_vdn(&journal, options.vdn)?;
    let other = other_floor(config, vdn, &options.config)?;
    let answer = answer(&journal, vdn, options, &other)?;
    if let Some(file) = &options.plot {
        plot::draw(&answer, file)?;
    }
    let text = if options.json { json::text(&answer) } else { table::text(&answer) };
    print_line(&text);
    if let Some(file) = options.plot.as_ref().filter(|_| !options.json) {
        print_line(&format!("\nWaits over the day: {}", file.display()));
    }
    Ok(())
}

fn the_vdn(journal: &Inspection, asked: Option<u16>) -> Result<VdnId, Failure> {
    match vdns_of(journal, asked)?[..] {
        [vdn] => Ok(vdn),
        [] => Err(Failure::Failed("this journal has no VDN yet: start the server and let calls come in".to_owned())),
        ref several => {
            let known: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::Wrong(format!("this journal has VDNs {}: say which with --vdn", known.join(", "))))
        }
    }
}

fn other_floor(config: config::Config, vdn: VdnId, file: &Path) -> Result<OtherFloor, Failure> {
    let known: Vec<String> = config.vdns.iter().map(|vdn| vdn.id.value.to_string()).collect();
    let Some(found) = config.vdns.into_iter().find(|one| one.id.value == vdn) else {
        let (file, known) = (file.display(), known.join(", "));
        let lacks = format!("{file} has no VDN {vdn}; it has: {known}");
        return Err(Failure::Wrong(format!(
            "{lacks}. Write `id = {vdn}` in its [[vdn]], or choose another with --vdn"
        )));
    };
    let numbers = found.numbers.into_iter();
    let numbers = numbers.map(|(number, leads)| (number, (leads.value.queue, leads.value.priority))).collect();
    Ok(OtherFloor { floor: found.floor, numbers })
}

fn answer(journal: &Inspection, vdn: VdnId, options: &Options, other: &OtherFloor) -> Result<Answer, Failure> {
    let progress = Progress::new();
    let calendar = Calendar::of(journal, vdn, &progress)?;
    let date = calendar.choose(options.day, &options.data)?;
    let recorded = read(journal, vdn, date.span(calendar.utc_offset_minutes), &progress)?;
    let file = options.config.file_name().unwrap_or(options.config.as_os_str()).to_string_lossy();
    let answer = compare(recorded, (date, calendar.utc_offset_minutes), &file, other, &progress);
    progress.clear();
    answer
}

/// A day as it was.
struct Recorded {
    day: Day,
    figures: BTreeMap<Key, Figures>,
    /// At its end.
    floor: Floor,
}

/// Plays the day twice.
fn compare(
    recorded: Recorded,
    (date, utc_offset_minutes): (Date, i16),
    file: &str,
    other: &OtherFloor,
    progress: &Progress,
) -> Result<Answer, Failure> {
    let Recorded { day, figures, floor } = recorded;
    let (modelled, _) = played(&day, None, "as modelled", progress)?;
    let (changed, notes) = played(&day, Some(other), "on the other floor", progress)?;
    let queues = floor.queues.iter().chain(&other.floor.queues);
    Ok(Answer {
        vdn: floor.vdn,
        date,
        utc_offset_minutes,
        arrivals: day.arrivals(),
        hours: day.busy_hours().unwrap_or((day.begin, day.end)),
        other: file.to_owned(),
        queues: queues.map(|queue| (Key::Queue(queue.id), table::name(queue))).collect(),
        recorded: figures,
        modelled,
        changed,
        notes,
    })
}

/// The recorded day, its figures, and the floor at its end.
fn read(
    journal: &Inspection,
    vdn: VdnId,
    (from, to): (Timestamp, Timestamp),
    progress: &Progress,
) -> Result<Recorded, Failure> {
    let earliest = journal.earliest(vdn).map_err(|error| Failure::of(&error))?;
    let mut before: Option<Engine> = Some(earliest.engine().clone());
    let mut begin = from;
    let mut recorded: Option<(Recorder, Tally)> = None;
    let mut last = from;
    let bar = progress.bar("reading", records(journal, vdn, earliest.position())?);
    for record in journal.records(vdn, earliest.position()) {
        let record = record.map_err(|error| Failure::of(&error))?;
        bar.inc(1);
        if record.at >= to {
            last = to;
            break;
        }
        let Some(entry) = &record.entry else { continue };
        // What was before the day, or before there was a floor at all, is where the day begins.
        if let Some(engine) = before.as_mut().filter(|engine| entry.at < from || engine.state().vdn().is_none()) {
            engine.apply(entry);
            begin = begin.max(entry.at);
            continue;
        }
        let (recorder, tally) = recorded.get_or_insert_with(|| begun(before.take().unwrap_or_default(), begin));
        recorder.entry(entry);
        tally.entry(recorder.state(), entry);
        last = entry.at;
    }
    let (recorder, tally) = recorded.unwrap_or_else(|| begun(before.take().unwrap_or_default(), begin));
    let floor = floor_of(recorder.state(), vdn);
    Ok(Recorded { day: recorder.finish(last), figures: tally.finish(last), floor })
}

fn begun(start: Engine, begin: Timestamp) -> (Recorder, Tally) {
    let tally = Tally::new(start.state(), begin);
    (Recorder::new(start, begin), tally)
}

fn floor_of(state: &State, vdn: VdnId) -> Floor {
    let nothing = || Floor { vdn, settings: state.settings().clone(), queues: Vec::new(), agents: Vec::new() };
    state.floor().unwrap_or_else(nothing)
}

fn played(
    day: &Day,
    other: Option<&OtherFloor>,
    what: &'static str,
    progress: &Progress,
) -> Result<(BTreeMap<Key, Figures>, Notes), Failure> {
    let bar = progress.bar(what, day.end.since(day.begin).as_secs());
    let mut tally = Tally::new(day.start(), day.begin);
    let notes = play(day, other, &mut |state, entry| {
        tally.entry(state, entry);
        bar.set_position(entry.at.since(day.begin).as_secs());
    });
    let notes = notes.map_err(|rejection| Failure::Wrong(format!("the floor cannot be played: {rejection}")))?;
    for (queue, count) in &notes.turned_away {
        tally.turned_away(*queue, *count);
    }
    Ok((tally.finish(day.end), notes))
}

/// How many records there are to read.
fn records(journal: &Inspection, vdn: VdnId, after: Position) -> Result<u64, Failure> {
    let last = journal.last(vdn).map_err(|error| Failure::of(&error))?;
    Ok(last.0.saturating_sub(after.0))
}

/// How far it is, for whoever waits at a terminal; silent elsewhere.
struct Progress(ProgressBar);

impl Progress {
    fn new() -> Self {
        let bar = ProgressBar::no_length();
        let style = ProgressStyle::with_template("{msg:>18} {bar:40} {percent:>3} %  {elapsed}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("█▌ "));
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// The next part of the work.
    fn bar(&self, what: &'static str, length: u64) -> &ProgressBar {
        self.0.set_length(length.max(1));
        self.0.set_position(0);
        self.0.set_message(what);
        &self.0
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests;
