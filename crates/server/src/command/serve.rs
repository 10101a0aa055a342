//! `anteroom serve`.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::run::{self, ConfigFile};

const NOTES: &str = "\
Signals: SIGTERM and SIGINT stop in order, a second one at once; SIGHUP reads the file again.

Examples:
  anteroom serve --config /etc/anteroom/anteroom.toml
  anteroom serve --config examples/demo.toml --data /tmp/anteroom --threads 1";

/// Run the server that a configuration file describes
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder of the journal, instead of the one in the file
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// How many threads serve SIP, and as many HTTP, instead of the number in the file
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let source = ConfigFile {
        path: options.config.clone(),
        data: options.data.clone(),
        threads: options.threads.map(usize::from),
    };
    let config = source.load().map_err(|error| Failure::Wrong(error.to_string()))?;
    run::serve(config, Some(&source), |_| std::future::pending())
}
