//! The handle of one VDN's history, for all who ask.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::{CallId, Entry, VdnId};
use metrics::{Gauge, gauge};
use node::{JournalId, Node, Position};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::figures::SlotStart;
use crate::follow;
use crate::projection::Projection;
use crate::rows::{CallRow, OperationRow, PlaceRow};
use crate::store::{Archive, ArchiveError, Bucket, CallPage, CallQuery, OperationQuery, Whose};

/// How long [`History::reached`] waits.
const REACHED_MAX: Duration = Duration::from_secs(1);

/// For how long rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Calls, by their arrival, and operations, by their begin. Default 30 days.
    pub keep: Duration,
    /// Figures of five minutes. Default 400 days.
    pub figures_keep: Duration,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Default for Options {
    fn default() -> Self {
        Self { keep: DAY * 30, figures_keep: DAY * 400 }
    }
}

/// One VDN's history. Cheap to clone. What is asked of it may be a moment old: [`History::reached`] waits for a record.
#[derive(Clone, Debug)]
pub struct History {
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What the thread and all who ask share.
pub(crate) struct Shared {
    pub(crate) vdn: VdnId,
    pub(crate) archive: Archive,
    pub(crate) options: Options,
    live: RwLock<Projection>,
    reached: watch::Sender<Reached>,
    stopping: AtomicBool,
    lag: Gauge,
}

/// How far the file has come.
#[derive(Clone, Copy, Debug)]
struct Reached {
    position: Position,
    is_over: bool,
}

impl History {
    /// Follows a node from where the file stands, or makes the file from its journal, on a thread of its own.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(archive: &Archive, node: Node, options: Options, runtime: &Handle) -> Result<Self, ArchiveError> {
        let vdn = node.vdn();
        let shared = Arc::new(Shared::new(vdn, archive.clone(), options));
        let (of, runtime) = (Arc::clone(&shared), runtime.clone());
        let run = move || follow::run(&of, &node, &runtime);
        let thread = std::thread::Builder::new().name(format!("history-{vdn}")).spawn(run);
        let thread = thread.map_err(ArchiveError::Thread)?;
        Ok(Self { shared, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// A history in memory that follows nobody: it is what it is [fed](Self::feed). For tests and tools.
    ///
    /// # Errors
    /// When memory is short.
    pub fn still(vdn: VdnId) -> Result<Self, ArchiveError> {
        let shared = Shared::new(vdn, Archive::memory(JournalId([0; 16]))?, Options::default());
        Ok(Self { shared: Arc::new(shared), thread: Arc::default() })
    }

    /// Adds what comes next in a journal, as if it were followed.
    ///
    /// # Errors
    /// When memory is short.
    pub fn feed(&self, entry: &Entry) -> Result<(), ArchiveError> {
        let changes = self.shared.change(|projection| {
            projection.entry(projection.position().next(), entry);
            projection.take_changes()
        });
        self.shared.archive.write(self.shared.vdn, &changes, None)
    }

    /// Whose history.
    #[must_use]
    pub fn vdn(&self) -> VdnId {
        self.shared.vdn
    }

    /// What is open: live calls, agents, the figures of the last minutes. `f` is to be short: the thread waits for it.
    pub fn live<T>(&self, f: impl FnOnce(&Projection) -> T) -> T {
        self.shared.live(f)
    }

    /// Waits until the record at `position` is part of all answers; false when it is not after one second, or will not
    /// be. Needs a tokio runtime with time.
    pub async fn reached(&self, position: Position) -> bool {
        let mut reached = self.shared.reached.subscribe();
        let there = reached.wait_for(|reached| reached.position >= position || reached.is_over);
        matches!(timeout(REACHED_MAX, there).await, Ok(Ok(reached)) if reached.position >= position)
    }

    /// Ended calls, by arrival. Blocks while the file is read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn calls(&self, query: &CallQuery) -> Result<CallPage, ArchiveError> {
        self.shared.archive.calls(self.shared.vdn, query)
    }

    /// A call, live or ended, and all places it is or was in, by number; none when it is not known, or no longer. Blocks
    /// while the file is read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn call(&self, id: CallId) -> Result<Option<(CallRow, Vec<PlaceRow>)>, ArchiveError> {
        // Asked for first: what ends meanwhile is found in the file then.
        let live = self.live(|projection| projection.call(id));
        let (ended, mut places) = self.shared.archive.call(self.shared.vdn, id)?;
        let Some(call) = ended.or_else(|| live.as_ref().map(|(call, _)| call.clone())) else { return Ok(None) };
        if call.ended.is_none() {
            let open = live.map(|(_, open)| open).unwrap_or_default();
            places.extend(
                open.into_iter().filter(|row| places.iter().all(|left| left.number != row.number)).collect::<Vec<_>>(),
            );
            places.sort_by_key(|row| row.number);
        }
        Ok(Some((call, places)))
    }

    /// What an agent did, by time. Blocks while the file is read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn operations(&self, query: &OperationQuery) -> Result<Vec<OperationRow>, ArchiveError> {
        self.shared.archive.operations(self.shared.vdn, query)
    }

    /// The figures of the slots from `from` to before `until`, together for each stretch of `grain` seconds, counted from
    /// `from`; only where something was counted. Blocks while the file is read.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn figures(
        &self,
        whose: &Whose,
        span: (SlotStart, SlotStart),
        grain: i64,
    ) -> Result<Vec<Bucket>, ArchiveError> {
        self.shared.archive.figures(self.shared.vdn, whose, span, grain)
    }

    /// Waits until all records of the node, which is stopped before, are in the file; what cannot be written is made from
    /// the journal at the next start.
    pub fn stop(self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!(vdn = %self.shared.vdn, "the history's thread panicked");
        }
    }
}

impl Shared {
    fn new(vdn: VdnId, archive: Archive, options: Options) -> Self {
        let (reached, _) = watch::channel(Reached { position: Position::START, is_over: false });
        Self {
            vdn,
            archive,
            options,
            live: RwLock::default(),
            reached,
            stopping: AtomicBool::new(false),
            lag: gauge!("anteroom_history_lag_records", "vdn" => vdn.to_string()),
        }
    }

    pub(crate) fn live<T>(&self, f: impl FnOnce(&Projection) -> T) -> T {
        f(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn change<T>(&self, f: impl FnOnce(&mut Projection) -> T) -> T {
        f(&mut self.live.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on from here; the file holds all rows up to there.
    pub(crate) fn begin(&self, projection: Projection) {
        let position = projection.position();
        self.change(|live| *live = projection);
        self.reached.send_modify(|reached| reached.position = position);
    }

    pub(crate) fn position(&self) -> Position {
        self.live(Projection::position)
    }

    /// The file holds all up to `position`, of `last`.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(crate) fn reached(&self, position: Position, last: Position) {
        self.lag.set(last.0.saturating_sub(position.0) as f64);
        self.reached.send_modify(|reached| reached.position = position);
    }

    pub(crate) fn is_over(&self) {
        self.reached.send_modify(|reached| reached.is_over = true);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("vdn", &self.vdn).field("archive", &self.archive).finish_non_exhaustive()
    }
}
