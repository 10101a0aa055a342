//! The writer of the VDN, as `node` runs it: takes what has come in, has the replica decide it, makes one batch durable
//! at a time, and only then lets anybody know.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine::{CallId, Command, LegKey, Timestamp};
use node::replica::{Replica, Verdict};
use node::{Receipt, Record, Refused, Replay, Submission, Urgency};

use crate::edge::Fact;
use crate::judge::told;
use crate::model::Model;
use crate::network::LineId;
use crate::plant::Plant;
use crate::sometimes::Situation;
use crate::world::{Due, World, WriteEnd};

/// Wishes that have waited longer are refused.
const WISH_AGE_MAX: Duration = Duration::from_secs(5);
/// How many wishes may wait.
const WISHES_MAX: usize = 200;
/// How often a full journal is tried again.
const ROOM_EVERY: Duration = Duration::from_millis(500);

/// Who wants to know what became of a submission.
#[derive(Debug)]
pub(crate) enum Asker {
    Nobody,
    /// The edge, about a call by its caller's leg.
    Arrive(LegKey),
    /// The edge, about the cancel key of a caller.
    Cancel(CallId),
    /// The edge, about a REFER on this line.
    Transfer(LineId),
    /// The edge, about what has happened.
    Fact(Box<Fact>),
    /// Who starts the process: calls are over, then the floor is configured.
    Start(StartStep),
}

/// What happens at the start, in this order, before the edge opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartStep {
    FailAllCalls,
    Configure,
}

#[derive(Debug)]
struct Waiting {
    submission: Submission,
    asker: Asker,
    since: Timestamp,
}

#[derive(Debug, Default)]
struct Batch {
    records: Vec<Arc<Record>>,
    answers: Vec<(Asker, Verdict)>,
}

/// The state of the writer in this life of the process.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) replica: Option<Replica>,
    /// What the records come to, decided ones included.
    pub(crate) shadow: Option<Replay>,
    inbox: VecDeque<Waiting>,
    batch: Option<Batch>,
    is_full: bool,
    pub(crate) at: Timestamp,
    wakes_at: Option<Timestamp>,
    /// The reference, where the replica is, and where the disk is.
    pub(crate) model: Model,
    pub(crate) disk_model: Model,
    /// What this life has told somebody to be durable.
    pub(crate) told: Vec<Arc<Record>>,
}

impl Writer {
    /// A writer of a new life.
    pub(crate) fn new(replica: Replica, replay: Replay, model: Model) -> Self {
        let (at, disk_model) = (replay.at(), model.clone());
        Self { replica: Some(replica), shadow: Some(replay), model, disk_model, at, ..Self::default() }
    }
}

impl World {
    /// Hands something to the writer. What cannot join the line is answered at once.
    pub(crate) fn submit(&mut self, submission: Submission, asker: Asker) {
        let since = self.now;
        let room = if submission.urgency == Urgency::Wish { WISHES_MAX } else { 4 * WISHES_MAX };
        if !self.is_up || self.writer.inbox.len() >= room {
            return self.answer(asker, Err(Refused::Busy));
        }
        self.writer.inbox.push_back(Waiting { submission, asker, since });
    }

    /// Decides what has come in, unless a batch is on its way.
    pub(crate) fn write(&mut self) {
        if !self.is_up || self.writer.batch.is_some() || self.breach.is_some() {
            return;
        }
        if self.writer.is_full && !self.find_room() {
            return;
        }
        let mut deadline = self.writer.replica.as_ref().and_then(Replica::next_deadline);
        if self.plants(Plant::LateClock) {
            deadline = deadline.map(|deadline| deadline + Duration::from_secs(3));
        }
        let is_due = deadline.is_some_and(|deadline| deadline <= self.node_now());
        if self.writer.inbox.is_empty() && !is_due {
            return self.wake_at(deadline);
        }
        self.decide_all(is_due);
    }

    fn wake_at(&mut self, deadline: Option<Timestamp>) {
        let Some(deadline) = deadline.filter(|deadline| self.writer.wakes_at != Some(*deadline)) else { return };
        self.writer.wakes_at = Some(deadline);
        self.at(Timestamp(deadline.0 - self.clock_ahead), Due::Write(self.life));
    }

    fn decide_all(&mut self, is_due: bool) {
        let mut batch = Batch::default();
        if is_due {
            self.decide(Submission::fact(Command::Tick), Asker::Nobody, &mut batch);
        }
        while let Some(Waiting { submission, asker, since }) = self.writer.inbox.pop_front() {
            if submission.urgency == Urgency::Wish && self.now.since(since) > WISH_AGE_MAX {
                self.meet(Situation::LateWish);
                self.answer(asker, Err(Refused::TooLate));
                continue;
            }
            self.decide(submission, asker, &mut batch);
            if self.breach.is_some() {
                return;
            }
        }
        if batch.records.len() >= 5 {
            self.meet(Situation::BigBatch);
        }
        self.append(batch);
    }

    fn decide(&mut self, submission: Submission, asker: Asker, batch: &mut Batch) {
        let now = self.node_now();
        self.writer.at = self.writer.at.max(now);
        let command = submission.command.clone();
        let Some(replica) = &mut self.writer.replica else { return };
        let mut proposal = replica.propose(now, [submission]);
        if let Some(what) = proposal.broken {
            return self.broken("engine", format!("the engine broke on {command:?}: {what}"));
        }
        let Some(mut verdict) = proposal.verdicts.pop() else { return };
        if let Some(record) = proposal.records.pop() {
            let record = self.tampered(record, &mut verdict);
            batch.records.push(record);
        }
        self.trace.tell(|| told(command.as_ref(), &verdict));
        self.judge(command.as_ref(), &verdict, batch.records.last());
        batch.answers.push((asker, verdict));
    }

    fn append(&mut self, batch: Batch) {
        if self.plants(Plant::TellBeforeDurable) {
            self.edge_committed(&batch.records);
        }
        if batch.records.is_empty() {
            return self.committed(batch);
        }
        if self.disk.is_full {
            return self.refuse_all(batch);
        }
        if self.strikes(Plant::AnswerBeforeDurable, 500) {
            let records = batch.records.clone();
            self.committed(Batch { records: Vec::new(), answers: batch.answers });
            self.writer.batch = Some(Batch { records, answers: Vec::new() });
        } else {
            self.writer.batch = Some(batch);
        }
        let latency = if self.chance.is(self.faults.slow_disk) && !self.is_calm() {
            self.chance.millis(200, 6500)
        } else {
            self.chance.micros(300, 8000)
        };
        let fails = self.chance.is(self.faults.write_error) && !self.is_calm();
        let end = if fails { WriteEnd::Unknown } else { WriteEnd::Done };
        self.after(latency, Due::Written(self.life, end));
    }

    /// The disk has answered.
    pub(crate) fn written(&mut self, end: WriteEnd) {
        if end == WriteEnd::Unknown {
            self.meet(Situation::WriteError);
            return self.crash();
        }
        if let Some(batch) = self.writer.batch.take() {
            self.reach_disk(&batch.records);
            self.check_disk();
            self.committed(batch);
        }
    }

    /// The batch is on the disk, whether anybody knows it or not.
    fn reach_disk(&mut self, records: &[Arc<Record>]) {
        let records = self.as_written(records.to_vec());
        self.disk.append(records.clone());
        for record in &records {
            let checked = self.books_durable(record);
            self.check(checked);
        }
        self.writer.disk_model = self.writer.model.clone();
        if self.chance.is(8) {
            self.disk.save(self.books.truth().snapshot());
        }
    }

    /// The batch is durable: answers whoever asked, then tells the edge.
    fn committed(&mut self, batch: Batch) {
        if let (Some(last), Some(replica)) = (batch.records.last(), &mut self.writer.replica) {
            replica.committed(last.position);
        }
        for (asker, verdict) in batch.answers {
            let answer = match verdict {
                Verdict::Decided(receipt) => {
                    self.check_told(&receipt);
                    Ok(receipt)
                }
                Verdict::Rejected(rejection) => Err(Refused::Rejected(rejection)),
                Verdict::Failed => Err(Refused::Failed),
            };
            self.answer(asker, answer);
        }
        if !self.plants(Plant::TellBeforeDurable) {
            self.edge_committed(&batch.records);
        }
    }

    /// There was no room for the batch: nothing of it is so, and time stands still until there is room.
    fn refuse_all(&mut self, batch: Batch) {
        self.meet(Situation::JournalFull);
        let epoch = self.writer.replica.as_ref().map_or(0, Replica::epoch);
        self.writer.replica = Some(Replica::in_term(self.books.truth(), epoch));
        self.writer.shadow = Some(self.books.truth().clone());
        self.writer.model = self.writer.disk_model.clone();
        self.writer.is_full = true;
        for (asker, _) in batch.answers {
            self.answer(asker, Err(Refused::JournalFull));
        }
        self.refuse_inbox();
        self.after(ROOM_EVERY, Due::Write(self.life));
    }

    fn refuse_inbox(&mut self) {
        while let Some(waiting) = self.writer.inbox.pop_front() {
            self.answer(waiting.asker, Err(Refused::JournalFull));
        }
    }

    /// Whether there is room again.
    fn find_room(&mut self) -> bool {
        if self.disk.is_full {
            self.refuse_inbox();
            self.after(ROOM_EVERY, Due::Write(self.life));
            return false;
        }
        self.writer.is_full = false;
        self.writer.wakes_at = None;
        true
    }

    fn answer(&mut self, asker: Asker, answer: Result<Receipt, Refused>) {
        match asker {
            Asker::Nobody => {}
            Asker::Arrive(key) => self.arrive_answered(key, answer),
            Asker::Cancel(call) => self.books.key_decided(call),
            Asker::Transfer(line) => self.transfer_answered(line, answer),
            Asker::Fact(fact) => self.fact_answered(fact, answer),
            Asker::Start(step) => self.start_answered(step, answer.is_ok()),
        }
    }

    /// The process ends here and now; what was on its way to the disk is there or it is not.
    pub(crate) fn lose_writer(&mut self) {
        let Some(batch) = self.writer.batch.take() else { return };
        self.meet(Situation::CrashInFlight);
        if self.chance.is(500) {
            self.meet(Situation::BatchPresent);
            self.reach_disk(&batch.records);
        } else {
            self.meet(Situation::BatchAbsent);
        }
    }

    /// What is decided, durable or not.
    pub(crate) fn is_idle(&self) -> bool {
        self.writer.batch.is_none() && self.writer.inbox.is_empty()
    }
}
