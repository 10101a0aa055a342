//! The writer of a VDN: one thread around a [`Replica`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use engine::{Command, Timestamp};

use crate::clock::Stopwatch;
use crate::inbox::{Asker, Waiting};
use crate::journal::Claim;
use crate::names::command_name;
use crate::node::Health;
use crate::record::{Position, Record};
use crate::recovery;
use crate::replica::{Replica, Verdict, panic_message};
use crate::shared::{Mark, Shared};
use crate::store::AppendError;
use crate::submission::{Refused, Submission, Urgency};

/// Wishes that have waited longer are refused: whoever asked has given up, or will ask again.
const WISH_AGE_MAX: Duration = Duration::from_secs(5);
/// How often a full journal is tried again.
const ROOM_EVERY: Duration = Duration::from_millis(500);
/// An engine that breaks twice within this time is not built a third time.
const BREAK_WINDOW: Duration = Duration::from_secs(60);
/// Deadlines are looked at again at least this often.
const SLEEP_MAX: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    replica: Replica,
    waiting: VecDeque<Waiting>,
    snapshot_every: u64,
    next_mark: Position,
    broke: Option<Timestamp>,
    /// Given back when the writer ends.
    _claim: Claim,
}

/// A batch that was decided.
struct Batch {
    askers: Vec<Asker>,
    verdicts: Vec<Verdict>,
    records: Vec<Arc<Record>>,
    /// What the engine broke on, and what it said.
    broken: Option<(&'static str, String)>,
}

impl Writer {
    /// A writer that goes on where `replica` stands; the last snapshot was at `snapshot`.
    pub(crate) fn new(
        shared: Arc<Shared>,
        replica: Replica,
        claim: Claim,
        snapshot: Position,
        snapshot_every: u64,
    ) -> Self {
        let snapshot_every = snapshot_every.max(1);
        let next_mark = Position(snapshot.0.saturating_add(snapshot_every));
        Self { shared, replica, waiting: VecDeque::new(), snapshot_every, next_mark, broke: None, _claim: claim }
    }

    /// Decides until the inbox is closed and empty, or the VDN stopped.
    pub(crate) fn run(mut self) {
        let ran = catch_unwind(AssertUnwindSafe(|| while self.turn() {}));
        if let Err(panic) = ran {
            // Only what edges and askers gave us to call can have panicked here.
            self.shared.stop(&format!("the writer panicked: {}", panic_message(&*panic)));
        }
        self.shared.inbox.close();
        // Dropped, what still waits is answered that the VDN is stopped.
        self.waiting.clear();
        self.shared.inbox.take(&mut self.waiting, Some(Duration::ZERO));
        self.waiting.clear();
        self.shared.ring.close();
        self.shared.set_health(Health::Stopped("it was told to stop".into()));
    }

    /// One batch; whether there can be another.
    fn turn(&mut self) -> bool {
        let mut is_open = true;
        if self.waiting.is_empty() {
            let sleep_max = self.sleep_max();
            is_open = self.shared.inbox.take(&mut self.waiting, sleep_max);
        }
        if self.shared.is_stopped() || (!is_open && self.waiting.is_empty()) {
            return false;
        }
        let batch = self.decide(self.shared.clock.now());
        match self.append(&batch.records) {
            Ok(()) => self.committed(batch),
            Err(AppendError::Full) => self.refuse_all(batch),
            Err(AppendError::Unknown) => {
                batch.askers.into_iter().for_each(|asker| asker.answer(Err(Refused::OutcomeUnknown)));
                self.shared.stop("the journal cannot be written, and what was last decided may or may not be in it");
            }
        }
        !self.shared.is_stopped()
    }

    /// How long there is nothing to do unless something comes in; for ever without deadlines.
    fn sleep_max(&self) -> Option<Duration> {
        let deadline = self.replica.next_deadline()?;
        Some(deadline.since(self.shared.clock.now()).min(SLEEP_MAX))
    }

    /// Has the replica decide all that waits, what fell due first.
    fn decide(&mut self, now: Timestamp) -> Batch {
        let Self { shared, replica, waiting, .. } = self;
        let due = replica.next_deadline().filter(|deadline| *deadline <= now);
        let mut tick = due.map(|_| Submission::fact(Command::Tick));
        let (mut askers, mut last_command) = (Vec::new(), "no command");
        let submissions = std::iter::from_fn(|| {
            let submission = if let Some(tick) = tick.take() {
                askers.push(Asker::nobody());
                tick
            } else {
                let Waiting { submission, asker, .. } = next_in_time(waiting, now, shared)?;
                askers.push(asker);
                submission
            };
            last_command = submission.command.as_ref().map_or("no command", command_name);
            Some(submission)
        });
        let proposal = replica.propose(now, submissions);
        shared.meters.decided(proposal.verdicts.len());
        let mut broken = proposal.broken.map(|what| (last_command, what));
        if broken.is_none() && due.is_some() && replica.next_deadline() == due {
            broken = Some(("Tick", "a deadline stays due though it was met".to_owned()));
        }
        Batch { askers, verdicts: proposal.verdicts, records: proposal.records, broken }
    }

    fn append(&self, records: &[Arc<Record>]) -> Result<(), AppendError> {
        let Some(last) = records.last() else { return Ok(()) };
        let watch = Stopwatch::start();
        self.shared.store.append(self.shared.vdn, records)?;
        self.shared.meters.appended(records.len(), last.position, watch.elapsed());
        Ok(())
    }

    /// The batch is durable: answers whoever asked, tells the edges, and hands the records to all who follow.
    fn committed(&mut self, batch: Batch) {
        let Batch { askers, verdicts, records, broken } = batch;
        if let Some(last) = records.last() {
            self.replica.committed(last.position);
        }
        for (asker, verdict) in askers.into_iter().zip(verdicts) {
            asker.answer(match verdict {
                Verdict::Decided(receipt) => Ok(receipt),
                Verdict::Rejected(rejection) => {
                    self.shared.meters.rejected(&rejection);
                    Err(Refused::Rejected(rejection))
                }
                Verdict::Failed => Err(Refused::Failed),
            });
        }
        let edges = self.shared.edges();
        for record in &records {
            edges.iter().for_each(|edge| edge(record));
        }
        if broken.is_none() {
            self.mark();
        }
        if !records.is_empty() {
            self.shared.ring.push(records);
        }
        if let Some((command, what)) = broken {
            self.recover_from(command, &what);
        }
    }

    /// Now and then notes what the state hashes to, for the follower to compare and a snapshot to be made.
    fn mark(&mut self) {
        let position = self.replica.durable();
        if position >= self.next_mark {
            self.next_mark = Position(position.0.saturating_add(self.snapshot_every));
            self.shared.marks.push(Mark { position, hash: self.replica.state().hash() });
        }
    }

    /// The engine broke on a command, which was answered and is not tried again.
    fn recover_from(&mut self, command: &'static str, what: &str) {
        tracing::error!(vdn = %self.shared.vdn, command, what, "the engine broke and is rebuilt from the journal");
        let now = self.shared.clock.now();
        if self.broke.is_some_and(|broke| now.since(broke) < BREAK_WINDOW) {
            self.shared.stop(&format!("the engine broke twice within a minute, now on {command}: {what}"));
            return;
        }
        self.broke = Some(now);
        self.rebuild();
    }

    /// Throws the engine away, and all that was decided but is not durable with it.
    fn rebuild(&mut self) {
        self.shared.set_health(Health::Recovering);
        let watch = Stopwatch::start();
        match recovery::replay(&*self.shared.store, self.shared.vdn, None) {
            Ok(replayed) => {
                self.replica = Replica::in_term(&replayed.replay, self.replica.epoch());
                let (position, took) = (replayed.replay.position(), watch.elapsed());
                tracing::info!(vdn = %self.shared.vdn, %position, ?took, "the engine was rebuilt from the journal");
                self.shared.set_health(Health::Serving);
            }
            Err(error) => self.shared.stop(&format!("the engine cannot be rebuilt: {error}")),
        }
    }

    /// There was no room for the batch: nothing of it is so. Until there is room again all is refused, and time stands
    /// still: what falls due meanwhile happens afterwards.
    fn refuse_all(&mut self, batch: Batch) {
        self.rebuild();
        self.shared.set_health(Health::JournalFull);
        let askers = batch.askers.into_iter().chain(self.waiting.drain(..).map(|waiting| waiting.asker));
        askers.for_each(|asker| asker.answer(Err(Refused::JournalFull)));
        let mut watch = Stopwatch::start();
        loop {
            let left = ROOM_EVERY.saturating_sub(watch.elapsed());
            let is_open = self.shared.inbox.take(&mut self.waiting, Some(left));
            if !is_open || self.shared.is_stopped() {
                return;
            }
            if watch.elapsed() >= ROOM_EVERY {
                if self.shared.store.has_room() {
                    break;
                }
                watch = Stopwatch::start();
            }
            for waiting in self.waiting.drain(..) {
                self.shared.meters.refused("full");
                waiting.asker.answer(Err(Refused::JournalFull));
            }
        }
        tracing::info!(vdn = %self.shared.vdn, "the journal has room again");
        self.shared.set_health(Health::Serving);
    }
}

/// The next in line. Refuses wishes on the way that waited too long.
fn next_in_time(line: &mut VecDeque<Waiting>, now: Timestamp, shared: &Shared) -> Option<Waiting> {
    loop {
        let waiting = line.pop_front()?;
        if waiting.submission.urgency == Urgency::Fact || now.since(waiting.since) <= WISH_AGE_MAX {
            return Some(waiting);
        }
        shared.meters.refused("late");
        waiting.asker.answer(Err(Refused::TooLate));
    }
}
