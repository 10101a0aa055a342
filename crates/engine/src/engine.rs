//! The engine: decide reads, apply writes, settle finds what follows.

use alloc::vec::Vec;

use crate::command::Command;
use crate::event::Event;
use crate::rejection::Rejection;
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
    /// Why it was refused; nothing has changed then.
    pub fn handle(&mut self, now: Timestamp, command: Command) -> Result<Entry, Rejection> {
        let _ = (now, command, &mut self.state);
        todo!("engine helper")
    }

    /// Replays a journal entry. Total: what has happened cannot be refused.
    pub fn apply(&mut self, entry: &Entry) {
        let _ = entry;
        todo!("engine helper")
    }

    /// When to send the next [`Command::Tick`], and what falls due then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Timestamp, Deadline)> {
        todo!("engine helper")
    }

    /// What is true now.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }
}
