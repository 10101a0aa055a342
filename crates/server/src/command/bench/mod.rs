//! `anteroom bench`: how fast this program is on this machine.

mod api;
mod bare;
mod centre;
mod decisions;
mod figures;
mod load;

use clap::{Args, Subcommand};

use super::Failure;

/// Measure how fast this program is on this machine
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Api(api::Options),
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    match &options.what {
        What::Api(options) => api::run(options),
    }
}
