//! What is counted and measured. The recorder has to be installed before a node starts.

use std::fmt;
use std::time::Duration;

use engine::{Rejection, VdnId};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::names::rejection_name;
use crate::record::Position;

pub(crate) struct Meters {
    vdn: String,
    append_seconds: Histogram,
    batch_records: Histogram,
    decisions: Counter,
    position: Gauge,
    follower_lag: Gauge,
    recovery_seconds: Gauge,
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters").field("vdn", &self.vdn).finish_non_exhaustive()
    }
}

impl Meters {
    pub(crate) fn new(vdn: VdnId) -> Self {
        let vdn = vdn.to_string();
        Self {
            append_seconds: histogram!("anteroom_journal_append_seconds", "vdn" => vdn.clone()),
            batch_records: histogram!("anteroom_journal_batch_records", "vdn" => vdn.clone()),
            decisions: counter!("anteroom_decisions_total", "vdn" => vdn.clone()),
            position: gauge!("anteroom_journal_position", "vdn" => vdn.clone()),
            follower_lag: gauge!("anteroom_follower_lag_records", "vdn" => vdn.clone()),
            recovery_seconds: gauge!("anteroom_recovery_seconds", "vdn" => vdn.clone()),
            vdn,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(crate) fn appended(&self, records: usize, last: Position, took: Duration) {
        self.append_seconds.record(took.as_secs_f64());
        self.batch_records.record(records as f64);
        self.position.set(last.0 as f64);
    }

    pub(crate) fn decided(&self, submissions: usize) {
        self.decisions.increment(submissions as u64);
    }

    /// The engine refused a command.
    pub(crate) fn rejected(&self, rejection: &Rejection) {
        let reason = rejection_name(rejection);
        counter!("anteroom_rejections_total", "vdn" => self.vdn.clone(), "reason" => reason).increment(1);
    }

    /// The writer refused a submission, undecided.
    pub(crate) fn refused(&self, reason: &'static str) {
        counter!("anteroom_refusals_total", "vdn" => self.vdn.clone(), "reason" => reason).increment(1);
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(crate) fn follows(&self, last: Position, applied: Position) {
        self.follower_lag.set(last.0.saturating_sub(applied.0) as f64);
    }

    pub(crate) fn recovered(&self, took: Duration) {
        self.recovery_seconds.set(took.as_secs_f64());
    }
}
