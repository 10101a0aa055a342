//! Queues that close, open, and lose their last agent.

use crate::call::{Line, Place, Wait};
use crate::event::Event;
use crate::floor::Situation;
use crate::id::{CallId, QueueId};
use crate::rejection::Rejection;
use crate::state::State;
use crate::time::Timestamp;

use super::{Decision, Step, meet};

/// All that wait meet `Closed`. A call that rings goes on ringing; not taken, it meets `Closed` then.
pub(super) fn close(state: &State, id: QueueId) -> Result<Decision, Rejection> {
    state.queue(id).ok_or(Rejection::NoSuchQueue(id))?;
    if state.closed_since(id).is_some() {
        return Ok(Decision::default());
    }
    let mut decision = Decision::from(Event::QueueClosed { queue: id });
    decision.steps.extend(state.waiting(id).map(|call| Step::Meet(call.id, Situation::Closed)));
    Ok(decision)
}

/// Its hours hold again.
pub(super) fn open(state: &State, id: QueueId) -> Result<Decision, Rejection> {
    state.queue(id).ok_or(Rejection::NoSuchQueue(id))?;
    if state.closed_since(id).is_none() {
        return Ok(Decision::default());
    }
    Ok(Event::QueueOpened { queue: id }.into())
}

/// The call is about to be back at its place in a queue that is closed by hand.
pub(super) fn offer_from_closed_queue_ends(state: &State, id: CallId) -> Option<Step> {
    let Place::Offered { wait: Wait { line: Line::Queue(queue), .. }, .. } = state.call(id)?.place else { return None };
    state.closed_since(queue).map(|_| Step::MaybeClosed(id, queue))
}

/// The call may be over by now, or elsewhere.
pub(super) fn maybe_closed(state: &State, now: Timestamp, id: CallId, queue: QueueId) -> Decision {
    let waits_here =
        |place: &Place| matches!(place, Place::Waiting(Wait { line: Line::Queue(line), .. }) if *line == queue);
    match state.call(id) {
        Some(call) if waits_here(&call.place) => meet(state, now, call, Situation::Closed),
        _ => Decision::default(),
    }
}

/// When the last agent who may take a queue's calls has signed out, these meet `NoAgents` once more, if the queue says
/// so.
pub(super) fn maybe_deserted(state: &State, left: QueueId) -> Decision {
    let mut decision = Decision::default();
    for id in core::iter::once(left).chain(state.hosts(left)) {
        let Some(queue) = state.queue(id).filter(|queue| queue.no_agents_while_waiting) else { continue };
        if queue.takers().all(|taker| state.signed_in_count(taker) == 0) {
            decision.steps.extend(state.waiting(id).map(|call| Step::Meet(call.id, Situation::NoAgents)));
        }
    }
    decision
}

/// A call has waited long enough for agents of less weight.
pub(crate) fn widen(state: &State, now: Timestamp, id: CallId) -> Decision {
    let call = state.call(id).expect("a call that waits is live");
    let Place::Waiting(Wait { line: Line::Queue(queue), joined, .. }) = call.place else {
        panic!("only a call that waits in a queue widens")
    };
    let queue = state.queue(queue).expect("a call waits in a queue of the floor");
    let (weight_min, next) = queue.need(call.since.unwrap_or(joined), now);
    Event::SkillWidened { call: id, weight_min, next }.into()
}
