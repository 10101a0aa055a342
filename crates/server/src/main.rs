//! The binary `anteroom`: reads the configuration, wires journal, nodes, faces and the SIP edge together, and offers
//! commands for the people who run it. It knows every other crate and decides nothing about calls.

mod command;
mod config;
mod run;

use std::process::ExitCode;

/// Calls are made of many small pieces that one thread makes and another drops.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command::main()
}
