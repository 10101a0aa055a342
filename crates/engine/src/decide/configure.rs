//! The floor becomes another: only differences become events, and no agent is reset.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use crate::agent::{ChangedBy, Presence, Reach, Work};
use crate::call::{Call, Cause, Line, Place, Wait};
use crate::event::{Event, WithdrawCause};
use crate::floor::{AgentSettings, Floor, Queue, SignIn};
use crate::id::{AgentId, QueueId};
use crate::rejection::Rejection;
use crate::state::{Agent, State};
use crate::time::Timestamp;

use super::agents::{found, leave};
use super::moves::withdrawn;
use super::private::PrivateEnd;
use super::{Decision, Step};

/// What is new or changed is so first; then agents leave, then queues, so that calls go where the new floor says.
pub(super) fn configure(state: &State, now: Timestamp, floor: &Floor) -> Result<Decision, Rejection> {
    if state.vdn().is_some_and(|vdn| vdn != floor.vdn) {
        return Err(Rejection::WrongVdn(floor.vdn));
    }
    let mistakes = floor.mistakes();
    if !mistakes.is_empty() {
        return Err(Rejection::FloorInvalid(mistakes.join("; ")));
    }
    let mut events = vdn_differences(state, floor);
    events.extend(queue_differences(state, floor));
    let mut deserted = BTreeSet::new();
    for settings in &floor.agents {
        let settings = in_order(settings);
        match state.agent(settings.id).filter(|agent| !agent.is_leaving) {
            Some(agent) if *agent.settings == settings => {}
            Some(agent) => {
                let grace_end = now + floor.settings.lost_grace;
                events.extend(changed(agent, settings, grace_end, &mut deserted));
            }
            None => events.extend(added(settings)),
        }
    }
    let kept: BTreeSet<QueueId> = floor.queues.iter().map(|queue| queue.id).collect();
    let mut steps: Vec<Step> =
        deserted.into_iter().filter(|queue| kept.contains(queue)).map(Step::MaybeDeserted).collect();
    let staying: BTreeSet<AgentId> = floor.agents.iter().map(|agent| agent.id).collect();
    let leaving = state.agents().filter(|agent| !agent.is_leaving && !staying.contains(&agent.settings.id));
    steps.extend(leaving.map(|agent| Step::RemoveAgent(agent.settings.id)));
    for queue in state.queues().filter(|queue| !kept.contains(&queue.id)) {
        steps.push(Step::EmptyQueue(queue.id));
        steps.push(Step::RemoveQueue(queue.id));
    }
    Ok(Decision { events, steps })
}

fn vdn_differences(state: &State, floor: &Floor) -> Vec<Event> {
    let mut events = Vec::new();
    if state.vdn().is_none() {
        events.push(Event::VdnNamed(floor.vdn));
    }
    if *state.settings() != floor.settings {
        events.push(Event::SettingsDefined(Box::new(floor.settings.clone())));
    }
    events
}

fn queue_differences<'a>(state: &'a State, floor: &'a Floor) -> impl Iterator<Item = Event> + use<'a> {
    let ordered = floor.queues.iter().map(|queue| {
        let mut queue = Queue::clone(queue);
        queue.hours.sort_unstable();
        queue.holidays.sort_unstable();
        queue
    });
    ordered.filter(|queue| state.queue(queue.id) != Some(queue)).map(Box::new).map(Event::QueueDefined)
}

/// The same settings are equal, in whatever order their queues are listed.
fn in_order(settings: &AgentSettings) -> AgentSettings {
    let mut settings = settings.clone();
    settings.queues.sort_unstable_by_key(|part| part.queue);
    settings
}

fn added(settings: AgentSettings) -> Vec<Event> {
    let (agent, is_always) = (settings.id, settings.sign_in == SignIn::Always);
    let mut events = vec![Event::AgentDefined(Box::new(settings))];
    if is_always {
        events.push(Event::AgentFound { agent });
        events.push(Event::AgentSignedIn { agent, by: ChangedBy::Configuration });
    }
    events
}

/// An agent keeps its presence, its work and its calls, whatever else becomes of it.
fn changed(
    agent: &Agent,
    settings: AgentSettings,
    grace_end: Timestamp,
    deserted: &mut BTreeSet<QueueId>,
) -> Vec<Event> {
    let is_signed_in = agent.presence != Presence::SignedOut;
    if is_signed_in {
        let stays_in = |queue| settings.queues.iter().any(|part| part.queue == queue);
        deserted.extend(agent.settings.queues.iter().map(|part| part.queue).filter(|queue| !stays_in(*queue)));
    }
    let (before, after) = (agent.settings.sign_in, settings.sign_in);
    let mut events = vec![Event::AgentDefined(Box::new(settings))];
    if before != SignIn::Always && after == SignIn::Always {
        events.extend(found(agent));
        let signed_in = Event::AgentSignedIn { agent: agent.settings.id, by: ChangedBy::Configuration };
        events.extend((!is_signed_in).then_some(signed_in));
    }
    if before == SignIn::Always && after != SignIn::Always {
        events.extend(no_longer_fixed(agent, grace_end));
    }
    events
}

/// An agent that was lost at its fixed phone is from now on signed out when it stays so.
fn no_longer_fixed(agent: &Agent, grace_end: Timestamp) -> Option<Event> {
    let Reach::Lost { cause, retry_at, .. } = agent.reach else { return None };
    Some(Event::AgentLost { agent: agent.settings.id, cause, retry_at, sign_out_at: Some(grace_end) })
}

/// As when it signs out, and then it is gone.
pub(super) fn remove_agent(state: &State, id: AgentId) -> Decision {
    let agent = state.agent(id).expect("an agent is removed once");
    let mut decision = if agent.presence == Presence::SignedOut {
        Decision::default()
    } else {
        leave(agent, ChangedBy::Configuration, WithdrawCause::Removed, PrivateEnd::Removed)
    };
    decision.steps.push(Step::Conclude(Box::new(Event::AgentRemoved(id))));
    decision
}

/// As soon as no call waits in it: an agent whose offer was withdrawn may have gone on a break, and its private calls are
/// back in the queue.
pub(super) fn remove_queue(state: &State, id: QueueId) -> Decision {
    if state.waiting_count(id) == 0 {
        return Event::QueueRemoved(id).into();
    }
    Decision { events: Vec::new(), steps: vec![Step::EmptyQueue(id), Step::RemoveQueue(id)] }
}

/// Every call that waits in the queue, or is offered from it, goes back to where it came from.
pub(super) fn empty_queue(state: &State, id: QueueId) -> Decision {
    let from_here = |call: &&Call| matches!(call.place, Place::Offered { wait: Wait { line: Line::Queue(queue), .. }, .. } if queue == id);
    // Whoever is offered a call is one of the agents; a configuration looks at all of them anyway.
    let offered: Vec<&Call> = state.agents().filter_map(|agent| offered_to(state, agent)).filter(from_here).collect();
    let events = offered.iter().flat_map(|call| withdrawn(state, call, WithdrawCause::Removed)).collect();
    let calls = offered.into_iter().chain(state.waiting(id));
    Decision { events, steps: calls.map(|call| Step::SendBack(call.id, Cause::Removed)).collect() }
}

fn offered_to<'a>(state: &'a State, agent: &Agent) -> Option<&'a Call> {
    match agent.work {
        Work::Offered { call, .. } => state.call(call),
        Work::Idle { .. } | Work::Talking { .. } | Work::WrapUp { .. } => None,
    }
}
