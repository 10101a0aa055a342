//! The handle of one VDN.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use engine::{State, Timestamp, VdnId};

use crate::clock::Clock;
use crate::error::{OpenError, SubscriptionError, TooOld};
use crate::journal::Journal;
use crate::record::{JournalId, Position, Record};
use crate::submission::{Receipt, Refused, Submission};

/// One VDN's writer and follower. Cheap to clone; the VDN stops in order when the last clone is gone.
#[derive(Clone, Debug)]
pub struct Node {
    vdn: VdnId,
    journal: JournalId,
    clock: Clock,
    state: Arc<State>,
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
    ///
    /// # Errors
    /// When the VDN is started already, or the journal is damaged: then nothing has been changed.
    pub fn start(journal: &Journal, vdn: VdnId, options: NodeOptions) -> Result<(Self, Recovery), OpenError> {
        let _ = options;
        let recovery = Recovery {
            position: Position::START,
            records_replayed: 0,
            snapshot: None,
            took: Duration::ZERO,
            live_calls: 0,
        };
        let clock = Clock::start(Timestamp(0));
        Ok((Self { vdn, journal: journal.id(), clock, state: Arc::default() }, recovery))
    }

    /// Whose node this is.
    #[must_use]
    pub fn vdn(&self) -> VdnId {
        self.vdn
    }

    /// Which journal it writes.
    #[must_use]
    pub fn journal_id(&self) -> JournalId {
        self.journal
    }

    /// The VDN's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Hands a submission to the writer at once, and answers when what was decided is durable. Dropping the future
    /// takes nothing back.
    pub fn submit(&self, submission: Submission) -> impl Future<Output = Result<Receipt, Refused>> + Send + use<> {
        let _ = submission;
        std::future::ready(Err(Refused::Stopped))
    }

    /// Like [`Node::submit`]; `done` is called exactly once: on the writer's thread after the record is durable, or on
    /// the caller's own when there is no room. It must not block: let it send into a channel.
    pub fn submit_then(&self, submission: Submission, done: impl FnOnce(Result<Receipt, Refused>) + Send + 'static) {
        let _ = submission;
        done(Err(Refused::Stopped));
    }

    /// Has `edge` called for every record from now on: once it is durable, in order, on the writer's thread, right
    /// after whoever submitted it was answered and before the follower applies it. It must not block.
    pub fn on_commit(&self, edge: impl Fn(&Arc<Record>) + Send + Sync + 'static) {
        let _ = edge;
    }

    /// What is true, as of the position that the follower has reached. `f` is to be short: the follower waits for it,
    /// the writer does not.
    pub fn read<T>(&self, f: impl FnOnce(&State, Position) -> T) -> T {
        f(&self.state, Position::START)
    }

    /// Waits until the follower has applied the record at `position`; false when it has not after one second.
    pub async fn reached(&self, position: Position) -> bool {
        std::future::ready(position == Position::START).await
    }

    /// All records after `after`, one by one, without gap or repeat.
    ///
    /// # Errors
    /// When the first of them is no longer kept.
    pub fn subscribe(&self, after: Position) -> Result<Subscription, TooOld> {
        let _ = after;
        Ok(Subscription { _private: () })
    }

    /// The live notes whose key begins with `prefix`, by key, as of the position that the follower has reached.
    #[must_use]
    pub fn notes(&self, prefix: &str) -> Vec<(Arc<str>, Arc<[u8]>)> {
        let _ = prefix;
        Vec::new()
    }

    /// How the VDN does.
    #[must_use]
    pub fn health(&self) -> Health {
        Health::Stopped("it was never started".into())
    }

    /// Stops the VDN in order: what was submitted before is decided, journalled and answered, the follower applies it,
    /// and streams end. Blocks until then.
    pub fn stop(self) {}
}

/// A stream of all records after a position.
#[derive(Debug)]
pub struct Subscription {
    _private: (),
}

impl Subscription {
    /// The next record, once there is one that the follower has applied.
    ///
    /// # Errors
    /// When the subscription cannot go on; it answers the same from then on.
    pub async fn next(&mut self) -> Result<Arc<Record>, SubscriptionError> {
        std::future::ready(Err(SubscriptionError::Stopped)).await
    }
}
