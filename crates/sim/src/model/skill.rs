//! Who suits a call, and how that widens while it waits.

use engine::{Agent, Call, CallId, Line, Place, Queue, Timestamp};

use super::Model;
use super::line::may_serve;

impl Model {
    /// A skill step has fallen due: the call needs what its queue says of one of its age.
    pub(super) fn widens(&mut self, id: CallId) {
        let Some(call) = self.call(id) else { return };
        if let Some((weight_min, widens_at)) = self.need_where_it_waits(call) {
            self.set_need(id, weight_min, widens_at);
        }
    }

    /// All that wait in a queue whose steps have changed, those that ring too.
    pub(super) fn need_anew(&mut self, queue: &Queue) {
        for call in self.calls.clone() {
            let (Place::Waiting(wait) | Place::Offered { wait, .. }) = &call.place else { continue };
            if wait.line == Line::Queue(queue.id) {
                let (weight_min, widens_at) = need(queue, call.since.unwrap_or(wait.joined), self.now);
                self.set_need(call.id, weight_min, widens_at);
            }
        }
    }

    fn need_where_it_waits(&self, call: &Call) -> Option<(u8, Option<Timestamp>)> {
        let Place::Waiting(wait) = &call.place else { return None };
        let Line::Queue(queue) = wait.line else { return None };
        Some(need(self.queue(queue)?, call.since.unwrap_or(wait.joined), self.now))
    }

    fn set_need(&mut self, id: CallId, weight_min: u8, widens_at: Option<Timestamp>) {
        self.alter_call(id, |call| {
            if let Place::Waiting(wait) | Place::Offered { wait, .. } = &mut call.place {
                (wait.weight_min, wait.widens_at) = (weight_min, widens_at);
            }
        });
    }
}

/// The least weight that a call needs which has waited since then, and when it will need less.
pub(super) fn need(queue: &Queue, since: Timestamp, now: Timestamp) -> (u8, Option<Timestamp>) {
    let mut weight_min = 1;
    for step in &queue.skill_steps {
        let from = since + step.after;
        if from > now {
            return (weight_min, Some(from));
        }
        weight_min = step.weight_min;
    }
    (weight_min, None)
}

/// Whether an agent has this weight in the queue, or in one whose agents may take its calls too.
pub(super) fn suits(agent: &Agent, queue: &Queue, weight_min: u8) -> bool {
    agent.settings.queues.iter().any(|part| may_serve(queue, part.queue) && part.agent_weight >= weight_min)
}
