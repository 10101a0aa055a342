//! Secrets: passwords and keys, in the file itself or in a file of their own.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::mistake::At;
use super::reader::Reader;

/// Longest secret file that is read, in bytes.
const FILE_MAX: u64 = 4096;

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever checks or signs with it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The secret under `key`, or in the file that `file_key` names; at most one of the two. In the file's path, `{id}`
/// stands for `id`, and a relative path starts in `folder`.
pub(crate) fn secret(
    reader: &Reader<'_>,
    key: &'static str,
    file_key: &'static str,
    folder: &Path,
    id: &str,
) -> Option<At<Secret>> {
    let (written, file) = (reader.get::<String>(key), reader.get::<PathBuf>(file_key));
    match (written, file) {
        (Some(_), Some(file)) => {
            let what = format!("both `{key}` and `{file_key}` are given");
            reader.mistakes().say(file.span, what, format!("remove one of `{key}` and `{file_key}`"));
            None
        }
        (Some(text), None) => Some(text.map(|text| Secret(text.replace("{id}", id)))),
        (None, Some(file)) => {
            let path = folder.join(file.value.to_string_lossy().replace("{id}", id));
            match read_private(&path) {
                Ok(text) => Some(At::new(Secret(text), file.span)),
                Err(error) => {
                    let what = format!("`{file_key}`: {} {error}", path.display());
                    reader.mistakes().say(file.span, what, "name a file that only this user can read".to_owned());
                    None
                }
            }
        }
        (None, None) => None,
    }
}

/// The first line of a file that nobody but its owner and group may read.
pub(crate) fn read_private(path: &Path) -> Result<String, String> {
    let describe = |error: io::Error| format!("cannot be read: {error}");
    let file = File::open(path).map_err(describe)?;
    let about = file.metadata().map_err(describe)?;
    if !about.is_file() {
        return Err("is not a file".to_owned());
    }
    if about.permissions().mode() & 0o007 != 0 {
        return Err("can be read by everybody; chmod 640 or stricter".to_owned());
    }
    let mut text = String::new();
    file.take(FILE_MAX).read_to_string(&mut text).map_err(describe)?;
    match text.lines().next().map(str::trim) {
        None | Some("") => Err("is empty".to_owned()),
        Some(line) => Ok(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "***");
    }
}
