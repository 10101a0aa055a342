//! What is submitted to the node: wishes, which may be refused, and facts, which are submitted until they are
//! committed or old news.

use engine::{AgentId, CallId, Command, LegKey, VdnId};
use node::{Note, Receipt, Refused, Submission, Urgency};

use super::board::{Board, Network, Wake};
use super::facts::Fact;
use super::legs::LegId;

/// What was asked of the node, so that its answer finds its way.
#[derive(Debug)]
pub(super) enum Ask {
    /// A call, by its caller's leg.
    Arrive(LegKey),
    /// A transfer, by the leg that sent the REFER.
    Transfer(LegId),
    /// A transfer that keeps the call until it is answered, by the leg that sent the REFER.
    Keep {
        /// Which call.
        call: CallId,
        leg: LegId,
    },
    /// Somebody who is asked for during a talk, by the leg that dialled.
    Consult {
        /// Which call.
        call: CallId,
        agent: AgentId,
        leg: LegId,
    },
    /// The completion of a transfer, by the leg that sent the REFER.
    Complete {
        /// Which call.
        call: CallId,
        leg: LegId,
    },
    /// A feature code, by the leg that dialled it.
    Code {
        leg: LegId,
        /// Whether it was to sign out.
        signs_out: bool,
    },
    /// The cancel key of a call.
    Cancel(CallId),
    /// Something that is so, whatever anybody says.
    Fact(Box<Fact>),
}

impl<N: Network> Board<N> {
    /// Submits what may be refused; the answer comes back as `ask`.
    pub(super) fn submit_wish(&self, vdn: VdnId, command: Command, ask: Ask) {
        self.submit(vdn, Submission::wish(command), ask);
    }

    /// [`Board::submit_wish`] together with what the edge must remember of it; kept also when it is rejected.
    pub(super) fn submit_wish_with(&self, vdn: VdnId, command: Command, notes: Vec<Note>, ask: Ask) {
        self.submit(vdn, Submission::wish(command).with_notes(notes), ask);
    }

    /// Submits what has happened, and keeps it until the journal has it.
    pub(super) fn submit_fact(&mut self, vdn: VdnId, command: Command) {
        self.submit_fact_with(vdn, Some(command), Vec::new());
    }

    /// [`Board::submit_fact`] together with what the edge must remember of it.
    pub(super) fn submit_fact_with(&mut self, vdn: VdnId, command: Option<Command>, notes: Vec<Note>) {
        if let Some(fact) = self.facts.happened(vdn, command, notes) {
            self.send_fact(fact);
        }
    }

    /// Submits what the edge must remember, if there is anything.
    pub(super) fn submit_notes(&mut self, vdn: VdnId, notes: Vec<Note>) {
        if !notes.is_empty() {
            self.submit_fact_with(vdn, None, notes);
        }
    }

    fn send_fact(&self, fact: Box<Fact>) {
        let submission =
            Submission { command: fact.command.clone(), notes: fact.notes.clone(), urgency: Urgency::Fact };
        self.submit(fact.vdn, submission, Ask::Fact(fact));
    }

    fn submit(&self, vdn: VdnId, submission: Submission, ask: Ask) {
        let wakes = self.wakes.clone();
        // When nobody listens any more the switchboard is gone, and with it whoever wanted to know.
        let done = move |result| drop(wakes.send(Wake::Answered(Answer { ask, result })));
        match self.nodes.get(&vdn) {
            Some(node) => node.submit_then(submission, done),
            None => done(Err(Refused::Stopped)),
        }
    }

    /// What became of something submitted.
    pub(super) fn answered(&mut self, Answer { ask, result }: Answer) {
        match ask {
            Ask::Arrive(key) => self.arrive_answered(key, result),
            Ask::Transfer(leg) => self.transfer_answered(leg, result),
            Ask::Keep { call, leg } => self.keep_answered(call, leg, result),
            Ask::Consult { call, agent, leg } => self.consult_answered(call, agent, leg, result),
            Ask::Complete { call, leg } => self.complete_answered(call, leg, result),
            Ask::Code { leg, signs_out } => self.code_answered(leg, signs_out, result),
            Ask::Cancel(call) => {
                if let Err(refused) = result {
                    tracing::debug!(%call, %refused, "the cancel key does nothing");
                }
            }
            Ask::Fact(fact) => self.fact_answered(fact, result),
        }
    }

    /// A fact is settled once it is committed or rejected as old news; anything else is submitted again later.
    fn fact_answered(&mut self, fact: Box<Fact>, result: Result<Receipt, Refused>) {
        match result {
            Ok(_) => {}
            Err(Refused::Rejected(rejection)) => {
                tracing::debug!(command = ?fact.command, %rejection, "old news");
            }
            Err(Refused::Failed) => tracing::error!(command = ?fact.command, "a fact broke the engine and is lost"),
            Err(refused) => {
                let command = fact.command.clone();
                let pause = self.facts.refused(self.now, fact);
                tracing::warn!(?command, %refused, ?pause, "a fact is not in the journal yet");
                return;
            }
        }
        if let Some(next) = self.facts.settled(&fact) {
            self.send_fact(next);
        }
    }

    /// Submits again what waited for it until now.
    pub(super) fn submit_due_facts(&mut self) {
        let due: Vec<_> = self.facts.due(self.now).collect();
        due.into_iter().for_each(|fact| self.send_fact(fact));
    }
}

/// What became of something that was submitted.
#[derive(Debug)]
pub struct Answer {
    pub(super) ask: Ask,
    pub(super) result: Result<Receipt, Refused>,
}
