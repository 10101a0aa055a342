//! What waits to be decided.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::Timestamp;

use crate::submission::{Receipt, Refused, Submission, Urgency};

/// How much more room there is for facts than for wishes.
const FACTS_PER_WISH: usize = 4;

type Done = Box<dyn FnOnce(Result<Receipt, Refused>) + Send>;

/// Who wants to know. Is answered exactly once: when nobody else does it, by being dropped.
pub(crate) struct Asker(Option<Done>);

impl Asker {
    pub(crate) fn new(done: impl FnOnce(Result<Receipt, Refused>) + Send + 'static) -> Self {
        Self(Some(Box::new(done)))
    }

    /// For what the writer submits itself.
    pub(crate) const fn nobody() -> Self {
        Self(None)
    }

    pub(crate) fn answer(mut self, answer: Result<Receipt, Refused>) {
        if let Some(done) = self.0.take() {
            done(answer);
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(Err(Refused::Stopped));
        }
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Asker").field(&self.0.is_some()).finish()
    }
}

/// A submission in line.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) submission: Submission,
    pub(crate) asker: Asker,
    pub(crate) since: Timestamp,
}

/// The line in front of the writer.
#[derive(Debug)]
pub(crate) struct Inbox {
    line: Mutex<Line>,
    more: Condvar,
    wishes_max: usize,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    is_closed: bool,
    /// Saves a system call per submission while the writer is at work.
    writer_sleeps: bool,
}

impl Inbox {
    pub(crate) fn new(wishes_max: usize) -> Self {
        Self { line: Mutex::default(), more: Condvar::new(), wishes_max }
    }

    /// Nothing that holds the lock can panic half-way.
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the line, or answers at once that there is no room.
    pub(crate) fn push(&self, waiting: Waiting) {
        let room = match waiting.submission.urgency {
            Urgency::Wish => self.wishes_max,
            Urgency::Fact => self.wishes_max.saturating_mul(FACTS_PER_WISH),
        };
        let mut line = self.line();
        let refused = match () {
            () if line.is_closed => Refused::Stopped,
            () if line.waiting.len() >= room => Refused::Busy,
            () => {
                line.waiting.push_back(waiting);
                let wake = std::mem::take(&mut line.writer_sleeps);
                drop(line);
                if wake {
                    self.more.notify_one();
                }
                return;
            }
        };
        drop(line);
        waiting.asker.answer(Err(refused));
    }

    /// Takes the whole line, once there is one; nothing when there is none for `at_most`, or for ever when the inbox is
    /// closed. `into` is empty. Answers whether there can be more.
    pub(crate) fn take(&self, into: &mut VecDeque<Waiting>, at_most: Option<Duration>) -> bool {
        let mut line = self.line();
        if line.waiting.is_empty() && !line.is_closed {
            line.writer_sleeps = true;
            let nothing = |line: &mut Line| line.writer_sleeps && !line.is_closed;
            line = match at_most {
                None => self.more.wait_while(line, nothing).unwrap_or_else(PoisonError::into_inner),
                Some(at_most) => {
                    let waited = self.more.wait_timeout_while(line, at_most, nothing);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
            line.writer_sleeps = false;
        }
        std::mem::swap(&mut line.waiting, into);
        !line.is_closed
    }

    /// Nobody can join any more; who waits already stays.
    pub(crate) fn close(&self) {
        self.line().is_closed = true;
        self.more.notify_all();
    }
}
