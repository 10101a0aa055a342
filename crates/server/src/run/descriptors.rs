//! File descriptors: every leg has a socket for its audio, so the usual limit of 1024 ends at a few hundred calls.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;

/// Journal, log, listeners, threads.
const OTHERS: u64 = 200;

/// Raises the limit as far as this user may, and says so when that is not enough for what is configured.
pub(crate) fn check(config: &Config) {
    let needed = needed(config);
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current.unwrap_or(u64::MAX);
    if soft >= needed {
        return;
    }
    let wanted = limit.maximum.map_or(needed, |hard| hard.min(needed));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    let now = if raised.is_ok() { wanted } else { soft };
    if now < needed {
        let advice = format!("set `ulimit -n {needed}`, or LimitNOFILE={needed} in the unit");
        tracing::warn!(limit = now, needed, "fewer files may be open than audio ports and connections need: {advice}");
    } else {
        tracing::debug!(limit = now, "raised how many files may be open");
    }
}

/// One for each audio port, SIP connection, and HTTP connection of both listeners.
fn needed(config: &Config) -> u64 {
    let ports = config.media.settings.ports.len() as u64 / 2;
    let calls = config.sip.limits.live_calls as u64 * 2;
    let connections = config.sip.limits.connections as u64 + 2 * u64::from(config.faces.limits.connections);
    ports.min(calls) + connections + OTHERS
}
