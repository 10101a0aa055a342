//! The binary `anteroom`: reads the configuration, wires journal, nodes, faces and the SIP edge together, and offers
//! commands for the people who run it. It knows every other crate and decides nothing about calls.

mod command;
mod config;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::main()
}
