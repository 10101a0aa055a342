//! What an edge hands to the writer, and what it gets back.

use std::sync::Arc;

use engine::{Command, Rejection};

use crate::record::{Note, Position, Record};

/// What an edge asks for and what it must remember, decided and journalled as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// What to decide; none when there are only notes.
    pub command: Option<Command>,
    /// Kept also when the command is rejected.
    pub notes: Vec<Note>,
    /// Whether it may be refused for want of time or room.
    pub urgency: Urgency,
}

impl Submission {
    /// A command that may be refused.
    #[must_use]
    pub const fn wish(command: Command) -> Self {
        Self { command: Some(command), notes: Vec::new(), urgency: Urgency::Wish }
    }

    /// A command that reports what has happened already.
    #[must_use]
    pub const fn fact(command: Command) -> Self {
        Self { command: Some(command), notes: Vec::new(), urgency: Urgency::Fact }
    }

    /// Notes alone.
    #[must_use]
    pub const fn notes(notes: Vec<Note>) -> Self {
        Self { command: None, notes, urgency: Urgency::Fact }
    }

    /// The same, with these notes.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<Note>) -> Self {
        self.notes = notes;
        self
    }
}

/// Whether the world can still be told no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It can: [`Refused::Busy`] when the writer has too much to do, [`Refused::TooLate`] when it waited over 5 s.
    Wish,
    /// It cannot. Has four times the room of wishes before [`Refused::Busy`]; never [`Refused::TooLate`]. Whoever
    /// reports it keeps it, and submits it again until it is committed.
    Fact,
}

/// Answered once the record is durable, and the edges have not been told before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Wait for the follower to [reach](crate::Node::reached) this to read what was decided.
    pub position: Position,
    /// What was decided. When it changed nothing and carries no notes it is not journalled: then its position is that
    /// of the last record before it.
    pub record: Arc<Record>,
}

/// Why there is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The engine refused the command, which changed nothing; the notes are journalled.
    #[error("{0}")]
    Rejected(Rejection),
    /// More waits to be decided than there is room for. Nothing was decided.
    #[error("too much is waiting to be decided")]
    Busy,
    /// The disk, or what the journal may take of it, is full. Nothing was decided.
    #[error("the journal is full")]
    JournalFull,
    /// It was decided, but whether it became durable is not known until the journal is read again.
    #[error("whether it was journalled is not known")]
    OutcomeUnknown,
    /// The VDN's writer has stopped; see [`crate::Health`]. Nothing was decided.
    #[error("the VDN is stopped")]
    Stopped,
    /// The wish had waited for more than 5 s. Nothing was decided.
    #[error("it waited too long to be decided")]
    TooLate,
    /// The engine broke on this command: our bug. It was thrown away and must not be submitted again.
    #[error("the command failed by a fault of ours")]
    Failed,
}
