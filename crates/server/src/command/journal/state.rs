//! A state in words: queues with who waits in them, agents with what they do and who waits for them, calls, and how much
//! the edges remember.

use std::collections::BTreeMap;

use engine::{Agent, Call, Place, Reach, Rest, State, Work};
use node::Replay;
use serde_json::{Value, json};

use super::event::{keeping, presence};
use super::words::{caller, cause, forced, line, masked, order, sender, time, until};

/// For people.
pub(super) fn text(replay: &Replay) -> String {
    let (state, at) = (replay.state(), time(replay.at()));
    let mut lines = vec![format!("VDN {} after record {}, {at}", replay.vdn(), replay.position())];
    lines.push("queues".to_owned());
    for queue in state.queues() {
        let (id, waiting) = (queue.id, ids(state.waiting(queue.id)));
        let (signed_in, available) = (state.signed_in_count(id), state.available_count(id));
        let (count, name) = (waiting.len(), &queue.name);
        let closed =
            state.closed_since(id).map_or_else(String::new, |at| format!(", closed by hand since {}", time(at)));
        let resting = state.rest_places(id).map_or_else(String::new, |places| {
            format!(", {} of {places} rest, {} wait for it", state.resting_count(id), state.rest_line(id).len())
        });
        lines.push(format!(
            "  {id} \"{name}\": {signed_in} signed in, {available} available, {count} waiting{resting}{closed}"
        ));
        lines.extend(waiting.iter().map(|call| format!("    {call}")));
    }
    lines.push("agents".to_owned());
    for agent in state.agents() {
        let id = agent.settings.id;
        lines.push(format!(
            "  {id} \"{}\": {}, {}{}{}",
            agent.settings.name,
            presence(agent.presence),
            work(agent),
            rest(agent),
            reach(agent)
        ));
        lines.extend(ids(state.private_queue(id)).iter().map(|call| format!("    waits in private: {call}")));
    }
    lines.push("calls".to_owned());
    lines.extend(state.calls().map(|call| format!("  {}", tell(call))));
    lines.push("notes".to_owned());
    lines.extend(notes(replay).iter().map(|(kind, count)| format!("  {kind}: {count}")));
    lines.join("\n")
}

/// What the edges remember, counted by kind: the first two parts of a key, such as `sip/leg`.
fn notes(replay: &Replay) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (key, _) in replay.notes("") {
        let kind = key.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

fn ids<'a>(calls: impl Iterator<Item = &'a Call>) -> Vec<String> {
    calls.map(|call| call.id.to_string()).collect()
}

fn work(agent: &Agent) -> String {
    match agent.work {
        Work::Idle { since } => format!("idle since {}", time(since)),
        Work::Offered { call, offer } => format!("offered call {call} (offer {offer})"),
        Work::Talking { call, since } => format!("in call {call} since {}", time(since)),
        Work::WrapUp { call, until: end } => format!("in wrap-up after call {call}, {}", until(end)),
    }
}

/// How far its rest has come, and what a supervisor made of it.
fn rest(agent: &Agent) -> String {
    let rest = match agent.rest {
        None => String::new(),
        Some(Rest::Asked { since, .. }) => format!(", waits for a rest since {}", time(since)),
        Some(Rest::Granted { length }) => format!(", then rests for {} s", length.as_secs()),
        Some(Rest::Begun { until, is_overdue: false }) => format!(", rests until {}", time(until)),
        Some(Rest::Begun { until, is_overdue: true }) => format!(", should have rested until {}", time(until)),
    };
    let forced = agent.forced.as_ref().map(|by| format!(", forced: {} ({})", forced(by.presence), order(&by.order)));
    rest + &forced.unwrap_or_default()
}

fn reach(agent: &Agent) -> String {
    match agent.reach {
        Reach::Reachable => String::new(),
        Reach::Lost { since, cause, .. } => format!(", lost since {} ({cause:?})", time(since)),
    }
}

fn tell(call: &Call) -> String {
    let origin = call.origin_queue.map_or_else(String::new, |queue| format!(", origin queue {queue}"));
    let kept = call
        .keeper
        .map_or_else(String::new, |keeper| format!(", kept by agent {} {}", keeper.agent, keeping(keeper.keeping)));
    let (id, priority, hops) = (call.id, call.priority, call.hops);
    let (who, place) = (caller(&call.caller), place(&call.place));
    format!("{id} from {who}, priority {priority}, {hops} hops{origin}: {place}{kept}")
}

fn place(place: &Place) -> String {
    match place {
        Place::Waiting(wait) => {
            let why = format!("{}, sent by {}", cause(wait.cause), sender(wait.sender));
            format!("waits in {} since {}, {} ({why})", line(wait.line), time(wait.joined), until(Some(wait.until)))
        }
        Place::Offered { agent, until: end, wait, .. } => {
            format!("offered to agent {agent} from {}, {}", line(wait.line), until(Some(*end)))
        }
        Place::Talking { agent, since, held, .. } => {
            format!("with agent {agent} since {}{}", time(*since), if *held { ", on hold" } else { "" })
        }
        Place::Outside { address, since, answered, .. } => {
            let how = if *answered { "talking" } else { "dialling" };
            format!("sent to {} since {}, {how}", masked(address), time(*since))
        }
    }
}

/// For programs.
pub(super) fn json(replay: &Replay) -> Value {
    let state = replay.state();
    json!({
        "vdn": replay.vdn().0,
        "position": replay.position().0,
        "at": time(replay.at()),
        "queues": queues(state),
        "agents": state.agents().map(|agent| agent_json(state, agent)).collect::<Vec<_>>(),
        "calls": state.calls().map(call_json).collect::<Vec<_>>(),
        "notes": notes(replay),
    })
}

fn queues(state: &State) -> Vec<Value> {
    let queues = state.queues().map(|queue| {
        json!({
            "id": queue.id.0,
            "name": &*queue.name,
            "signed_in": state.signed_in_count(queue.id),
            "available": state.available_count(queue.id),
            "waiting": ids(state.waiting(queue.id)),
            "closed_since": state.closed_since(queue.id).map(time),
            "resting": state.resting_count(queue.id),
            "rest_places": state.rest_places(queue.id),
            "rest_line": state.rest_line(queue.id).map(|agent| agent.0).collect::<Vec<_>>(),
        })
    });
    queues.collect()
}

fn agent_json(state: &State, agent: &Agent) -> Value {
    let id = agent.settings.id;
    json!({
        "id": id.0,
        "name": &*agent.settings.name,
        "presence": presence(agent.presence),
        "work": work(agent),
        "rest": rest(agent).trim_start_matches(", "),
        "reachable": agent.reach == Reach::Reachable,
        "private_queue": ids(state.private_queue(id)),
    })
}

fn call_json(call: &Call) -> Value {
    json!({
        "id": call.id.to_string(),
        "caller": caller(&call.caller),
        "priority": call.priority,
        "hops": call.hops,
        "origin_queue": call.origin_queue.map(|queue| queue.0),
        "since": call.since.map(time),
        "place": place(&call.place),
    })
}
