//! Facts on their way into the journal: one by one for each agent, and again until they are committed.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use engine::{AgentId, Command, VdnId};
use leg::{Response, ServerTxn};
use node::{Node, Refused, Submission, Urgency};
use tokio::sync::mpsc::UnboundedSender;

use crate::registrar::Fact;

/// How long to wait before a fact that was not committed is submitted again.
const PAUSE: Duration = Duration::from_millis(500);
/// How many facts of one agent may wait. A phone that makes more is told to come again.
const WAITING_MAX: usize = 16;

/// Who asked, and the answer once it is durable.
pub(super) struct Asker {
    pub(super) txn: ServerTxn,
    pub(super) answer: Response,
    /// The answer when it cannot be made durable now.
    pub(super) busy: Response,
}

/// How a submission ended.
pub(super) struct Done {
    vdn: VdnId,
    agent: AgentId,
    outcome: Result<(), Refused>,
}

struct Pending {
    fact: Fact,
    asker: Option<Asker>,
}

/// Facts that are not committed yet.
pub(super) struct Facts {
    nodes: BTreeMap<VdnId, Node>,
    waiting: HashMap<(VdnId, AgentId), VecDeque<Pending>>,
    again: VecDeque<(Instant, VdnId, AgentId)>,
    done: UnboundedSender<Done>,
}

impl Facts {
    pub(super) fn new(nodes: &[Node], done: UnboundedSender<Done>) -> Self {
        let nodes = nodes.iter().map(|node| (node.vdn(), node.clone())).collect();
        Self { nodes, waiting: HashMap::new(), again: VecDeque::new(), done }
    }

    pub(super) fn node(&self, vdn: VdnId) -> Option<&Node> {
        self.nodes.get(&vdn)
    }

    /// Whether an agent has as many facts waiting as it may.
    pub(super) fn is_full(&self, vdn: VdnId, agent: AgentId) -> bool {
        self.waiting.get(&(vdn, agent)).is_some_and(|waiting| waiting.len() >= WAITING_MAX)
    }

    /// Whether what is on its way says, last, that an agent's phone is there.
    pub(super) fn tell_found(&self, vdn: VdnId, agent: AgentId) -> bool {
        let waiting = self.waiting.get(&(vdn, agent));
        let last = waiting.and_then(|waiting| waiting.iter().rev().find_map(|pending| pending.fact.command.as_ref()));
        matches!(last, Some(Command::SignIn { .. } | Command::PhoneFound { .. }))
    }

    /// Submits a fact, after those of the same agent that wait already.
    pub(super) fn add(&mut self, fact: Fact, asker: Option<Asker>) {
        let (vdn, agent) = (fact.vdn, fact.agent);
        let waiting = self.waiting.entry((vdn, agent)).or_default();
        waiting.push_back(Pending { fact, asker });
        if waiting.len() == 1 {
            self.submit(vdn, agent);
        }
    }

    /// Submits the first fact of an agent.
    fn submit(&self, vdn: VdnId, agent: AgentId) {
        let first = self.waiting.get(&(vdn, agent)).and_then(VecDeque::front);
        let (Some(Pending { fact, .. }), Some(node)) = (first, self.nodes.get(&vdn)) else { return };
        let (command, notes) = (fact.command.clone(), fact.notes.clone());
        let done = self.done.clone();
        node.submit_then(Submission { command, notes, urgency: Urgency::Fact }, move |outcome| {
            // Nobody waits any more when the edge stops.
            drop(done.send(Done { vdn, agent, outcome: outcome.map(drop) }));
        });
    }

    /// Takes note of how a submission ended. What comes back is to be answered now.
    pub(super) fn done(&mut self, done: Done, now: Instant) -> Option<(ServerTxn, Response)> {
        let Done { vdn, agent, outcome } = done;
        let waiting = self.waiting.get_mut(&(vdn, agent))?;
        let is_durable = match outcome {
            // A refused command leaves its notes in the journal, which is all there was to say.
            Ok(()) | Err(Refused::Rejected(_)) => true,
            Err(Refused::Busy | Refused::JournalFull | Refused::OutcomeUnknown | Refused::TooLate) => {
                self.again.push_back((now + PAUSE, vdn, agent));
                let asker = waiting.front_mut()?.asker.take()?;
                return Some((asker.txn, asker.busy));
            }
            Err(Refused::Stopped | Refused::Failed) => {
                tracing::error!(vdn = vdn.0, agent = agent.0, "what a phone did could not be journalled");
                false
            }
        };
        let asker = waiting.pop_front()?.asker;
        if waiting.is_empty() {
            self.waiting.remove(&(vdn, agent));
        } else {
            self.submit(vdn, agent);
        }
        asker.map(|asker| (asker.txn, if is_durable { asker.answer } else { asker.busy }))
    }

    /// When [`Self::retry`] has something to do.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.again.front().map(|(when, ..)| *when)
    }

    /// Submits again what is due.
    pub(super) fn retry(&mut self, now: Instant) {
        while let Some((_, vdn, agent)) = self.again.pop_front_if(|(when, ..)| *when <= now) {
            self.submit(vdn, agent);
        }
    }
}
