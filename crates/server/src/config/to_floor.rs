//! The engine's queues, with the treatments' words resolved to queues and agents that exist.

use std::collections::BTreeMap;

use engine::{Action, AgentId, Queue, QueueId, Treatment, Treatments};

use super::mistake::{At, Mistakes, Span};
use super::queue::{QueueNames, WrittenQueue};
use super::treatment::{Do, WrittenTreatment};

/// The queues as the engine takes them.
pub(crate) fn queues(
    written: &[WrittenQueue],
    names: &QueueNames,
    agents: &BTreeMap<u32, Span>,
    mistakes: &Mistakes,
) -> Vec<Queue> {
    let finish = |written: &WrittenQueue| {
        let mut treatments = Treatments::default();
        let resolve = |do_: &At<Do>| {
            let action = action(do_, names, agents, mistakes)?;
            if action == Action::Queue(written.queue.id) && written.queue.id.0 != 0 {
                let what = format!("queue {} sends its calls to itself", written.queue.id);
                mistakes.say(do_.span, what, "write \"stay\" to keep them there".to_owned());
            }
            Some(action)
        };
        for (situation, steps) in &written.treatments {
            if let Some(treatment) = chain(steps, &resolve) {
                *slot(&mut treatments, *situation) = treatment;
            }
        }
        Queue { treatments, also: also(written, names, mistakes), ..written.queue.clone() }
    };
    written.iter().map(finish).collect()
}

fn also(written: &WrittenQueue, names: &QueueNames, mistakes: &Mistakes) -> Vec<QueueId> {
    let mut found: Vec<QueueId> = Vec::new();
    for wish in &written.also {
        let Some(queue) = names.find(wish, mistakes) else { continue };
        if queue == written.queue.id && queue.0 != 0 {
            let what = format!("queue {queue} is taken by its own agents anyway");
            mistakes.say(wish.span, what, "name other queues".to_owned());
        } else if found.contains(&queue) {
            mistakes.say(wish.span, format!("queue {queue} is named twice"), "name each queue once".to_owned());
        } else {
            found.push(queue);
        }
    }
    found
}

/// The numbers and addresses outside the house that treatments send calls to.
pub(crate) fn external_targets(queues: &[WrittenQueue]) -> Vec<At<String>> {
    let steps = queues.iter().flat_map(|queue| &queue.treatments).flat_map(|(_, treatment)| &treatment.steps);
    steps
        .filter_map(|step| match &step.value {
            Do::External(target) => Some(At::new(target.clone(), step.span)),
            Do::Release | Do::Stay | Do::Queue(_) | Do::Agent(_) => None,
        })
        .collect()
}

fn slot(treatments: &mut Treatments, situation: engine::Situation) -> &mut Treatment {
    use engine::Situation::{Busy, Cancelled, Closed, NoAgents, Overflow, Timeout};
    match situation {
        Closed => &mut treatments.closed,
        NoAgents => &mut treatments.no_agents,
        Overflow => &mut treatments.overflow,
        Busy => &mut treatments.busy,
        Timeout => &mut treatments.timeout,
        Cancelled => &mut treatments.cancelled,
    }
}

/// Steps that lead nowhere are left out: they are on record as mistakes.
fn chain(written: &WrittenTreatment, resolve: &impl Fn(&At<Do>) -> Option<Action>) -> Option<Treatment> {
    let actions: Vec<Action> = written.steps.iter().filter_map(resolve).collect();
    let wrap = |fallback: Option<Treatment>, action| Some(Treatment { action, fallback: fallback.map(Box::new) });
    actions.into_iter().rev().fold(None, wrap)
}

fn action(do_: &At<Do>, names: &QueueNames, agents: &BTreeMap<u32, Span>, mistakes: &Mistakes) -> Option<Action> {
    match &do_.value {
        Do::Release => Some(Action::Release),
        Do::Stay => Some(Action::Stay),
        Do::Queue(wish) => names.find(&At::new(wish.clone(), do_.span), mistakes).map(Action::Queue),
        Do::Agent(agent) => known_agent(*agent, do_.span, agents, mistakes).map(Action::Agent),
        Do::External(target) => Some(Action::External(target.as_str().into())),
    }
}

pub(crate) fn known_agent(
    agent: AgentId,
    span: Span,
    agents: &BTreeMap<u32, Span>,
    mistakes: &Mistakes,
) -> Option<AgentId> {
    if agents.contains_key(&agent.0) {
        return Some(agent);
    }
    let instead = format!("add a [[vdn.agent]] with `id = {agent}`, or name another");
    mistakes.say(span, format!("there is no agent {agent} in this VDN"), instead);
    None
}
