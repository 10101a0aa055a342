//! What the threads of one VDN share.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use engine::VdnId;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::inbox::Inbox;
use crate::meters::Meters;
use crate::node::Health;
use crate::record::{Position, Record};
use crate::replay::Replay;
use crate::ring::Ring;
use crate::store::Store;

pub(crate) struct Shared {
    pub(crate) vdn: VdnId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    pub(crate) inbox: Inbox,
    pub(crate) ring: Ring,
    /// Never locked by the writer.
    pub(crate) follower: RwLock<Replay>,
    pub(crate) applied: watch::Sender<Applied>,
    pub(crate) edges: RwLock<Arc<[Edge]>>,
    pub(crate) marks: Marks,
    pub(crate) meters: Meters,
    health: Mutex<Health>,
}

/// What is called for each record.
pub(crate) type Edge = Arc<dyn Fn(&Arc<Record>) + Send + Sync>;

/// How far the follower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) position: Position,
    /// It will get no further.
    pub(crate) is_over: bool,
}

/// What the engine's state hashed to at a position: for the follower to compare, and for a snapshot to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) position: Position,
    pub(crate) hash: u64,
}

/// The marks that the follower has not reached yet, in order.
#[derive(Debug, Default)]
pub(crate) struct Marks(Mutex<VecDeque<Mark>>);

impl Marks {
    /// More marks than this are not kept: a follower that far behind has other worries.
    const MAX: usize = 16;

    fn all(&self) -> MutexGuard<'_, VecDeque<Mark>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, mark: Mark) {
        let mut marks = self.all();
        if marks.len() < Self::MAX {
            marks.push_back(mark);
        }
    }

    /// The next position to stop at.
    pub(crate) fn next(&self) -> Option<Position> {
        self.all().front().map(|mark| mark.position)
    }

    /// The mark of `position`, which was reached.
    pub(crate) fn take(&self, position: Position) -> Option<Mark> {
        let mut marks = self.all();
        marks.pop_front_if(|mark| mark.position == position)
    }
}

impl Shared {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Clock,
        (inbox, ring): (Inbox, Ring),
        meters: Meters,
        replay: Replay,
    ) -> Self {
        let applied = Applied { position: replay.position(), is_over: false };
        Self {
            vdn: replay.vdn(),
            store,
            clock,
            inbox,
            ring,
            follower: RwLock::new(replay),
            applied: watch::Sender::new(applied),
            edges: RwLock::new(Arc::new([])),
            marks: Marks::default(),
            meters,
            health: Mutex::new(Health::Serving),
        }
    }

    pub(crate) fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has no effect once the VDN is stopped.
    pub(crate) fn set_health(&self, health: Health) {
        let mut current = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*current, Health::Stopped(_)) {
            *current = health;
        }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        matches!(*self.health.lock().unwrap_or_else(PoisonError::into_inner), Health::Stopped(_))
    }

    /// Something is broken: nothing is decided any more until somebody looks at it. Whoever waits is told.
    pub(crate) fn stop(&self, why: &str) {
        if !self.is_stopped() {
            tracing::error!(vdn = %self.vdn, why, "THE VDN IS STOPPED: it decides nothing until the next start");
            self.set_health(Health::Stopped(why.into()));
        }
        self.inbox.close();
    }

    pub(crate) fn edges(&self) -> Arc<[Edge]> {
        Arc::clone(&self.edges.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn add_edge(&self, edge: Edge) {
        let mut edges = self.edges.write().unwrap_or_else(PoisonError::into_inner);
        *edges = edges.iter().cloned().chain([edge]).collect();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("vdn", &self.vdn).field("health", &self.health()).finish_non_exhaustive()
    }
}
