//! What is true of queues now, counted in one walk over the agents.

use std::collections::HashMap;

use engine::{Agent, Call, Line, Place, Presence, Queue, QueueId, State, Work};

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
        let figures = |queue| Self { queue, agents: Tally::default(), handled: 0 };
        let mut all: Vec<Self> = scene.queues(ids).map(figures).collect();
        let places: HashMap<QueueId, usize> =
            all.iter().enumerate().map(|(place, figures)| (figures.queue.id, place)).collect();
        for agent in scene.state.agents() {
            if agent.presence != Presence::SignedOut {
                let parts = agent.settings.queues.iter().filter_map(|part| places.get(&part.queue));
                parts.for_each(|place| all[*place].agents.add(scene.state, agent));
            }
            let place = queue_of(scene.state, agent).and_then(|queue| places.get(&queue));
            place.into_iter().for_each(|place| all[*place].handled += 1);
        }
        all
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

/// The queue whose call an agent is offered or talks with. Who keeps a call that is elsewhere has none.
fn queue_of(state: &State, agent: &Agent) -> Option<QueueId> {
    let (Work::Offered { call, .. } | Work::Talking { call, .. }) = agent.work else { return None };
    let id = agent.settings.id;
    let line = match &state.call(call)?.place {
        Place::Offered { agent, wait, .. } if *agent == id => wait.line,
        Place::Talking { agent, line, .. } if *agent == id => *line,
        _ => return None,
    };
    match line {
        Line::Queue(queue) => Some(queue),
        Line::Private(_) => None,
    }
}
