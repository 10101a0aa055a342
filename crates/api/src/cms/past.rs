//! What was: call records, what agents did, and figures of days gone by, from the history.

mod agents;
mod calls;
mod figures;
mod indexes;
mod ranges;
mod track;
mod zone;

pub(super) use agents::Operations;
pub(super) use calls::{Calls, InboundCalls, OneCall};
pub(super) use indexes::{AgentIndexes, SkillIndexes, VdnIndexes};
pub(super) use ranges::{AgentDays, AgentMonths, SkillDays, SkillMonths};
pub(super) use track::Track;

/// Microseconds as whole seconds.
pub(super) const fn seconds(micros: u64) -> u64 {
    micros / 1_000_000
}

/// Seconds in the mean; 0 of none.
pub(super) const fn mean(micros: u64, of: u64) -> u64 {
    match micros.checked_div(of) {
        Some(mean) => seconds(mean),
        None => 0,
    }
}
