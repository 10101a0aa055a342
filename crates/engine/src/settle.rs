//! What follows by itself: deadlines that fell due, earliest first, then the next match.

use crate::call::{Cause, Line, Why};
use crate::decide::{self, Decision};
use crate::event::{Event, OfferEnd};
use crate::floor::Situation;
use crate::id::AgentId;
use crate::routing::{Manner, Match, next_match};
use crate::state::{Deadline, State};
use crate::time::Timestamp;

/// How many agents an offer names who would have come next.
const RUNNERS_UP_MAX: usize = 4;

/// The next thing that follows from what is true at `now`; none when all is settled.
pub(crate) fn settle(state: &State, now: Timestamp) -> Option<Decision> {
    match state.next_deadline() {
        Some((at, deadline)) if at <= now => {
            let decision = fall_due(state, now, deadline);
            assert!(!decision.events.is_empty(), "what falls due changes something, or it would fall due for ever");
            Some(decision)
        }
        _ => next_match(state, now).map(|found| Decision::from(offer(state, now, &found))),
    }
}

fn fall_due(state: &State, now: Timestamp, deadline: Deadline) -> Decision {
    match deadline {
        Deadline::LostRetry(agent) => Decision::from(Event::AgentFound { agent }),
        Deadline::LostGraceEnd(agent) => decide::lost_for_too_long(state, agent),
        Deadline::AutoReady(agent) => decide::ready_again(agent),
        Deadline::WrapUpEnd(agent) => decide::wrap_up_over(state, agent),
        Deadline::OfferExpiry(offer) => {
            let call = state.offered(offer).expect("a pending offer has a call");
            decide::end_untaken(state, now, call, OfferEnd::Expired)
        }
        Deadline::WaitEnd(call) => {
            let call = state.call(call).expect("a call that waits is live");
            decide::meet(state, now, call, Situation::Timeout)
        }
        Deadline::PrivateWaitEnd(call) => {
            let call = state.call(call).expect("a call that waits is live");
            decide::send_back(state, now, call, Cause::PrivateTimeout)
        }
        Deadline::ReofferMin(agent, call) => Decision::from(Event::ReofferAllowed { agent, call }),
    }
}

fn offer(state: &State, now: Timestamp, found: &Match<'_>) -> Event {
    let Match { call, wait, agent, rule } = *found;
    let id = agent.settings.id;
    let (behind, others) = match wait.line {
        Line::Private(_) => (state.private_count(id), 0),
        Line::Queue(queue) => (state.waiting_count(queue), state.available_count(queue).saturating_sub(1)),
    };
    let why = Why {
        rule: Some(rule),
        idle_for: now.since(agent.work_since),
        waiting_behind: count(behind.saturating_sub(1)),
        agents_available: count(others),
        runners_up: runners_up(state, wait.line, id),
    };
    let until = now + Manner::of(state, call).ring_max;
    Event::OfferMade { offer: state.next_offer(), call: call.id, agent: id, line: wait.line, until, why }
}

fn runners_up(state: &State, line: Line, winner: AgentId) -> alloc::vec::Vec<AgentId> {
    let Line::Queue(queue) = line else { return alloc::vec::Vec::new() };
    let others = state.available(queue).map(|agent| agent.settings.id).filter(|agent| *agent != winner);
    others.take(RUNNERS_UP_MAX).collect()
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
