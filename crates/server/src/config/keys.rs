//! The store of access keys: `[keys]`.

use std::path::{Path, PathBuf};

use keys::{KeysError, MASTER_KEY_VARIABLE, MasterKey};

use super::reader::Reader;
use crate::command::chain;

/// Where the master key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MasterKeyPlace {
    /// In this file.
    File(PathBuf),
    /// In the environment.
    Environment,
}

impl MasterKeyPlace {
    /// The master key.
    pub(crate) fn read(&self) -> Result<MasterKey, KeysError> {
        match self {
            Self::File(path) => MasterKey::read(path),
            Self::Environment => {
                let text = std::env::var(MASTER_KEY_VARIABLE).unwrap_or_default();
                MasterKey::parse(&text, &format!("the environment variable {MASTER_KEY_VARIABLE}"))
            }
        }
    }
}

/// Reads `[keys]`; a relative path starts in `folder`. None: there is no store of keys.
pub(crate) fn read(root: &Reader<'_>, folder: &Path) -> Option<MasterKeyPlace> {
    let reader = root.table("keys")?;
    let file = reader.get::<PathBuf>("master_key_file");
    let span = file.as_ref().map_or(reader.span(), |file| file.span);
    let place = file.map_or(MasterKeyPlace::Environment, |file| MasterKeyPlace::File(folder.join(file.value)));
    if let Err(error) = place.read() {
        let instead = format!(
            "make one with `anteroom keys init FILE` and name the file in `master_key_file`, or set {MASTER_KEY_VARIABLE}"
        );
        reader.mistakes().say(span, format!("there is no master key: {}", chain(&error)), instead);
    }
    Some(place)
}
