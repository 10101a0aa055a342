//! The writer without threads, stores and clocks: what is decided, and what of it has become durable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use engine::{Command, Engine, Entry, Rejection, State, Timestamp, VdnId};

use crate::record::{Position, Record};
use crate::replay::{OutOfOrder, Replay};
use crate::snapshot::Snapshot;
use crate::submission::{Receipt, Submission};

/// A VDN's engine and its place in the journal. It runs ahead of the journal by one batch.
#[derive(Clone, Debug)]
pub struct Replica {
    vdn: VdnId,
    engine: Engine,
    epoch: u32,
    decided: Position,
    durable: Position,
    at: Timestamp,
}

/// What became of one batch of submissions.
#[derive(Debug, Default)]
pub struct Proposal {
    /// What to append, in order.
    pub records: Vec<Arc<Record>>,
    /// One for each submission that was taken, in order. To be answered when the records are durable.
    pub verdicts: Vec<Verdict>,
    /// What the engine said when it broke on the last submission that was taken. The replica is of no use then: append
    /// the records, and recover another from the journal.
    pub broken: Option<String>,
}

/// What became of one submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was decided.
    Decided(Receipt),
    /// The engine refused the command; the notes are in the records.
    Rejected(Rejection),
    /// The engine broke on it; neither command nor notes are in the records.
    Failed,
}

impl Replica {
    /// A replica for a new term, at the end of what was replayed.
    #[must_use]
    pub fn continue_from(replay: &Replay) -> Self {
        Self::in_term(replay, replay.epoch() + 1)
    }

    /// A replica for the term `epoch`, at the end of what was replayed.
    #[must_use]
    pub fn in_term(replay: &Replay, epoch: u32) -> Self {
        let (position, at) = (replay.position(), replay.at());
        Self { vdn: replay.vdn(), engine: replay.engine().clone(), epoch, decided: position, durable: position, at }
    }

    /// A replica for a new term, from a snapshot and the records after it; and what a follower starts with.
    ///
    /// # Errors
    /// When a record is missing or in the wrong place.
    pub fn recover<'a>(
        snapshot: Snapshot,
        records: impl IntoIterator<Item = &'a Record>,
    ) -> Result<(Self, Replay), OutOfOrder> {
        let mut replay = Replay::from_snapshot(snapshot);
        records.into_iter().try_for_each(|record| replay.apply(record))?;
        Ok((Self::continue_from(&replay), replay))
    }

    /// Decides submissions at `now`, or at the time of the last decision if that is later. Takes all of them, unless
    /// the engine breaks: then what follows is left in the iterator.
    pub fn propose(&mut self, now: Timestamp, submissions: impl IntoIterator<Item = Submission>) -> Proposal {
        self.at = self.at.max(now);
        let mut proposal = Proposal::default();
        for submission in submissions {
            match catch_unwind(AssertUnwindSafe(|| self.decide(submission, &mut proposal.records))) {
                Ok(verdict) => proposal.verdicts.push(verdict),
                Err(panic) => {
                    proposal.verdicts.push(Verdict::Failed);
                    proposal.broken = Some(panic_message(&*panic));
                    break;
                }
            }
        }
        proposal
    }

    fn decide(&mut self, submission: Submission, records: &mut Vec<Arc<Record>>) -> Verdict {
        let Submission { command, notes, urgency: _ } = submission;
        let decided = command.map(|command| self.handle(command)).transpose();
        let (entry, rejection) = match decided {
            Ok(entry) => (entry, None),
            Err(rejection) => (None, Some(rejection)),
        };
        let journalled = !notes.is_empty() || entry.as_ref().is_some_and(|entry| !entry.events.is_empty());
        let position = if journalled { self.decided.next() } else { self.decided };
        let at = entry.as_ref().map_or(self.at, |entry| entry.at);
        let record = Arc::new(Record { position, epoch: self.epoch, at, entry, notes });
        if journalled {
            self.decided = position;
            records.push(Arc::clone(&record));
        }
        rejection.map_or(Verdict::Decided(Receipt { position, record }), Verdict::Rejected)
    }

    /// An empty engine would take any VDN's floor; the records have their VDN from the start.
    fn handle(&mut self, command: Command) -> Result<Entry, Rejection> {
        match &command {
            Command::Configure(floor) if floor.vdn != self.vdn => Err(Rejection::WrongVdn(floor.vdn)),
            _ => self.engine.handle(self.at, command),
        }
    }

    /// All records up to `position` are durable.
    pub fn committed(&mut self, position: Position) {
        assert!(
            self.durable <= position && position <= self.decided,
            "record {position} was committed, but {} is durable and {} decided",
            self.durable,
            self.decided,
        );
        self.durable = position;
    }

    /// When to submit the next [`Command::Tick`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.engine.next_deadline().map(|(at, _)| at)
    }

    /// What is true once all that was decided is durable.
    #[must_use]
    pub fn state(&self) -> &State {
        self.engine.state()
    }

    /// The last record that was decided.
    #[must_use]
    pub const fn decided(&self) -> Position {
        self.decided
    }

    /// The last record that is known to be durable.
    #[must_use]
    pub const fn durable(&self) -> Position {
        self.durable
    }

    /// The term of its records.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }
}

/// What somebody who panicked said.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}
