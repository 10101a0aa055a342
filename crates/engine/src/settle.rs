//! What follows by itself: deadlines that fell due, earliest first, then the next match.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::call::{Call, Line, OfferRule, PassedOver, Wait, Why, WinnerKey};
use crate::decide::{self, Decision, PrivateEnd};
use crate::event::{Event, OfferEnd};
use crate::floor::{AgentQueue, Situation, Strategy};
use crate::id::{AgentId, QueueId};
use crate::routing::{Manner, Match, next_match};
use crate::state::{Agent, Deadline, State};
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
        // Who waits for a rest and can have it has it before it is given another call.
        _ => decide::grant_next(state, now)
            .or_else(|| next_match(state, now).map(|found| Decision::from(offer(state, now, &found)))),
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
            decide::end_private_wait(state, now, call, PrivateEnd::WaitOver)
        }
        Deadline::SkillStep(call) => decide::widen(state, now, call),
        Deadline::RestEnd(agent) => decide::rest_over(state, agent),
        Deadline::ReofferMin(agent, call) => Decision::from(Event::ReofferAllowed { agent, call }),
    }
}

fn offer(state: &State, now: Timestamp, found: &Match<'_>) -> Event {
    let Match { call, wait, agent, rule, among } = *found;
    let id = agent.settings.id;
    let behind = match wait.line {
        Line::Private(_) => state.private_count(id),
        Line::Queue(queue) => state.waiting_count(queue),
    };
    let others = among.map_or(0, |queue| {
        let is_one_of_them = agent.settings.weight_in(queue) >= Some(wait.weight_min);
        state.available_from(queue, wait.weight_min).saturating_sub(usize::from(is_one_of_them))
    });
    let why = Box::new(Why {
        rule: Some(rule),
        idle_for: now.since(agent.work_since),
        waiting_behind: count(behind.saturating_sub(1)),
        agents_available: count(others),
        runners_up: among.map_or_else(Vec::new, |queue| runners_up(state, queue, wait.weight_min, id)),
        key: Some(winner_key(state, found)),
        passed_over: among.map_or_else(PassedOver::default, |queue| PassedOver {
            lack_weight: count(state.available_count(queue) - state.available_from(queue, wait.weight_min)),
            kept_from_it: kept_from(state, call, wait, queue),
            ..state.passed_over(queue)
        }),
    });
    let until = now + Manner::of(state, call).ring_max;
    Event::OfferMade { offer: state.next_offer(), call: call.id, agent: id, line: wait.line, until, why }
}

/// An agent was picked by its queue's strategy, or a call for an agent.
fn winner_key(state: &State, found: &Match<'_>) -> WinnerKey {
    let Match { call, wait, agent, rule, among } = *found;
    match rule {
        OfferRule::Strategy(Strategy::LongestIdle) => WinnerKey::IdleSince(agent.work_since),
        OfferRule::Strategy(Strategy::RoundRobin) => WinnerKey::LastOffer(agent.last_offer),
        OfferRule::Strategy(Strategy::LeastTalked) => WinnerKey::Talked(agent.talked),
        OfferRule::Strategy(Strategy::BestSkilled) => {
            WinnerKey::AgentWeight(among.and_then(|queue| agent.settings.weight_in(queue)).unwrap_or(0))
        }
        OfferRule::Directed | OfferRule::PrivateFirst => {
            WinnerKey::Call { queue_weight: None, priority: call.priority, from: wait.joined }
        }
        OfferRule::BestCallOfQueues | OfferRule::PublicGoesAhead => WinnerKey::Call {
            queue_weight: Some(weight_of(state, agent, wait)),
            priority: call.priority,
            from: call.since.unwrap_or(wait.joined),
        },
    }
}

/// How much the queue matters to the agent by which it came to the call: the best of those whose agents may take it.
fn weight_of(state: &State, agent: &Agent, wait: &Wait) -> u8 {
    let Line::Queue(queue) = wait.line else { return 0 };
    let Some(queue) = state.queue(queue) else { return 0 };
    let is_by_it =
        |part: &&AgentQueue| queue.takers().any(|taker| taker == part.queue) && part.agent_weight >= wait.weight_min;
    agent.settings.queues.iter().filter(is_by_it).map(|part| part.queue_weight).max().unwrap_or(0)
}

/// How many available agents of a queue are kept from a call that they did not take.
fn kept_from(state: &State, call: &Call, wait: &Wait, queue: QueueId) -> u32 {
    let kept = call.not_before.iter().filter_map(|(agent, _)| state.agent(*agent));
    let suits = |agent: &&Agent| agent.settings.weight_in(queue) >= Some(wait.weight_min);
    count(kept.filter(|agent| agent.is_available()).filter(suits).count())
}

fn runners_up(state: &State, queue: QueueId, weight_min: u8, winner: AgentId) -> Vec<AgentId> {
    let others = state.available(queue, weight_min).map(|agent| agent.settings.id).filter(|agent| *agent != winner);
    others.take(RUNNERS_UP_MAX).collect()
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
