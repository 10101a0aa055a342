//! `anteroom bench api`: the signed interface beside a bare handler of the same HTTP library.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::cms::{Entry, Kind, interfaces};
use clap::Args;
use serde_json::{Map, Value, json};
use tokio::runtime::{Builder, Runtime};

use super::centre::{ASKED, Centre, Question, SMALL, Size, thread_start};
use super::figures::{Figures, micros};
use super::load::Load;
use super::{bare, decisions, load};
use crate::command::{Failure, print_line};
use crate::run::install_cryptography;

const PRIVATE_CALLS: &str = "/rest/cmsapp/v1/openapi/agent/agentprivatecall";

/// The interface that says most of a queue.
const QUEUE_STATE: &str = "skill/stateinfo";

/// How many questions a second are asked while decisions are measured; none: as many as can be.
const LOADS: [Option<u32>; 4] = [Some(500), Some(2_000), Some(8_000), None];

/// How many connections ask where only the size of the floor counts.
const CONNECTIONS: usize = 16;

/// How many agents are asked about at once: as many as the documents allow.
const BATCH: u32 = 6_000;
/// Within what time they are to be answered.
const BATCH_GOAL: Duration = Duration::from_millis(20);

const NOTES: &str = "\
Everything runs in this process, over TLS on 127.0.0.1, with connections kept open and every signature checked. Ours
and the bare handler take turns, so that both meet the machine alike; clients share it with them. Figures are medians
of the rounds. `processor` is the time of the serving threads for one answer: the figure to compare on a busy machine.
Serving threads and clients give way to whatever decides, as the serving threads do in `anteroom serve`; clients are
elsewhere then.

Examples:
  anteroom bench api
  anteroom bench api --apart
  anteroom bench api --threads 2 --rounds 9 --seconds 2 --json";

/// Ask agentprivatecall beside a bare handler of the same HTTP library, on floors of several sizes, and decide meanwhile
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// How many connections ask, one after the other
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1, 16, 256])]
    connections: Vec<usize>,
    /// How long each run counts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How many runs of each
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=100))]
    rounds: u8,
    /// How many threads serve
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Have serving threads and clients share the first processor: decisions have the others to themselves
    #[arg(long)]
    apart: bool,
    /// Only the comparison with the bare handler
    #[arg(long)]
    comparison: bool,
    /// For programs: print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    install_cryptography();
    let prepare = thread_start(options.apart)?;
    let clients = Builder::new_multi_thread().enable_all().thread_name("clients").on_thread_start(prepare).build();
    let clients = clients.map_err(|error| Failure::of(&error))?;
    let bench = Bench { options, clients: &clients };
    let mut report = Report { is_json: options.json, values: Map::new() };
    bench.comparison(&mut report)?;
    if !options.comparison {
        bench.sizes(&mut report)?;
        bench.batches(&mut report)?;
        bench.decisions(&mut report)?;
    }
    report.end();
    Ok(())
}

struct Bench<'a> {
    options: &'a Options,
    clients: &'a Runtime,
}

impl Bench<'_> {
    fn centre(&self, size: Size) -> Result<Centre, Failure> {
        Centre::start(size, usize::from(self.options.threads), thread_start(self.options.apart)?)
    }

    fn lasts(&self) -> Duration {
        Duration::from_secs(self.options.seconds)
    }

    /// Ours beside the bare handler.
    fn comparison(&self, report: &mut Report) -> Result<(), Failure> {
        let centre = self.centre(Size { agents: 100, waiting: 100 })?;
        let question = private_calls()?;
        let tls = load::tls(&centre)?;
        let answer = self.clients.block_on(load::ask_once(centre.address(), tls, &question))?;
        let bare = bare::serve(&centre, question.path, answer)?;
        for connections in self.options.connections.iter().copied() {
            let load = Load { connections, per_second: None };
            let run = |address| load::measure(&centre, self.clients, address, &question, load, self.lasts());
            let (mut bares, mut ours) = (Vec::new(), Vec::new());
            for _ in 0..self.options.rounds {
                bares.push(run(bare)?);
                ours.push(run(centre.address())?);
            }
            report.compared(connections, Figures::median(&bares), Figures::median(&ours));
        }
        centre.stop();
        Ok(())
    }

    /// The same questions on floors where there is much that they do not ask about.
    fn sizes(&self, report: &mut Report) -> Result<(), Failure> {
        report.title("an agent's private calls, and the state of a small queue, by the size of the floor");
        for agents in [100, 10_000] {
            for waiting in [100, 100_000] {
                let centre = self.centre(Size { agents, waiting })?;
                for (name, question) in [("agentprivatecall", private_calls()?), (QUEUE_STATE, queue_state()?)] {
                    let run = || self.load(&centre, &question, None);
                    let runs = (0..self.options.rounds).map(|_| run()).collect::<Result<Vec<_>, _>>()?;
                    report.figures(&format!("{name}, {agents} agents, {waiting} calls"), Figures::median(&runs));
                }
                centre.stop();
            }
        }
        Ok(())
    }

    fn load(&self, centre: &Centre, question: &Question, per_second: Option<u32>) -> Result<Figures, Failure> {
        let load = Load { connections: CONNECTIONS, per_second };
        load::measure(centre, self.clients, centre.address(), question, load, self.lasts())
    }

    /// Every interface that may ask about 6,000 agents at once, asked about so many.
    fn batches(&self, report: &mut Report) -> Result<(), Failure> {
        report.title("interfaces about 6,000 agents of 10,000, one connection");
        let centre = self.centre(Size { agents: 10_000, waiting: 100 })?;
        let agents: Vec<u32> = (ASKED..ASKED + BATCH).collect();
        let asks_about_many = |entry: &&Entry| {
            let is_list = |kind| matches!(kind, Kind::Integers(_, most) if most >= agents.len());
            entry.fields.iter().any(|asked| asked.field.name == "agentIds" && is_list(asked.field.kind))
        };
        for entry in interfaces().iter().filter(asks_about_many) {
            let body = json!({ "ccId": 1, "vdn": 170, "agentIds": agents }).to_string();
            let question = Question::new(entry.about.path, body)?;
            let load = Load { connections: 1, per_second: None };
            let ask = || load::measure(&centre, self.clients, centre.address(), &question, load, self.lasts());
            let runs = (0..self.options.rounds).map(|_| ask()).collect::<Result<Vec<_>, _>>()?;
            report.batch(entry.about.name, Figures::median(&runs));
        }
        centre.stop();
        Ok(())
    }

    /// Decisions with and without a load of questions.
    fn decisions(&self, report: &mut Report) -> Result<(), Failure> {
        let centre = self.centre(Size { agents: 1_000, waiting: 1_000 })?;
        let mut leg = 1_000_000;
        let mut decide = |while_it: &dyn Fn() -> Result<(), Failure>| {
            let is_over = Arc::new(AtomicBool::new(false));
            let deciding = decisions::start(centre.node.clone(), leg, Arc::clone(&is_over));
            leg += 1_000_000;
            let done = while_it();
            is_over.store(true, Ordering::Relaxed);
            let figures =
                deciding.join().map_err(|_| Failure::Failed("the thread that decides broke".to_owned()))??;
            done.map(|()| figures)
        };
        let mut alone = Vec::new();
        let mut loaded = LOADS.map(|per_second| (per_second, Vec::new()));
        for _ in 0..self.options.rounds {
            alone.push(decide(&|| {
                std::thread::sleep(self.lasts());
                Ok(())
            })?);
            for (per_second, runs) in &mut loaded {
                runs.push(decide(&|| self.load(&centre, &private_calls()?, *per_second).map(drop))?);
            }
        }
        let loaded = loaded.map(|(per_second, runs)| (per_second, Figures::median(&runs)));
        report.decided(Figures::median(&alone), &loaded);
        centre.stop();
        Ok(())
    }
}

fn private_calls() -> Result<Question, Failure> {
    Question::new(PRIVATE_CALLS, json!({ "ccId": 1, "vdn": 170, "agentId": ASKED }).to_string())
}

fn queue_state() -> Result<Question, Failure> {
    let entry = interfaces().iter().find(|entry| entry.about.name == QUEUE_STATE);
    let entry = entry.ok_or_else(|| Failure::Failed(format!("there is no interface {QUEUE_STATE}")))?;
    Question::new(entry.about.path, json!({ "ccId": 1, "vdn": 170, "skillIds": [SMALL.0] }).to_string())
}

/// What is printed: lines as they come, or one object at the end.
struct Report {
    is_json: bool,
    values: Map<String, Value>,
}

impl Report {
    fn title(&self, title: &str) {
        self.line(&format!("\n{title}"));
    }

    fn line(&self, line: &str) {
        if !self.is_json {
            print_line(line);
        }
    }

    fn figures(&mut self, name: &str, figures: Figures) {
        self.line(&figures.line(name));
        self.values.insert(name.to_owned(), figures.json());
    }

    fn compared(&mut self, connections: usize, bare: Figures, ours: Figures) {
        self.title(&format!("agentprivatecall beside a bare handler, {connections} connections"));
        self.figures(&format!("bare handler, {connections}"), bare);
        self.figures(&format!("agentprivatecall, {connections}"), ours);
        let (rate, p99) = (ours.rate / bare.rate, micros(ours.p99) / micros(bare.p99));
        let says = |is_met| if is_met { "met" } else { "NOT met" };
        let (rate_goal, p99_goal) = (says(rate >= 0.8), says(p99 < 3.0));
        self.line(&format!(
            "  {rate:.2} of its rate (goal 0.80: {rate_goal}), {p99:.2} of its p99 (goal below 3: {p99_goal})"
        ));
        self.values.insert(format!("ratio, {connections}"), json!({ "rate": rate, "p99": p99 }));
    }

    fn batch(&mut self, name: &str, figures: Figures) {
        self.figures(name, figures);
        let goal = if figures.p99 <= BATCH_GOAL { "met" } else { "NOT met" };
        self.line(&format!("  {:<44} goal for p99 {BATCH_GOAL:?}: {goal}", ""));
    }

    fn decided(&mut self, alone: Figures, loaded: &[(Option<u32>, Figures)]) {
        self.title("decisions, from submission to receipt, memory journal, 16 connections asking meanwhile");
        self.figures("without questions", alone);
        for (per_second, figures) in loaded {
            let name = per_second.map_or_else(
                || "as many questions as can be".to_owned(),
                |per_second| format!("{per_second} questions a second"),
            );
            self.figures(&name, *figures);
            let rise = micros(figures.p50) / micros(alone.p50) - 1.0;
            let goal = if rise <= 0.1 { "met" } else { "NOT met" };
            self.line(&format!("  {:<44} p50 rises by {:.0} % (goal at most 10 %: {goal})", "", rise * 100.0));
            self.values.insert(format!("decisions rise, {name}"), json!(rise));
        }
    }

    fn end(self) {
        if self.is_json {
            print_line(&Value::Object(self.values).to_string());
        }
    }
}
