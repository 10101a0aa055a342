//! Streams of records.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::error::{StoreError, SubscriptionError, TooOld};
use crate::record::{Position, Record};
use crate::ring::Following;
use crate::shared::{Applied, Shared};

/// How many records are taken at a time.
const CHUNK: usize = 256;

/// A stream of all records after a position, at the pace of whoever reads it.
#[derive(Debug)]
pub struct Subscription {
    shared: Arc<Shared>,
    applied: watch::Receiver<Applied>,
    after: Position,
    ready: VecDeque<Arc<Record>>,
}

impl Subscription {
    pub(crate) fn new(shared: Arc<Shared>, after: Position) -> Result<Self, TooOld> {
        if shared.ring.after(after, 1) == Following::Behind {
            // A journal that cannot be read says so when the stream reads it.
            let kept_after = shared.store.extent(shared.vdn).map_or(Position::START, |extent| extent.kept_after);
            if after < kept_after {
                return Err(TooOld { asked: after, kept_after });
            }
        }
        let applied = shared.applied.subscribe();
        Ok(Self { shared, applied, after, ready: VecDeque::new() })
    }

    /// The next record, once there is one that the follower has applied. Dropping the future loses nothing. A stream
    /// that is far behind reads the journal, for which it needs a tokio runtime.
    ///
    /// # Errors
    /// When the stream cannot go on; it answers the same from then on.
    pub async fn next(&mut self) -> Result<Arc<Record>, SubscriptionError> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                self.after = record.position;
                return Ok(record);
            }
            let applied = *self.applied.borrow_and_update();
            if applied.position > self.after {
                self.ready = self.take(applied.position).await?;
            } else if applied.is_over || self.applied.changed().await.is_err() {
                return Err(SubscriptionError::Stopped);
            }
        }
    }

    /// Whether the next record has to be fetched. A stream that pauses then, rather than wait in [`Self::next`], gets its
    /// records in larger portions.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.ready.is_empty()
    }

    /// The last record that was handed out.
    #[must_use]
    pub fn position(&self) -> Position {
        self.after
    }

    /// Some records up to `until`, at least one.
    async fn take(&self, until: Position) -> Result<VecDeque<Arc<Record>>, SubscriptionError> {
        let max = usize::try_from(until.0 - self.after.0).unwrap_or(usize::MAX).min(CHUNK);
        if let Following::Records(records) = self.shared.ring.after(self.after, max) {
            return Ok(records.into());
        }
        let (shared, after) = (Arc::clone(&self.shared), self.after);
        let read = spawn_blocking(move || read_journal(&shared, after, max)).await;
        read.map_err(|_| SubscriptionError::Stopped)?
    }
}

fn read_journal(shared: &Shared, after: Position, max: usize) -> Result<VecDeque<Arc<Record>>, SubscriptionError> {
    let read = || -> Result<_, StoreError> {
        let records = shared.store.read(shared.vdn, after, max)?;
        Ok((records, shared.store.extent(shared.vdn)?.kept_after))
    };
    let (records, kept_after) = read()?;
    if records.is_empty() { Err(TooOld { asked: after, kept_after }.into()) } else { Ok(records.into()) }
}
