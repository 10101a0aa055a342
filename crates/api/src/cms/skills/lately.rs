//! What was true of queues in the last five minutes.

use engine::QueueId;

use crate::cms::desk::Scene;

/// What was true of a queue in the last five minutes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lately {
    pub(super) idle_max: u64,
    pub(super) handled: u64,
    pub(super) wait_max: u64,
    pub(super) talk_mean: u64,
    pub(super) wait_mean: u64,
    pub(super) arrived: u64,
    pub(super) answered_in_20_s: u64,
}

/// The floor does not keep it.
pub(super) fn lately(_: &Scene<'_>, _: QueueId) -> Lately {
    Lately::default()
}
