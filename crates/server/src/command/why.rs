//! `anteroom why`: why a call is where it is, read from the journal.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use engine::{CallId, ExpectedWait, NotNow, Reason, State, Timestamp, Waits, What};
use serde_json::{Value, json};

use super::journal::{time, vdns_of};
use super::{Failure, print_line};
use crate::config;

const NOTES: &str = "\
The journal is only read; a server may go on writing it. The call's id is what agentprivatecall,
/api/v1 and the log say.

Examples:
  anteroom why 1605492949-1447                  a call of the demo
  anteroom why 1605492949-1447 --data /var/lib/anteroom --json";

/// Tell why a call waits, or is where it is: its place, who could take it and why not now
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Options {
    /// The call, by its id
    #[arg(value_name = "CALL")]
    call: String,
    /// The folder of the journal
    #[arg(long, value_name = "FOLDER", default_value = config::DATA)]
    data: PathBuf,
    /// For programs
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let call: CallId = options.call.parse().map_err(|error| {
        Failure::Wrong(format!("{:?} is no call id: {error}. One looks like 1605492949-1447", options.call))
    })?;
    let journal = node::inspect(&options.data).map_err(|error| Failure::of(&error))?;
    let now = wall_clock();
    for vdn in vdns_of(&journal, None)? {
        let replay = journal.recover(vdn, None).map_err(|error| Failure::of(&error))?;
        let now = now.max(replay.at());
        if replay.state().call(call).is_some() {
            print_line(&if options.json {
                of_call(replay.state(), now, call)
            } else {
                text(replay.state(), now, call)
            });
            return Ok(());
        }
    }
    Err(Failure::Failed(format!(
        "call {call} is not live: it is over, or never was. Its records: anteroom journal --data {} | grep {call}",
        options.data.display()
    )))
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// In sentences.
fn text(state: &State, now: Timestamp, call: CallId) -> String {
    let Ok(why) = state.why(now, call) else { return String::new() };
    match why.what {
        What::Waits(waits) => waiting(call, &waits),
        What::Rings { agent, until, .. } => format!("call {call} rings at agent {agent} until {}", time(until)),
        What::Talks { agent, since, .. } => format!("call {call} talks with agent {agent} since {}", time(since)),
        What::Outside { since, answered: true, .. } => format!("call {call} talks outside since {}", time(since)),
        What::Outside { since, .. } => format!("call {call} rings outside since {}", time(since)),
    }
}

fn waiting(call: CallId, waits: &Waits) -> String {
    let expected = match waits.expected {
        ExpectedWait::Never => "nobody who could take it serves".to_owned(),
        ExpectedWait::Span { p50, p90 } => {
            format!("about {} s more, hardly more than {} s", p50.as_secs(), p90.as_secs())
        }
    };
    let line = match waits.line {
        engine::Line::Queue(queue) => format!("queue {queue}"),
        engine::Line::Private(agent) => format!("the private queue of agent {agent}"),
    };
    let mut lines = vec![
        format!("call {call}: place {} of {} in {line}", waits.place, waits.waiting),
        format!("  expected: {expected}"),
        format!("  waits since {}, at most until {}", time(waits.joined), time(waits.until)),
    ];
    lines.extend(waits.widens_at.map(|at| format!("  needs weight {}, less at {}", waits.weight_min, time(at))));
    lines.extend(waits.agents.iter().map(|not_now| format!("  agent {}", sentence(not_now))));
    let others = &waits.others;
    let counts = [
        (others.engaged, "engaged"),
        (others.not_ready, "not ready"),
        (others.lost, "lost"),
        (others.signed_out, "signed out"),
        (others.lack_weight, "without the weight"),
        (others.kept_from_it, "kept from it"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if !counts.is_empty() {
        lines.push(format!("  and others: {}", counts.join(", ")));
    }
    if waits.agents.is_empty() && counts.is_empty() {
        lines.push("  no agent is configured for it".to_owned());
    }
    lines.join("\n")
}

fn sentence(not_now: &NotNow) -> String {
    let until = |until: Option<Timestamp>| until.map_or_else(String::new, |at| format!(" until {}", time(at)));
    let reason = match not_now.reason {
        Reason::SignedOut => "is signed out".to_owned(),
        Reason::Rings { call, since } => format!("is offered call {call} since {}", time(since)),
        Reason::Talks { call, since } => format!("talks with call {call} since {}", time(since)),
        Reason::WrapsUp { until: end } => format!("is in wrap-up{}", until(end)),
        Reason::NotReady { why, ready_at } => {
            format!("is not ready ({:?}, reason {}){}", why.kind, why.reason, until(ready_at))
        }
        Reason::Lost { since, .. } => format!("cannot be reached since {}", time(since)),
        Reason::LacksWeight { has, needs, from: None } => format!("has weight {has}, and {needs} is needed"),
        Reason::LacksWeight { has, needs, from: Some(at) } => {
            format!("has weight {has}, and {needs} is needed until {}", time(at))
        }
        Reason::KeptFromIt { until: end } => format!("did not take it, and is not asked again before {}", time(end)),
    };
    let private = match not_now.private_first {
        0 => String::new(),
        1 => ", and serves 1 private call first".to_owned(),
        calls => format!(", and serves {calls} private calls first"),
    };
    format!("{} {reason}{private}", not_now.agent)
}

/// For programs: one line.
fn of_call(state: &State, now: Timestamp, call: CallId) -> String {
    let Ok(why) = state.why(now, call) else { return Value::Null.to_string() };
    let mut told = json!({ "call": call.to_string(), "at": time(now), "cause": format!("{:?}", why.cause) });
    match why.what {
        What::Waits(waits) => {
            told["place"] = json!(waits.place);
            told["waiting"] = json!(waits.waiting);
            told["until"] = json!(time(waits.until));
            told["p50_seconds"] = json!(waits.expected.p50().map(|span| span.as_secs()));
            told["p90_seconds"] = json!(waits.expected.p90().map(|span| span.as_secs()));
            let agents = waits.agents.iter();
            told["agents"] =
                agents.map(|not_now| json!({ "agent": not_now.agent.0, "says": sentence(not_now) })).collect();
        }
        What::Rings { agent, until, .. } => told["rings"] = json!({ "agent": agent.0, "until": time(until) }),
        What::Talks { agent, since, .. } => told["talks"] = json!({ "agent": agent.0, "since": time(since) }),
        What::Outside { since, answered, .. } => {
            told["outside"] = json!({ "since": time(since), "answered": answered })
        }
    }
    told.to_string()
}
