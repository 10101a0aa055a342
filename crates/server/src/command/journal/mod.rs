//! `anteroom journal`: what happened, and what is true, read from the journal itself.

mod event;
mod state;
mod words;

use std::path::PathBuf;

use clap::Args;
use engine::VdnId;
use node::{Inspection, Position, Record};
use serde_json::{Value, json};

use super::{Failure, print_line};
use crate::config;
pub(crate) use words::masked;
pub(super) use words::time;

const NOTES: &str = "\
The journal is only read; a server may go on writing it. Callers' numbers are masked.

Examples:
  anteroom journal                            the demo's records
  anteroom journal --vdn 170 --from 1200      those from position 1200 on
  anteroom journal --state                    queues, agents and calls after the last record";

/// Print the journal's records, or the state that they lead to
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// The folder of the journal
    #[arg(long, value_name = "FOLDER", default_value = config::DATA)]
    data: PathBuf,
    /// Of this VDN only
    #[arg(long, value_name = "ID")]
    vdn: Option<u16>,
    /// From this position on
    #[arg(long, value_name = "POSITION", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// Print what a start would recover, instead of the records
    #[arg(long, conflicts_with = "from")]
    state: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What an event says, in a sentence.
pub(crate) fn sentence(event: &engine::Event) -> String {
    event::told(event).says
}

/// What a command asks for, in a phrase.
pub(crate) fn asked(command: &engine::Command) -> String {
    words::command(command)
}

/// The VDNs that are asked about: one that the journal has, or all of them.
pub(super) fn vdns_of(journal: &Inspection, asked: Option<u16>) -> Result<Vec<VdnId>, Failure> {
    let known = journal.vdns().map_err(|error| Failure::of(&error))?;
    match asked.map(VdnId) {
        Some(vdn) if !known.contains(&vdn) => {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            Err(Failure::Failed(format!("this journal has no VDN {vdn}; it has: {}", known.join(", "))))
        }
        Some(vdn) => Ok(vec![vdn]),
        None => Ok(known),
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let journal = node::inspect(&options.data).map_err(|error| Failure::of(&error))?;
    for vdn in vdns_of(&journal, options.vdn)? {
        if options.state {
            print_state(&journal, vdn, options.json)?;
        } else {
            print_records(&journal, vdn, options)?;
        }
    }
    Ok(())
}

fn print_state(journal: &Inspection, vdn: VdnId, as_json: bool) -> Result<(), Failure> {
    let replay = journal.recover(vdn, None).map_err(|error| Failure::of(&error))?;
    if as_json {
        print_line(&state::json(&replay).to_string());
    } else {
        print_line(&state::text(&replay));
    }
    Ok(())
}

fn print_records(journal: &Inspection, vdn: VdnId, options: &Options) -> Result<(), Failure> {
    let after = Position(options.from - 1);
    if !options.json {
        let kept_after = journal.kept_after(vdn).map_err(|error| Failure::of(&error))?;
        let last = journal.last(vdn).map_err(|error| Failure::of(&error))?;
        let first = after.max(kept_after).next();
        print_line(&format!("VDN {vdn} of journal {}, records {first} to {last}", journal.journal_id()));
    }
    for record in journal.records(vdn, after) {
        let record = record.map_err(|error| Failure::of(&error))?;
        if options.json {
            print_line(&json(vdn, &record).to_string());
        } else {
            print_line(&text(&record));
        }
    }
    Ok(())
}

/// A record for people: what was asked, and below it what it led to.
fn text(record: &Record) -> String {
    let asked = record.entry.as_ref().map_or_else(|| "notes".to_owned(), |entry| words::command(&entry.command));
    let mut lines = vec![format!("{:>8}  {}  {asked}", record.position, time(record.at))];
    let indent = " ".repeat(10);
    for event in record.entry.iter().flat_map(|entry| &entry.events) {
        lines.push(format!("{indent}{}", event::told(event).says));
    }
    for note in &record.notes {
        let what = note.value.as_ref().map_or_else(|| "removed".to_owned(), |value| format!("{} bytes", value.len()));
        lines.push(format!("{indent}note {}: {what}", note.key));
    }
    lines.join("\n")
}

fn json(vdn: VdnId, record: &Record) -> Value {
    let events = record.entry.iter().flat_map(|entry| &entry.events).map(|event| event::told(event).json());
    let notes = record
        .notes
        .iter()
        .map(|note| json!({ "key": &*note.key, "bytes": note.value.as_ref().map(|value| value.len()) }));
    json!({
        "vdn": vdn.0,
        "position": record.position.0,
        "epoch": record.epoch,
        "at": time(record.at),
        "command": record.entry.as_ref().map(|entry| words::command(&entry.command)),
        "events": events.collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(),
    })
}
