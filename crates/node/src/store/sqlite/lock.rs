//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::io_error;
use crate::error::OpenError;

/// The locked file; the system unlocks it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "the lock lives as long as the file is open")] File);

impl Lock {
    pub(super) fn take(path: &Path) -> Result<Self, OpenError> {
        let options = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
        let mut file = options.map_err(io_error("open", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                file.read_to_string(&mut by).map_err(io_error("read", path))?;
                let by = if by.is_empty() { "another process".to_owned() } else { by.trim_end().to_owned() };
                return Err(OpenError::InUse { path: path.to_owned(), by });
            }
            Err(TryLockError::Error(error)) => return Err(io_error("lock", path)(error)),
        }
        let who = format!("process {}\n", std::process::id());
        file.set_len(0).and_then(|()| file.rewind()).map_err(io_error("write", path))?;
        // On a full disk the lock holds all the same; it only does not say whose it is.
        if let Err(error) = file.write_all(who.as_bytes()) {
            tracing::warn!(lock = %path.display(), %error, "cannot say in the lock file who holds it");
        }
        Ok(Self(file))
    }
}
