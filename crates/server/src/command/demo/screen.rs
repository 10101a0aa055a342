//! What a newcomer sees: a line for each thing that happens, and below them how things stand.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use engine::{AgentId, Place, State};
use indicatif::{ProgressBar, ProgressStyle};

/// Lines on standard output; the status below them only on a terminal.
#[derive(Debug)]
pub(super) struct Screen {
    begun: Instant,
    status: ProgressBar,
}

impl Screen {
    pub(super) fn new() -> Self {
        let status = if std::io::stdout().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            status.set_style(style);
        }
        status.enable_steady_tick(Duration::from_millis(250));
        Self { begun: Instant::now(), status }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Says what happened, and when. Nobody has to read it: the demo runs on when its output is closed.
    pub(super) fn say(&self, what: &str) {
        let since = clock(self.elapsed());
        self.status.suspend(|| {
            let _ = writeln!(std::io::stdout(), "{since}  {what}");
        });
    }

    /// How things stand.
    pub(super) fn stand(&self, state: &State) {
        self.status.set_message(standing(state));
    }

    pub(super) fn end(&self) {
        self.status.finish_and_clear();
    }
}

/// Minutes and seconds.
pub(super) fn clock(span: Duration) -> String {
    format!("{:>2}:{:02}", span.as_secs() / 60, span.as_secs() % 60)
}

fn standing(state: &State) -> String {
    let queues = state.queues().map(|queue| format!("{} {}", queue.name, state.waiting_count(queue.id)));
    let queues: Vec<String> = queues.collect();
    let private = state.agents().map(|agent| (agent.settings.id, state.private_count(agent.settings.id)));
    let private: Vec<String> = private.filter(|(_, count)| *count > 0).map(for_agent).collect();
    let talks = state.calls().filter(|call| matches!(call.place, Place::Talking { .. })).count();
    let private = if private.is_empty() { "nobody".to_owned() } else { private.join(", ") };
    format!("waiting: {} | for one agent alone: {private} | talking: {talks}", queues.join(", "))
}

fn for_agent((agent, count): (AgentId, usize)) -> String {
    format!("{agent} has {count}")
}
