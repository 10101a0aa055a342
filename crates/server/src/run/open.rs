//! From the journal to nodes that serve the configured floors, and to their histories.

use std::sync::Arc;

use engine::{Command, Event, FailCause, Floor};
use history::{Archive, History};
use node::{Journal, Node, NodeOptions, Note, Options, Refused, StoreError, Submission};
use tokio::runtime::Handle;

use crate::command::{Failure, chain, sentence};
use crate::config::{self, Config, Store};

/// How many differences of a configuration are logged one by one; the rest is only counted.
const CHANGES_LOGGED: usize = 20;

/// Opens the journal and recovers the node of each VDN. Calls that were live are over and their legs forgotten; then the
/// floor is made what the file says.
pub(crate) async fn nodes(config: &Config) -> Result<Vec<Node>, Failure> {
    let journal = journal(&config.journal)?;
    tracing::info!(journal = %journal.id(), "opened the journal");
    let mut nodes = Vec::new();
    for vdn in &config.vdns {
        let options = NodeOptions { snapshot_every: config.journal.snapshot_every, ..NodeOptions::default() };
        let (node, recovery) = Node::start(&journal, vdn.id.value, options).map_err(|error| Failure::of(&error))?;
        let legs = sip::switchboard::forget_legs(&node);
        if recovery.live_calls > 0 || !legs.is_empty() {
            end_lost_calls(&node, legs).await?;
        }
        configure(&node, &vdn.floor).await?;
        nodes.push(node);
    }
    Ok(nodes)
}

fn journal(journal: &config::Journal) -> Result<Journal, Failure> {
    match journal.store {
        Store::Memory => {
            tracing::warn!("the journal is kept in memory: everything is forgotten when the server stops");
            Ok(Journal::memory())
        }
        Store::Sqlite => {
            let on_write_error = Arc::new(|error: &StoreError| {
                tracing::error!("the journal cannot be written, so the server stops; start it again: {}", chain(error));
                std::process::abort();
            });
            let options = Options { keep: journal.keep, on_write_error, ..Options::default() };
            Journal::sqlite(&journal.data, options).map_err(|error| Failure::of(&error))
        }
    }
}

/// Opens the history beside the journal, and has it follow each node on `threads`. Nothing waits until it has caught up.
pub(crate) async fn histories(config: &Config, nodes: &[Node], threads: &Handle) -> Result<Vec<History>, Failure> {
    let Some(journal) = nodes.first().map(Node::journal_id) else { return Ok(Vec::new()) };
    let archive = match config.journal.store {
        Store::Memory => Archive::memory(journal),
        Store::Sqlite => Archive::open(&config.journal.data, journal),
    };
    let archive = archive.map_err(|error| Failure::of(&error))?;
    let (nodes, options, runtime) = (nodes.to_vec(), config.journal.history, threads.clone());
    let follow = move |node| History::start(&archive, node, options, &runtime);
    // Started from there, the histories' own threads have the priority of `threads`.
    let started = threads.spawn_blocking(|| nodes.into_iter().map(follow).collect::<Result<Vec<_>, _>>());
    started.await.map_err(|error| Failure::of(&error))?.map_err(|error| Failure::of(&error))
}

/// No leg survives a restart yet, so no call does; one record ends the calls and forgets their legs.
async fn end_lost_calls(node: &Node, legs: Vec<Note>) -> Result<(), Failure> {
    let cause = FailCause::LostAtRestart;
    let submission = Submission::fact(Command::FailAllCalls { cause }).with_notes(legs);
    let receipt = node.submit(submission).await.map_err(|refused| not_taken(node, &refused))?;
    let events = receipt.record.entry.iter().flat_map(|entry| &entry.events);
    let ended = events.filter(|event| matches!(event, Event::CallEnded { .. })).count();
    tracing::warn!(vdn = node.vdn().0, calls = ended, "ended the calls that were live when the server stopped");
    Ok(())
}

/// Makes the floor this, and logs what changed.
pub(crate) async fn configure(node: &Node, floor: &Floor) -> Result<(), Failure> {
    let submission = Submission::wish(Command::Configure(floor.clone()));
    let receipt = node.submit(submission).await.map_err(|refused| not_taken(node, &refused))?;
    let changes = receipt.record.entry.as_ref().map_or(&[][..], |entry| &entry.events);
    for event in changes.iter().take(CHANGES_LOGGED) {
        tracing::info!(vdn = node.vdn().0, "configured: {}", sentence(event));
    }
    let Changes { queues, agents } = Changes::count(changes);
    tracing::info!(vdn = node.vdn().0, queues, agents, position = receipt.position.0, "configured");
    Ok(())
}

fn not_taken(node: &Node, refused: &Refused) -> Failure {
    let vdn = node.vdn();
    match refused {
        Refused::Rejected(why) => Failure::Wrong(format!("the configuration of VDN {vdn} is refused: {why}")),
        other => Failure::Failed(format!("VDN {vdn} cannot be configured: {other}")),
    }
}

/// How many queues and agents a configuration defined anew, changed or removed.
struct Changes {
    queues: usize,
    agents: usize,
}

impl Changes {
    fn count(events: &[Event]) -> Self {
        let queue = |event: &&Event| matches!(event, Event::QueueDefined(_) | Event::QueueRemoved(_));
        let agent = |event: &&Event| matches!(event, Event::AgentDefined(_) | Event::AgentRemoved(_));
        Self { queues: events.iter().filter(queue).count(), agents: events.iter().filter(agent).count() }
    }
}
