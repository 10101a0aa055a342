//! What can be wrong with keys.

use std::io;
use std::path::PathBuf;

/// Why the store, or the master key, did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file could not be read or written.
    #[error("{} cannot be {act}", path.display())]
    File {
        /// What was tried: `read`, `written`.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others than its owner may read the master key.
    #[error("{} can be read by others than its owner: chmod 600 it, and make a new master key if somebody else could", .0.display())]
    Exposed(PathBuf),
    /// A master key is written as 64 hexadecimal digits.
    #[error("{0} holds no master key: 64 hexadecimal digits, as `anteroom keys init` writes them")]
    NotAMasterKey(String),
    /// The store was made under another master key.
    #[error("{} was made under another master key", .0.display())]
    AnotherMasterKey(PathBuf),
    /// The file is no store of ours, or of a version that we do not know.
    #[error("{} is no key store of a version that this program knows", .0.display())]
    NotAStore(PathBuf),
    /// SQLite could not do it.
    #[error("the key store failed")]
    Store(#[from] rusqlite::Error),
    /// The operating system gives no random bytes, or the cryptography fails.
    #[error("no random bytes, or no cryptography")]
    Cryptography,
    /// An access key's name must fit into a header.
    #[error("an access key's name has 1 to 64 visible ASCII characters without \"/\"; \"{0}\" has not")]
    Name(String),
    /// There is an access key of that name.
    #[error("there is an access key \"{0}\" already")]
    There(String),
    /// There is none.
    #[error("there is no access key \"{0}\"; `anteroom keys list` shows those there are")]
    NotThere(String),
    /// As many access keys as are kept.
    #[error("there are {0} access keys, and no room for more: remove some")]
    Full(u32),
    /// A key that is being rotated cannot be rotated again yet.
    #[error("\"{ak}\" has two secrets until {until}: wait, or end the older one now with --end-oldest")]
    Rotating {
        /// Which key.
        ak: String,
        /// When its older secret ends.
        until: String,
    },
    /// The scope of a key allows nothing.
    #[error("an access key for no {0} could ask nothing")]
    EmptyScope(&'static str),
}
