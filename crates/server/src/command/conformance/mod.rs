//! `anteroom conformance`: every interface of a server of the family, held against the documents.

mod probe;
mod question;
mod shape;

use api::cms::{Entry, interfaces, openapi_document};
use clap::Args;
use serde_json::{Value, json};

use super::connection::{self, Connection};
use super::{Failure, print_line};
use probe::{Difference, Outcome};
use question::Known;
use shape::Shapes;

const NOTES: &str = "\
Each interface is asked once as it should be, and its answer is held against the documents: the envelope, members that
are missing or that no document has, their spelling and their types. Then it is asked as it should not be: without a
field, with a value out of range, with another type, by another method, without a signature. Nothing is changed on the
server. Members that are in no answer, because nothing happens there at the time, cannot be compared: ask a busy server,
and name an agent, a queue and a call that there are.

Examples:
  anteroom conformance --base https://cms.example.com:28443 --ak wallboard --sk-file sk --vdn 170 --agent 1099 --skill 1
  anteroom conformance --only agent/agentprivatecall --json

Exit codes: 0 nothing differs; 1 something does, or the server is not reached; 2 the command line is wrong.";

/// Hold every interface of any server of this family against the documents, and print what differs
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
// Those of the connection are a group of this name.
#[group(id = "conformance")]
pub(crate) struct Options {
    #[command(flatten)]
    known: Known,
    /// Only this interface, by the end of its path; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// For programs: print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: connection::Options,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let entries = options.entries()?;
    let connection = options.connection.connect()?;
    let shapes = Shapes::of(openapi_document());
    let mut report = Report { is_json: options.json, ..Report::default() };
    for entry in entries {
        report.add(entry, walk(&connection, &shapes, &options.known, entry)?);
    }
    report.end()
}

impl Options {
    fn entries(&self) -> Result<Vec<&'static Entry>, Failure> {
        let is_there = |name: &&String| interfaces().iter().any(|entry| entry.about.name == **name);
        if let Some(unknown) = self.only.iter().find(|name| !is_there(name)) {
            let known: Vec<&str> = interfaces().iter().map(|entry| entry.about.name).collect();
            return Err(Failure::Wrong(format!("--only is {unknown}; the interfaces are {}", known.join(", "))));
        }
        let is_asked = |entry: &&Entry| self.only.is_empty() || self.only.iter().any(|name| name == entry.about.name);
        Ok(interfaces().iter().filter(is_asked).collect())
    }
}

/// Everything that one interface is asked.
fn walk(connection: &Connection, shapes: &Shapes, known: &Known, entry: &Entry) -> Result<Outcome, Failure> {
    let Some(question) = question::of(entry, known) else {
        return Ok(Outcome::NotAsked("name a call with --call".to_owned()));
    };
    let (status, text) = connection.ask(question.method, &question.path, question.body().as_deref(), true)?;
    if status == 404 {
        return Ok(Outcome::NotThere);
    }
    let mut differences = probe::answer(shapes, entry, status, &text);
    for wrong in question::wrong(entry, &question) {
        let asked = &wrong.question;
        let (status, text) = connection.ask(asked.method, &asked.path, asked.body().as_deref(), wrong.is_signed)?;
        differences.extend(probe::refusal(&wrong, status, &text));
    }
    Ok(if differences.is_empty() { Outcome::Same(probe::what_is_empty(&text)) } else { Outcome::Differs(differences) })
}

/// What was found so far.
#[derive(Debug, Default)]
struct Report {
    is_json: bool,
    values: Vec<Value>,
    asked: usize,
    same: usize,
}

impl Report {
    fn add(&mut self, entry: &Entry, outcome: Outcome) {
        let name = entry.about.name;
        self.asked += 1;
        let (says, differences): (String, Vec<Difference>) = match outcome {
            Outcome::Same(nothing) => {
                self.same += 1;
                (if nothing { "same; its answer was empty".to_owned() } else { "same".to_owned() }, Vec::new())
            }
            Outcome::NotAsked(why) => {
                self.asked -= 1;
                (format!("not asked: {why}"), Vec::new())
            }
            Outcome::NotThere => ("NOT THERE (HTTP 404)".to_owned(), Vec::new()),
            Outcome::Differs(differences) => ("DIFFERS".to_owned(), differences),
        };
        if self.is_json {
            let differences: Vec<_> = differences.iter().map(Difference::to_string).collect();
            self.values.push(json!({ "interface": name, "says": says, "differences": differences }));
            return;
        }
        print_line(&format!("{name:<44} {says}"));
        differences.iter().for_each(|difference| print_line(&format!("    {difference}")));
    }

    fn end(self) -> Result<(), Failure> {
        let Self { is_json, values, asked, same } = self;
        let summary = format!("{same} of {asked} interfaces answer as the documents say");
        if is_json {
            print_line(&json!({ "asked": asked, "same": same, "interfaces": values }).to_string());
        }
        if same < asked {
            return Err(Failure::Failed(summary));
        }
        if !is_json {
            print_line(&format!("\n{summary}."));
        }
        Ok(())
    }
}
