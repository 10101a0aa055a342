//! `anteroom journal`: what happened, and what is true, from the journal of a server that does not run.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::config;

const NOTES: &str = "\
The journal is only read. Records can be read while the server runs.

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
    #[arg(long, value_name = "POSITION", default_value_t = 1)]
    from: u64,
    /// Print the recovered state instead of the records
    #[arg(long, conflicts_with = "from")]
    state: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let _ = options;
    Err(Failure::Failed("the journal cannot be read yet".to_owned()))
}
