//! What is true of queues now. It costs what the queues that are asked about have, not what others have.

use engine::{Call, Place, Queue, QueueId};

use crate::cms::agents::Tally;
use crate::cms::desk::Scene;

/// What is true of a queue now.
pub(super) struct Figures<'a> {
    pub(super) queue: &'a Queue,
    /// The agents who are signed in to it.
    pub(super) agents: Tally,
    /// How many of its calls are with an agent: offered or talking.
    pub(super) handled: u64,
}

impl<'a> Figures<'a> {
    /// Of each of these queues that is there.
    pub(super) fn of_all(scene: &Scene<'a>, ids: &[QueueId]) -> Vec<Self> {
        scene.queues(ids).map(|queue| Self::of(scene, queue)).collect()
    }

    fn of(scene: &Scene<'a>, queue: &'a Queue) -> Self {
        let agents = Tally::of(scene.state, scene.signed_in_to(queue.id));
        Self { queue, agents, handled: scene.state.with_agents_count(queue.id).into() }
    }

    pub(super) fn id(&self) -> u32 {
        self.queue.id.0.into()
    }

    /// Its call that has waited longest.
    pub(super) fn longest(&self, scene: &Scene<'a>) -> Option<(&'a Call, u64)> {
        let waiting = scene.state.waiting(self.queue.id);
        let longest =
            waiting.filter_map(|call| Some((joined(call)?, call))).min_by_key(|(joined, call)| (*joined, call.id));
        longest.map(|(joined, call)| (call, scene.seconds_since(joined)))
    }
}

/// Since when a waiting call is in its line.
pub(super) fn joined(call: &Call) -> Option<engine::Timestamp> {
    match &call.place {
        Place::Waiting(wait) => Some(wait.joined),
        Place::Offered { .. } | Place::Talking { .. } | Place::Outside { .. } => None,
    }
}
