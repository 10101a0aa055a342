//! The engine: decide reads, apply writes, settle finds what follows.

use alloc::vec::Vec;

use crate::command::Command;
use crate::decide::{Decision, Step, decide, follow_up, take_step};
use crate::event::Event;
use crate::rejection::Rejection;
use crate::settle::settle;
use crate::state::{Deadline, State};
use crate::time::Timestamp;

/// One turn: what was asked, and all that it led to, at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was decided.
    pub at: Timestamp,
    /// What was asked: for audit, never needed to rebuild state.
    pub command: Command,
    /// What is so from now on, in order; may be empty when the command changed nothing (then nothing is journalled).
    pub events: Vec<Event>,
}

/// The whole floor of a VDN as one value.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    state: State,
}

impl Engine {
    /// An engine that continues from `state`.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self { state }
    }

    /// Carries out `command`, and all that follows from it, at `now`, which is never before the last `now`.
    ///
    /// # Errors
    /// Why it was refused; nothing has changed then, for only `decide` refuses, and it cannot write.
    pub fn handle(&mut self, now: Timestamp, command: Command) -> Result<Entry, Rejection> {
        let mut next = Some(decide(&self.state, now, &command)?);
        let mut events = Vec::new();
        let mut steps = Vec::new();
        while let Some(decision) = next {
            self.carry_out(now, decision, &mut events, &mut steps);
            next = match steps.pop() {
                Some(step) => Some(take_step(&self.state, now, step)),
                None => settle(&self.state, now),
            };
        }
        Ok(Entry { at: now, command, events })
    }

    /// Applies what was decided and keeps what is still to be decided; the steps of a step come before its successor.
    fn carry_out(&mut self, now: Timestamp, decision: Decision, events: &mut Vec<Event>, steps: &mut Vec<Step>) {
        for event in &decision.events {
            steps.extend(follow_up(&self.state, event));
            self.state.apply(now, event);
        }
        if events.is_empty() {
            *events = decision.events;
        } else {
            events.extend(decision.events);
        }
        steps.extend(decision.steps.into_iter().rev());
    }

    /// Replays a journal entry. Total: what has happened cannot be refused.
    pub fn apply(&mut self, entry: &Entry) {
        for event in &entry.events {
            self.state.apply(entry.at, event);
        }
    }

    /// When to send the next [`Command::Tick`], and what falls due then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Timestamp, Deadline)> {
        self.state.next_deadline()
    }

    /// What is true now.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }
}
