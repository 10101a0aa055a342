//! The command line: one file for each command.

mod ask;
mod bench;
mod check_config;
mod completions;
mod conformance;
mod connection;
mod demo;
mod journal;
mod keys;
mod replay;
mod serve;
mod sign;
mod what_if;
mod why;

use std::fmt;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use journal::{asked, masked, sentence};

const EXAMPLES: &str = "\
Examples:
  a contact centre on this machine, at once
      anteroom demo
  which of its calls wait for agent 1099 alone
      anteroom ask private-calls --cc 1 --vdn 170 --agent 1099
  what agents do, by any interface of CC-CMS
      anteroom ask agentgroup/agentstatusinfobyagentids --cc 1 --vdn 170 --agents 1001,1099
  every mistake in a configuration file, and then run it
      anteroom check-config /etc/anteroom/anteroom.toml
      anteroom serve --config /etc/anteroom/anteroom.toml
  a key for a client of the signed interface, while the server runs
      anteroom keys create wallboard --vdn 170 --config /etc/anteroom/anteroom.toml
  why a call waits
      anteroom why 1605492949-1447
  what is true, from the journal of a server that does not run
      anteroom journal --data /var/lib/anteroom --state

Exit codes: 0 done; 1 it failed; 2 command line or configuration are wrong; 3 a fault of ours.";

/// An open contact-centre server: queues, agents, and calls that wait for one agent alone.
#[derive(Debug, Parser)]
#[command(name = "anteroom", version, after_help = EXAMPLES, max_term_width = 100)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Options),
    Demo(demo::Options),
    CheckConfig(check_config::Options),
    Ask(ask::Options),
    Sign(sign::Options),
    Keys(keys::Options),
    Journal(journal::Options),
    Replay(replay::Options),
    WhatIf(what_if::Options),
    Why(why::Options),
    Conformance(conformance::Options),
    Bench(bench::Options),
    Completions(completions::Options),
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Exit code 1: the world did not play along.
    Failed(String),
    /// Exit code 2: the command line or the configuration is wrong.
    Wrong(String),
    /// Exit code 3: a fault of ours stopped a server that ran.
    Broken(String),
}

impl Failure {
    /// A failure with everything that led to it, outermost first.
    pub(crate) fn of(error: &dyn std::error::Error) -> Self {
        Self::Failed(chain(error))
    }
}

/// An error with its sources, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(why) | Self::Wrong(why) | Self::Broken(why) => f.write_str(why),
        }
    }
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> ExitCode {
    let result = match Line::parse().command {
        Command::Serve(options) => serve::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::CheckConfig(options) => check_config::run(&options),
        Command::Ask(options) => ask::run(&options),
        Command::Sign(options) => sign::run(&options),
        Command::Keys(options) => keys::run(&options),
        Command::Journal(options) => journal::run(&options),
        Command::Replay(options) => replay::run(&options),
        Command::WhatIf(options) => what_if::run(&options),
        Command::Why(options) => why::run(&options),
        Command::Conformance(options) => conformance::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Completions(options) => completions::run(&options),
    };
    let Err(failure) = result else { return ExitCode::SUCCESS };
    eprintln!("{failure}");
    match failure {
        Failure::Failed(_) => ExitCode::from(1),
        Failure::Wrong(_) => ExitCode::from(2),
        Failure::Broken(_) => ExitCode::from(3),
    }
}

/// Prints a line; a reader that has gone away, as in `anteroom journal | head`, ends the process in silence.
pub(crate) fn print_line(line: &str) {
    use std::io::Write;
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}
