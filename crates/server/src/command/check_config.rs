//! `anteroom check-config`.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, print_line};
use crate::config::{self, Config};

/// Check a configuration file: print every mistake with its place and what to write instead
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 no mistake; 2 at least one. Nothing is started or written.")]
pub(crate) struct Options {
    /// The file
    file: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let config = config::load(&options.file).map_err(|error| Failure::Wrong(error.to_string()))?;
    print_line(&summary(&options.file.display().to_string(), &config));
    Ok(())
}

fn summary(file: &str, config: &Config) -> String {
    let mut lines = vec![format!("{file} has no mistake. Call centre {} \"{}\":", config.cc, config.name)];
    for vdn in &config.vdns {
        let (queues, agents) = (vdn.floor.queues.len(), vdn.floor.agents.len());
        let domain = &vdn.domain.value;
        lines.push(format!("  VDN {}, domain {domain}: {queues} queues, {agents} agents", vdn.id.value));
    }
    for listen in &config.sip.listen {
        let transports: Vec<&str> = listen.value.transports.iter().map(|transport| transport.as_str()).collect();
        lines.push(format!("  SIP on {} ({})", listen.value.address, transports.join(", ")));
    }
    lines.push(format!("  public face on https://{}", config.faces.public.listen.value));
    lines.push(format!("  internal face on http://{}", config.faces.internal.value));
    lines.join("\n")
}
