//! In which order calls are served: sections 1 and 4 of the rules, and priorities that grow.

use std::cmp::Ordering;
use std::time::Duration;

use engine::{Agent, Call, CallId, Line, Queue, QueueId, Timestamp};

use super::{Model, wait_of};

/// Where a call stands in its own line: less is sooner.
type PlaceInLine = (i128, Timestamp, CallId);

/// How urgent a call is to one agent: less is sooner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Urgency {
    queue_weight: u8,
    /// The priority it has grown to, as a fraction.
    grown: (i128, i128),
    since: Timestamp,
    call: CallId,
}

impl Urgency {
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let by_weight = other.queue_weight.cmp(&self.queue_weight);
        let (ours, theirs) = (self.grown.0 * other.grown.1, other.grown.0 * self.grown.1);
        let by_priority = theirs.cmp(&ours);
        by_weight.then(by_priority).then(self.since.cmp(&other.since)).then(self.call.cmp(&other.call))
    }
}

impl Model {
    /// Highest priority, then the earliest `since`, in private the earliest to join. Where priority grows, a point of it
    /// is worth as much waiting as it takes to grow by one.
    pub(super) fn place_in_line(&self, call: &Call) -> PlaceInLine {
        let priority = i128::from(call.priority);
        let line = wait_of(call).map(|wait| (wait.line, wait.joined));
        let Some((line, joined)) = line else { return (i128::MAX, Timestamp::MAX, call.id) };
        let Line::Queue(queue) = line else { return (-priority, joined, call.id) };
        let since = call.since.unwrap_or(joined);
        match self.growth(queue) {
            None => (-priority, since, call.id),
            Some(step) => (i128::from(since.0) - priority * micros(step), since, call.id),
        }
    }

    /// In which time the priority of a call in this queue grows by one, if it does.
    fn growth(&self, queue: QueueId) -> Option<Duration> {
        let queue = self.queue(queue)?;
        let step = match queue.priority_step {
            Some(own) => Some(own),
            None => self.settings.priority_step,
        };
        step.filter(|step| *step > Duration::ZERO)
    }

    /// How urgent a waiting public call is to an agent; none if it may not take it.
    pub(super) fn urgency(&self, agent: &Agent, call: &Call) -> Option<Urgency> {
        let wait = wait_of(call)?;
        let Line::Queue(line) = wait.line else { return None };
        let queue = self.queue(line)?;
        let by_it = agent.settings.queues.iter().filter(|part| may_serve(queue, part.queue));
        let queue_weight =
            by_it.filter(|part| part.agent_weight >= wait.weight_min).map(|part| part.queue_weight).max()?;
        let since = call.since.unwrap_or(wait.joined);
        let priority = i128::from(call.priority);
        let grown = match self.growth(line) {
            None => (priority, 1),
            Some(step) => (priority * micros(step) + i128::from(self.now.0 - since.0), micros(step)),
        };
        Some(Urgency { queue_weight, grown, since, call: call.id })
    }
}

/// Whether agents of `other` may take calls that wait in `queue`.
pub(super) fn may_serve(queue: &Queue, other: QueueId) -> bool {
    other == queue.id || queue.also.contains(&other)
}

fn micros(span: Duration) -> i128 {
    i128::try_from(span.as_micros()).unwrap_or(i128::MAX)
}
