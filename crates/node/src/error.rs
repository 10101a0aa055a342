//! What can go wrong between a journal and its disk.

use std::io;
use std::path::PathBuf;

use engine::VdnId;

use crate::record::Position;

/// Why a journal or a VDN of it could not be opened. Nothing has been changed then; nothing is ever cleaned up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process, or another part of this one, has it open.
    #[error("the journal {path} is in use by {by}")]
    InUse {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, as it wrote itself down.
        by: String,
    },
    /// A folder or file could not be made, read or locked.
    #[error("cannot {act} {path}")]
    Io {
        /// What was tried, as in `create`.
        act: &'static str,
        /// Of what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A newer version of the server made this journal.
    #[error("the journal {path} has format {found}, and this server knows formats up to {known}")]
    TooNew {
        /// Which one.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest that this server knows.
        known: u32,
    },
    /// The VDN has a writer already.
    #[error("VDN {0} is being written already")]
    AlreadyStarted(VdnId),
    /// The journal could not be read, or is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine broke while it replayed what the journal holds: our bug.
    #[error("the journal of VDN {vdn} cannot be replayed beyond position {position}: {what}")]
    Replay {
        /// Whose journal.
        vdn: VdnId,
        /// The last record that could be replayed.
        position: Position,
        /// What the engine said.
        what: String,
    },
    /// The first records are no longer kept, and no good snapshot stands in for them.
    #[error("the records of VDN {vdn} up to {kept_after} are no longer kept, and there is no good snapshot of them")]
    NothingToBeginWith {
        /// Whose journal.
        vdn: VdnId,
        /// The last record that is no longer kept.
        kept_after: Position,
    },
    /// No thread could be started.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// Why a journal could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database answered with an error.
    #[error("the journal {path} cannot be used")]
    Database {
        /// Which one.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// What stands in the journal is not what was written. Restore it from a copy, or let somebody look at it.
    #[error("the journal {path} is damaged, and nothing in it was changed: {what}")]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
}

/// The records after this position are no longer kept: start again with a fresh view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("records are kept after position {kept_after}, and those after {asked} were asked for")]
pub struct TooOld {
    /// What was asked for.
    pub asked: Position,
    /// The earliest position that can be subscribed after.
    pub kept_after: Position,
}

/// Why a subscription ended.
#[derive(Debug, thiserror::Error)]
pub enum SubscriptionError {
    /// It fell so far behind that what follows is no longer kept.
    #[error(transparent)]
    TooOld(#[from] TooOld),
    /// The VDN has stopped, and all that was committed has been handed out.
    #[error("the VDN is stopped")]
    Stopped,
    /// It had to read the journal, which failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
