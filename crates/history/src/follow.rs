//! The thread of a VDN's history: it follows the journal at its own pace, and nobody waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Timestamp;
use node::{Node, Position, Record, Subscription, SubscriptionError};
use tokio::runtime::Handle;

use crate::figures::SlotStart;
use crate::history::Shared;
use crate::projection::{Changes, Projection};
use crate::store::Cutoff;

/// How long records may wait: to be woken for each would cost more than to apply it.
const PAUSE: Duration = Duration::from_millis(50);
/// How many records come into one transaction at most: what bounds memory while the history is far behind.
const BATCH: usize = 4096;
/// How many records are applied under one lock.
const CHUNK: usize = 64;
/// How often the open state is written, when it changed.
const SAVE_EVERY: Duration = Duration::from_secs(10);
/// How often old rows are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// How many rows of a kind are forgotten at a time.
const PRUNE_MAX: u32 = 2000;
/// How often a write that failed is tried again, at the longest.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// How often progress is told while the history is made anew.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Follows until the node has stopped and all of its records are in the file.
pub(crate) fn run(shared: &Arc<Shared>, node: &Node, runtime: &Handle) {
    let ran = catch_unwind(AssertUnwindSafe(|| Follower::new(shared, node, runtime).run()));
    if ran.is_err() {
        tracing::error!(vdn = %shared.vdn, "the history broke by a fault of ours: it stands still until the next start");
    }
    shared.is_over();
}

struct Follower<'a> {
    shared: &'a Shared,
    node: &'a Node,
    runtime: &'a Handle,
    saved: Instant,
    /// The position of the state that was last written.
    saved_at: Position,
    pruned: Option<Instant>,
    told: Instant,
}

/// How a stretch of following ends.
enum End {
    Stopped,
    /// What comes next is no longer kept.
    TooOld,
}

impl<'a> Follower<'a> {
    fn new(shared: &'a Shared, node: &'a Node, runtime: &'a Handle) -> Self {
        let (saved, told) = (Instant::now(), Instant::now());
        Self { shared, node, runtime, saved, saved_at: Position::START, pruned: None, told }
    }

    fn run(mut self) {
        if !self.go_on_from_file() && !self.begin_anew() {
            return;
        }
        loop {
            match self.follow() {
                End::Stopped => return self.save(),
                End::TooOld if self.begin_anew() => {}
                End::TooOld => return,
            }
        }
    }

    /// The state that stands in the file, if it is one of this journal.
    fn go_on_from_file(&mut self) -> bool {
        let vdn = self.shared.vdn;
        let state = match self.shared.archive.state(vdn) {
            Ok(Some((_, bytes))) => Projection::from_bytes(&bytes),
            Ok(None) => return false,
            Err(error) => {
                self.failed(&error);
                None
            }
        };
        let last = self.node.read(|_, position| position);
        let Some(projection) = state.filter(|projection| projection.position() <= last) else {
            tracing::warn!(%vdn, "the state of the history cannot be gone on with");
            return false;
        };
        tracing::info!(%vdn, position = %projection.position(), last = %last, "the history goes on");
        self.saved_at = projection.position();
        self.shared.begin(projection);
        true
    }

    /// From the first record that is kept, or the snapshot that stands in for those before it.
    fn begin_anew(&mut self) -> bool {
        let vdn = self.shared.vdn;
        let earliest = match self.node.earliest() {
            Ok(earliest) => earliest,
            Err(error) => {
                tracing::error!(%vdn, %error, "the journal cannot be read to make the history: it stands still");
                return false;
            }
        };
        let projection = if earliest.position() == Position::START {
            Projection::default()
        } else {
            Projection::begin_with(earliest.state(), earliest.position(), earliest.at())
        };
        let forgotten = self.write(|| self.shared.archive.forget(vdn, projection.at()));
        let last = self.node.read(|_, position| position);
        tracing::info!(%vdn, from = %projection.position(), last = %last, "the history is made from the journal");
        self.shared.begin(projection);
        forgotten
    }

    fn follow(&mut self) -> End {
        let Ok(mut stream) = self.node.subscribe(self.shared.position()) else { return End::TooOld };
        loop {
            let (records, end) = self.take(&mut stream);
            let is_drained = records.len() < BATCH;
            for chunk in records.chunks(CHUNK) {
                self.shared.change(|projection| chunk.iter().for_each(|record| projection.apply(record)));
            }
            if !self.flush() {
                return End::Stopped;
            }
            match end {
                Some(SubscriptionError::Stopped) => return End::Stopped,
                Some(SubscriptionError::TooOld(_)) => return End::TooOld,
                Some(SubscriptionError::Store(error)) => {
                    tracing::error!(vdn = %self.shared.vdn, %error, "the journal cannot be read for the history");
                    self.rest(RETRY_MAX);
                    return if self.shared.is_stopping() { End::Stopped } else { End::TooOld };
                }
                None if is_drained => {
                    self.prune();
                    std::thread::sleep(PAUSE);
                }
                None => self.tell(),
            }
        }
    }

    /// Waits for a record, and takes all that are there.
    fn take(&self, stream: &mut Subscription) -> (Vec<Arc<Record>>, Option<SubscriptionError>) {
        let mut records = Vec::new();
        let last = self.node.read(|_, position| position);
        while records.len() < BATCH {
            match self.runtime.block_on(stream.next()) {
                Ok(record) => records.push(record),
                Err(end) => return (records, Some(end)),
            }
            if stream.is_drained() && stream.position() >= last {
                break;
            }
        }
        (records, None)
    }

    /// Writes what was finished, and now and then what is open; false when it was told to stop meanwhile.
    fn flush(&mut self) -> bool {
        let (changes, position) = self.shared.change(|projection| (projection.take_changes(), projection.position()));
        let is_due = self.saved.elapsed() >= SAVE_EVERY && position > self.saved_at;
        let written = self.write_changes(&changes, is_due);
        if written {
            self.shared.reached(position, self.node.read(|_, position| position));
        }
        written
    }

    fn save(mut self) {
        let changes = self.shared.change(Projection::take_changes);
        self.write_changes(&changes, true);
    }

    fn write_changes(&mut self, changes: &Changes, with_state: bool) -> bool {
        let vdn = self.shared.vdn;
        let state = with_state.then(|| self.shared.live(|projection| (projection.position(), projection.to_bytes())));
        let state = state.and_then(|(position, bytes)| Some((position, bytes?)));
        let bytes = state.as_ref().map(|(position, bytes)| (*position, &**bytes));
        if *changes == Changes::default() && bytes.is_none() {
            return true;
        }
        let written = self.write(|| self.shared.archive.write(vdn, changes, bytes));
        if let Some((position, _)) = state.filter(|_| written) {
            (self.saved, self.saved_at) = (Instant::now(), position);
        }
        written
    }

    /// Until it succeeds, or until it is told to stop: what is not written now is made from the journal at the next start.
    fn write<E: Into<crate::ArchiveError>>(&self, write: impl Fn() -> Result<(), E>) -> bool {
        let mut pause = Duration::from_millis(100);
        loop {
            let Err(error) = write() else { return true };
            self.failed(&error.into());
            if self.shared.is_stopping() {
                return false;
            }
            self.rest(pause);
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    /// Lets time pass, but does not keep a server waiting that stops.
    fn rest(&self, pause: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < pause && !self.shared.is_stopping() {
            std::thread::sleep(PAUSE.min(pause));
        }
    }

    fn failed(&self, error: &crate::ArchiveError) {
        metrics::counter!("anteroom_history_errors_total", "vdn" => self.shared.vdn.to_string()).increment(1);
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(vdn = %self.shared.vdn, %error, source, "the history cannot be written and falls behind");
        if error.is_damage() {
            self.shared.archive.condemn();
        }
    }

    fn prune(&mut self) {
        if self.pruned.is_some_and(|pruned| pruned.elapsed() < PRUNE_EVERY) {
            return;
        }
        let (now, options) = (self.node.now(), &self.shared.options);
        let before =
            |keep: Duration| Timestamp(now.0.saturating_sub(i64::try_from(keep.as_micros()).unwrap_or(i64::MAX)));
        let cutoff = Cutoff { rows: before(options.keep), figures: SlotStart::of(before(options.figures_keep)) };
        match self.shared.archive.prune(self.shared.vdn, cutoff, PRUNE_MAX) {
            // There may be more.
            Ok(gone) if gone >= PRUNE_MAX as usize => {}
            Ok(_) => self.pruned = Some(Instant::now()),
            Err(error) => {
                self.failed(&error);
                self.pruned = Some(Instant::now());
            }
        }
    }

    fn tell(&mut self) {
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            let last = self.node.read(|_, position| position);
            tracing::info!(vdn = %self.shared.vdn, position = %self.shared.position(), last = %last, "the history catches up");
        }
    }
}
