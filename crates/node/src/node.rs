//! The handle of one VDN.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use engine::{State, Timestamp, VdnId};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::clock::{Clock, Stopwatch};
use crate::error::{OpenError, TooOld};
use crate::inbox::{Asker, Inbox, Waiting};
use crate::journal::{Claim, Journal};
use crate::meters::Meters;
use crate::record::{JournalId, Position, Record};
use crate::recovery::{self, Replayed};
use crate::replay::Replay;
use crate::replica::Replica;
use crate::ring::Ring;
use crate::run::Writer;
use crate::shared::Shared;
use crate::submission::{Receipt, Refused, Submission};
use crate::subscription::Subscription;
use crate::{follower, snapshotter};

/// How long [`Node::reached`] waits.
const REACHED_MAX: Duration = Duration::from_secs(1);

/// One VDN's writer and follower. Cheap to clone; the VDN stops in order when the last clone is gone.
#[derive(Clone, Debug)]
pub struct Node {
    handle: Arc<Handle>,
}

/// Closes the inbox when the last clone of a node is gone.
#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Handle {
    /// Does not wait: the last clone may be dropped by what the writer itself calls.
    fn drop(&mut self) {
        self.shared.inbox.close();
    }
}

/// Bounds of one VDN's node.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// A snapshot is made each time this many records have been written. Default 100,000.
    pub snapshot_every: u64,
    /// How many wishes may wait to be decided, and a quarter of how many facts. Default 16,384.
    pub inbox_max: usize,
    /// How many of the last records subscriptions find in memory. Default 65,536.
    pub ring_max: usize,
}

impl Default for NodeOptions {
    fn default() -> Self {
        Self { snapshot_every: 100_000, inbox_max: 16_384, ring_max: 65_536 }
    }
}

/// What a start found in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The last record there is.
    pub position: Position,
    /// How many records were replayed.
    pub records_replayed: u64,
    /// The snapshot that it began with.
    pub snapshot: Option<Position>,
    /// How long it took.
    pub took: Duration,
    /// How many calls were live at that position.
    pub live_calls: usize,
}

/// How a VDN does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It decides and journals.
    Serving,
    /// Its engine is being rebuilt from the journal; what comes in meanwhile is decided afterwards.
    Recovering,
    /// Nothing can be journalled until there is room again; live calls go on. Ends by itself with an append that succeeds.
    JournalFull,
    /// It is over until the next start. The sentence says why.
    Stopped(Arc<str>),
}

impl Node {
    /// Recovers a VDN from its journal and starts its writer and its follower. A VDN that was never there begins empty.
    /// Blocks until it is recovered.
    ///
    /// What fell due meanwhile is decided at once: an edge that must miss nothing first calls [`Node::on_commit`] and
    /// then [reads](Node::read) the state, whose position tells which records are already part of it.
    ///
    /// # Errors
    /// When the VDN is started already, or the journal is damaged: then nothing has been changed.
    pub fn start(journal: &Journal, vdn: VdnId, options: NodeOptions) -> Result<(Self, Recovery), OpenError> {
        let claim = journal.claim(vdn)?;
        let watch = Stopwatch::start();
        let replayed = recovery::replay(&**journal.store(), vdn, None)?;
        let recovery = Recovery {
            position: replayed.replay.position(),
            records_replayed: replayed.records,
            snapshot: replayed.snapshot,
            took: watch.elapsed(),
            live_calls: replayed.replay.state().calls().count(),
        };
        recovery.log(vdn);
        let node = Self::launch(journal, claim, replayed, &options)?;
        node.handle.shared.meters.recovered(recovery.took);
        Ok((node, recovery))
    }

    /// Starts the threads, in the order in which they wait for each other.
    fn launch(journal: &Journal, claim: Claim, replayed: Replayed, options: &NodeOptions) -> Result<Self, OpenError> {
        let Replayed { replay, snapshot, .. } = replayed;
        let (vdn, clock) = (replay.vdn(), start_clock(&replay));
        let replica = Replica::continue_from(&replay);
        let line = (Inbox::new(options.inbox_max), Ring::new(replay.position(), options.ring_max));
        let shared = Arc::new(Shared::new(Arc::clone(journal.store()), clock, line, Meters::new(vdn), replay));
        let handle = Arc::new(Handle { shared: Arc::clone(&shared), threads: Mutex::default() });
        let node = Self { handle };

        let (marks, asked) = std::sync::mpsc::sync_channel(1);
        let of = Arc::clone(&shared);
        node.spawn("snapshot", move || snapshotter::run(&of, &asked))?;
        let of = Arc::clone(&shared);
        let snapshot = snapshot.unwrap_or(Position::START);
        let writer = Writer::new(of, replica, claim, snapshot, options.snapshot_every);
        node.spawn("writer", move || writer.run())?;
        let of = Arc::clone(&shared);
        node.spawn("follower", move || follower::run(&of, &marks))?;
        Ok(node)
    }

    fn spawn(&self, what: &str, run: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let name = format!("{what}-{}", self.vdn());
        let thread = thread::Builder::new().name(name).spawn(run).map_err(OpenError::Thread)?;
        self.handle.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// Whose node this is.
    #[must_use]
    pub fn vdn(&self) -> VdnId {
        self.handle.shared.vdn
    }

    /// Which journal it writes.
    #[must_use]
    pub fn journal_id(&self) -> JournalId {
        self.handle.shared.store.id()
    }

    /// The VDN's time: the wall's when the node started, or that of the journal's last record if it was later, and
    /// monotonic since.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.handle.shared.clock.now()
    }

    /// Hands a submission to the writer at once, and answers when what was decided is durable. Dropping the future
    /// takes nothing back.
    pub fn submit(&self, submission: Submission) -> impl Future<Output = Result<Receipt, Refused>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        // Whoever dropped the future does not want to know.
        self.submit_then(submission, move |outcome| drop(answer.send(outcome)));
        async move { answered.await.unwrap_or(Err(Refused::Stopped)) }
    }

    /// Like [`Node::submit`]; `done` is called exactly once: on the writer's thread after the record is durable, or on
    /// the caller's own when there is no room. It must not block: let it send into a channel.
    pub fn submit_then(&self, submission: Submission, done: impl FnOnce(Result<Receipt, Refused>) + Send + 'static) {
        let shared = &self.handle.shared;
        shared.inbox.push(Waiting { submission, asker: Asker::new(done), since: shared.clock.now() });
    }

    /// Has `edge` called for every record from now on: once it is durable, in order, on the writer's thread, right
    /// after whoever submitted it was answered and before the follower applies it. It must not block, and should not
    /// hold a clone of this node, which would then never stop by itself.
    pub fn on_commit(&self, edge: impl Fn(&Arc<Record>) + Send + Sync + 'static) {
        self.handle.shared.add_edge(Arc::new(edge));
    }

    /// What is true, as of the position that the follower has reached. `f` is to be short: the follower waits for it,
    /// the writer does not.
    pub fn read<T>(&self, f: impl FnOnce(&State, Position) -> T) -> T {
        let follower = self.handle.shared.follower.read().unwrap_or_else(PoisonError::into_inner);
        f(follower.state(), follower.position())
    }

    /// Waits until the follower has applied the record at `position`; false when it has not after one second, or will
    /// not. Needs a tokio runtime with time.
    pub async fn reached(&self, position: Position) -> bool {
        let mut applied = self.handle.shared.applied.subscribe();
        let there = applied.wait_for(|applied| applied.position >= position || applied.is_over);
        matches!(timeout(REACHED_MAX, there).await, Ok(Ok(applied)) if applied.position >= position)
    }

    /// All records after `after`, one by one, without gap or repeat.
    ///
    /// # Errors
    /// When the first of them is no longer kept.
    pub fn subscribe(&self, after: Position) -> Result<Subscription, TooOld> {
        Subscription::new(Arc::clone(&self.handle.shared), after)
    }

    /// The earliest that can be known of the VDN with all records after it: nothing, as long as its first record is kept,
    /// else a snapshot. Blocks while it is read.
    ///
    /// # Errors
    /// When the journal cannot be read, is damaged, or has lost its snapshots.
    pub fn earliest(&self) -> Result<Replay, OpenError> {
        recovery::earliest(&*self.handle.shared.store, self.vdn())
    }

    /// The live notes whose key begins with `prefix`, by key, as of the position that the follower has reached.
    #[must_use]
    pub fn notes(&self, prefix: &str) -> Vec<(Arc<str>, Arc<[u8]>)> {
        let follower = self.handle.shared.follower.read().unwrap_or_else(PoisonError::into_inner);
        follower.notes(prefix).map(|(key, value)| (Arc::clone(key), Arc::clone(value))).collect()
    }

    /// How the VDN does.
    #[must_use]
    pub fn health(&self) -> Health {
        self.handle.shared.health()
    }

    /// Stops the VDN in order: what was submitted before is decided, journalled and answered, the follower applies it,
    /// and streams end. Blocks until then, unless it is called by what the VDN's own threads call.
    pub fn stop(self) {
        self.handle.shared.inbox.close();
        let threads = std::mem::take(&mut *self.handle.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let own: ThreadId = thread::current().id();
        if threads.iter().any(|thread| thread.thread().id() == own) {
            return;
        }
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!(vdn = %self.vdn(), "a thread of the VDN panicked");
            }
        }
    }
}

impl Recovery {
    fn log(&self, vdn: VdnId) {
        tracing::info!(
            %vdn,
            position = %self.position,
            records = self.records_replayed,
            snapshot = ?self.snapshot.map(|snapshot| snapshot.0),
            took = ?self.took,
            live_calls = self.live_calls,
            "the VDN is recovered from its journal"
        );
    }
}

fn start_clock(replay: &Replay) -> Clock {
    let clock = Clock::start(replay.at());
    let ahead = clock.ahead();
    if !ahead.is_zero() {
        tracing::warn!(vdn = %replay.vdn(), ?ahead, "the journal's last record is later than the clock of this machine");
    }
    clock
}

#[cfg(test)]
mod tests;
