//! All that is true at a position, as plain data.

use engine::{Image, Timestamp, VdnId};

use crate::record::{Note, Position};

/// What a VDN's records up to `position` come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose journal.
    pub vdn: VdnId,
    /// The last record that is part of it.
    pub position: Position,
    /// That record's term.
    pub epoch: u32,
    /// That record's time.
    pub at: Timestamp,
    /// What is true.
    pub image: Image,
    /// The live notes, by key.
    pub notes: Vec<Note>,
}
