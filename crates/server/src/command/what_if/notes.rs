//! What the last column rests on beside the journal, in sentences.

use std::fmt::Display;

use engine::AgentId;
use whatif::Notes;

use super::Answer;
use super::table::number;

/// The sentences below the table, with a heading; none when there is nothing to say.
pub(super) fn lines(answer: &Answer) -> Vec<String> {
    let said = sentences(&answer.notes, &answer.other);
    if said.is_empty() {
        return Vec::new();
    }
    let head = format!("What {} rests on beside the journal:", answer.other);
    [String::new(), head].into_iter().chain(said.into_iter().map(|sentence| format!("  {sentence}"))).collect()
}

pub(super) fn sentences(notes: &Notes, other: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut counted = |count: usize, one: &str, many: &str| {
        if count > 0 {
            let subject = if count == 1 { one } else { many };
            said.push(format!("{} {subject}", number(count as u64)));
        }
    };
    counted(
        notes.talks_borrowed,
        "talk that never took place: as long as the nearest of its queue",
        "talks that never took place: each as long as the nearest of its queue",
    );
    counted(
        notes.answers_borrowed,
        "offer to an agent who was not offered that call: answered as the agent did at about that time",
        "offers to agents who were not offered that call: answered as the agents did at about that time",
    );
    counted(
        notes.waits_beyond_known,
        "caller waited for longer than it is known to have had patience",
        "callers waited for longer than they are known to have had patience",
    );
    counted(
        notes.gave_up_by_estimate,
        "of them gave up, by what is known of the patience of its queue's callers",
        "of them gave up, by what is known of the patience of their queues' callers",
    );
    counted(
        notes.transfers_refused,
        "transfer was refused: its talk ends there",
        "transfers were refused: their talks end there",
    );
    counted(
        notes.dials_refused,
        "call of a colleague is left out, who was engaged or not there",
        "calls of colleagues are left out, who were engaged or not there",
    );
    said.extend(named("queue", "queues", &notes.queues_missing).map(|lacking| {
        format!(
            "{other} has no {lacking}: calls for it are turned away. Keep its number with another queue's access_codes"
        )
    }));
    said.extend(named("agent", "agents", &notes.agents_missing).map(|lacking| format!("{other} has no {lacking}")));
    for (agent, model) in &notes.agents_added {
        said.push(added(*agent, *model));
    }
    said
}

fn added(agent: AgentId, model: Option<AgentId>) -> String {
    match model {
        Some(model) => {
            format!("agent {agent} is not in the journal: it works the hours of agent {model}, and answers as fast")
        }
        None => format!("agent {agent} is not in the journal: it is there all day"),
    }
}

/// `queue 3`, or `queues 3, 4`; none when there are none.
fn named<T: Display>(one: &str, many: &str, ids: &std::collections::BTreeSet<T>) -> Option<String> {
    let listed = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    (!ids.is_empty()).then(|| format!("{} {listed}", if ids.len() == 1 { one } else { many }))
}
