//! What a journal is made of.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use engine::{Entry, Timestamp};

/// The number of a record in its VDN's journal, counted from 1 without gaps; 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u64);

impl Position {
    /// Before the first record.
    pub const START: Self = Self(0);

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an edge must remember to go on after a crash; opaque to node and engine. The last value of a key wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whose it is and what of, as in `sip/binding/1001/3f2a`; the first part names the edge.
    pub key: Arc<str>,
    /// In a form that the edge versions by itself; none removes the note.
    pub value: Option<Arc<[u8]>>,
}

impl Note {
    /// The note `key` is `value` from now on.
    #[must_use]
    pub fn set(key: &str, value: &[u8]) -> Self {
        Self { key: key.into(), value: Some(value.into()) }
    }

    /// There is no note `key` from now on.
    #[must_use]
    pub fn remove(key: &str) -> Self {
        Self { key: key.into(), value: None }
    }
}

/// One line of the journal: a decision and what the edges must remember of it, as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the VDN's journal.
    pub position: Position,
    /// The term of the writer that appended it: one more at each start.
    pub epoch: u32,
    /// When it was decided; never before the record ahead of it.
    pub at: Timestamp,
    /// What was decided; none when there are only notes. Its time is `at`.
    pub entry: Option<Entry>,
    /// In the order in which they were submitted.
    pub notes: Vec<Note>,
}

/// What makes a journal this one and no other: random at creation, kept for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct JournalId(pub [u8; 16]);

impl JournalId {
    /// Another one each time: two hashes under keys that the system made.
    pub(crate) fn random() -> Self {
        let half = || RandomState::new().build_hasher().finish().to_le_bytes();
        let mut id = [0; 16];
        let (left, right) = id.split_at_mut(8);
        left.copy_from_slice(&half());
        right.copy_from_slice(&half());
        Self(id)
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalId({self})")
    }
}
