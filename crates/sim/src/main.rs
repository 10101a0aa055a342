//! The simulator's command line.

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use sim::floors::Size;
use sim::plant::Plant;
use sim::run::{Played, play, play_all};
use sim::sometimes::Sometimes;
use sim::world::Setting;

/// Plays whole contact centres, with phones, people, faults and crashes, and checks every law after every event.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Arguments {
    #[command(subcommand)]
    command: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Runs many seeds; exits with 1 when one of them breaks a law.
    Simulate {
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        first_seed: u64,
        /// How many.
        #[arg(long, default_value_t = 2000)]
        seeds: u64,
        /// How many at a time.
        #[arg(long, default_value_t = 2)]
        threads: usize,
        #[command(flatten)]
        run: Run,
    },
    /// Tells one seed, step by step.
    Replay {
        /// Which.
        #[arg(long)]
        seed: u64,
        #[command(flatten)]
        run: Run,
    },
    /// Compares engine and model alone, by random commands.
    Rules {
        /// The first seed.
        #[arg(long, default_value_t = 1)]
        first_seed: u64,
        /// How many.
        #[arg(long, default_value_t = 10_000)]
        seeds: u64,
        /// How many commands each.
        #[arg(long, default_value_t = 150)]
        commands: u64,
    },
    /// Lists the bugs that can be planted.
    Plants,
    /// Runs each planted bug until it is found; exits with 1 when one is not.
    Hunt {
        /// How many seeds each at most.
        #[arg(long, default_value_t = 10_000)]
        seeds: u64,
        #[command(flatten)]
        run: Run,
    },
}

#[derive(Debug, clap::Args)]
struct Run {
    /// How long callers come, in simulated seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How large the floors are.
    #[arg(long, default_value = "busy")]
    floor: Size,
    /// A bug to plant; see `plants`.
    #[arg(long)]
    plant: Option<Plant>,
    /// Does not ask the reference model.
    #[arg(long)]
    without_model: bool,
}

impl Run {
    const fn setting(&self, seed: u64) -> Setting {
        let Self { seconds, floor, plant, without_model } = *self;
        Setting { seed, seconds, size: floor, plant, with_model: !without_model, traced: false }
    }
}

/// How many steps before the end are shown.
const SHOWN: usize = 30;

fn main() -> ExitCode {
    // What panics is reported as a broken law, with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let is_well = match Arguments::parse().command {
        Order::Simulate { first_seed, seeds, threads, run } => simulate(first_seed, seeds, threads, &run),
        Order::Replay { seed, run } => replay(seed, &run),
        Order::Rules { first_seed, seeds, commands } => rules(first_seed, seeds, commands),
        Order::Plants => plants(),
        Order::Hunt { seeds, run } => hunt(seeds, &run),
    };
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn simulate(first: u64, seeds: u64, threads: usize, run: &Run) -> bool {
    let begun = Instant::now();
    let tally = play_all(&run.setting(0), first, seeds, threads, |played| {
        if played.breach.is_some() {
            tell(played.seed, run);
        }
    });
    let missed = told_situations(&tally.met, seeds >= 2000 && run.plant.is_none());
    let (elapsed, simulated) = (begun.elapsed().as_secs_f64(), seeds.saturating_mul(run.seconds));
    println!("{} records, {simulated} simulated seconds in {elapsed:.1} s", tally.records);
    println!("{} seeds, {} violations", tally.seeds, tally.broken.len());
    tally.broken.is_empty() && !missed
}

/// Prints how often each situation was met; answers whether one was missed that must not be.
fn told_situations(met: &Sometimes, all_are_expected: bool) -> bool {
    let mut missed = false;
    for (situation, count) in met.counts() {
        println!("{count:>10}  {}", situation.text());
        missed |= all_are_expected && count == 0;
    }
    if missed {
        println!("a situation was never met, so this run shows nothing about it");
    }
    missed
}

/// A violation, the steps before it, and how to see it again.
fn tell(seed: u64, run: &Run) {
    let played = play(&Setting { traced: true, ..run.setting(seed) });
    let from = played.steps.len().saturating_sub(SHOWN);
    for step in &played.steps[from..] {
        println!("{step}");
    }
    let (law, sentence) = played.breach.unwrap_or(("chance", "it was not broken the second time".to_owned()));
    println!("seed {seed} broke {law}: {sentence}");
    println!("again: cargo run --release -p sim -- replay --seed {seed}{}", options(run));
}

fn options(run: &Run) -> String {
    let defaults = [
        (run.seconds != 60).then(|| format!(" --seconds {}", run.seconds)),
        (run.floor != Size::Busy).then(|| " --floor small".to_owned()),
        run.plant.map(|plant| format!(" --plant {}", plant.key())),
        run.without_model.then(|| " --without-model".to_owned()),
    ];
    defaults.into_iter().flatten().collect()
}

fn replay(seed: u64, run: &Run) -> bool {
    let played = play(&Setting { traced: true, ..run.setting(seed) });
    for step in &played.steps {
        println!("{step}");
    }
    println!("fingerprint {:016x}", played.fingerprint);
    match played.breach {
        None => println!("seed {seed} broke no law"),
        Some((law, ref sentence)) => println!("seed {seed} broke {law}: {sentence}"),
    }
    played.breach.is_none()
}

fn rules(first: u64, seeds: u64, commands: u64) -> bool {
    for seed in first..first.saturating_add(seeds) {
        for size in [Size::Small, Size::Busy] {
            if let Err((law, sentence)) = sim::rules::Rules::play(seed, size, commands) {
                println!("{sentence}\nseed {seed} broke {law} ({size:?})");
                return false;
            }
        }
    }
    println!("{seeds} seeds, 0 violations");
    true
}

fn plants() -> bool {
    for plant in Plant::ALL {
        println!("{:<24} {}", plant.key(), plant.text());
    }
    println!("{} plants", Plant::ALL.len());
    true
}

/// A table for people and for `docs/simulation.md`.
fn hunt(seeds: u64, run: &Run) -> bool {
    println!("| planted bug | what is wrong | found by | seed | CPU s |\n|---|---|---|---|---|");
    let mut escaped = 0;
    for plant in Plant::ALL {
        let begun = cpu_seconds();
        let setting = |seed| Setting { plant: Some(*plant), ..run.setting(seed) };
        let found = (1..=seeds).map(|seed| play(&setting(seed))).find(|played| played.breach.is_some());
        let seconds = cpu_seconds() - begun;
        let (law, seed) = match found {
            Some(Played { seed, breach: Some((law, _)), .. }) => (law.to_owned(), seed.to_string()),
            _ => {
                escaped += 1;
                ("**not found**".to_owned(), format!("> {seeds}"))
            }
        };
        println!("| `{}` | {} | {law} | {seed} | {seconds:.2} |", plant.key(), plant.text());
    }
    println!("\n{} plants, {escaped} not found", Plant::ALL.len());
    escaped == 0
}

/// How long this thread has had a processor, as Linux counts it; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos: Option<f64> = counted.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    nanos.unwrap_or(0.0) / 1e9
}
