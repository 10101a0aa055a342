//! What the file can be asked for.

use engine::{AgentId, CallId, Timestamp};

use crate::rows::CallRow;
use crate::words::{Act, Direction};

/// Which ended calls are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallQuery {
    /// Those that arrived then or later.
    pub from: Timestamp,
    /// And before this.
    pub until: Timestamp,
    /// Those from this number; none: from any.
    pub caller: Option<String>,
    /// Those to this number; none: to any.
    pub called: Option<String>,
    /// Those that went one of these ways.
    pub directions: Vec<Direction>,
    /// At most so many of them.
    pub limit: usize,
    /// After so many others.
    pub offset: usize,
}

/// Some ended calls, by id, which is by arrival; and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPage {
    /// Those that were asked for.
    pub calls: Vec<CallRow>,
    /// How many there are without limit and offset.
    pub count: u64,
}

/// Which operations of an agent are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationQuery {
    /// Whose.
    pub agent: AgentId,
    /// Those that began then or later.
    pub from: Timestamp,
    /// And before this.
    pub until: Timestamp,
    /// Of these kinds; empty: of all.
    pub acts: Vec<Act>,
    /// At most so many.
    pub limit: usize,
}

/// A call id as it stands in the file.
pub(super) fn parse_call(text: &str) -> Option<CallId> {
    text.parse().ok()
}
