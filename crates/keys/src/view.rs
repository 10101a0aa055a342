//! Access keys without their secrets, for people.

use std::path::Path;
use std::time::SystemTime;

use rusqlite::Connection;

use crate::error::KeysError;
use crate::scope::Scope;
use crate::secrets::{self, Sealed};
use crate::time::from_millis;

/// An access key without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// Its name.
    pub ak: String,
    /// What it is for.
    pub scope: Scope,
    /// Whether its signatures are accepted.
    pub is_enabled: bool,
    /// When it was made.
    pub made: SystemTime,
    /// Its secrets, the newest first, those that have ended too.
    pub secrets: Vec<SecretView>,
}

/// What is known of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretView {
    /// Its id: of two, the newer has the greater one.
    pub id: i64,
    /// When it was made.
    pub made: SystemTime,
    /// When it ends; none: it does not.
    pub until: Option<SystemTime>,
    /// When it last signed something that was accepted, to within a minute.
    pub last_use: Option<SystemTime>,
}

/// Every key, by name.
pub(crate) fn list(connection: &Connection, path: &Path) -> Result<Vec<KeyView>, KeysError> {
    let mut query = connection.prepare("SELECT ak, vdns, groups, is_enabled, made FROM access_key ORDER BY ak")?;
    let mut rows = query.query([])?;
    let mut views = Vec::new();
    while let Some(row) = rows.next()? {
        let (vdns, groups): (String, String) = (row.get(1)?, row.get(2)?);
        let scope = Scope::read(&vdns, &groups).ok_or_else(|| KeysError::NotAStore(path.to_owned()))?;
        let made = from_millis(row.get(4)?);
        views.push(KeyView { ak: row.get(0)?, scope, is_enabled: row.get(3)?, made, secrets: Vec::new() });
    }
    for secret in secrets::read(connection, None)? {
        let Sealed { id, made, until, last_use, ak, .. } = secret;
        if let Ok(at) = views.binary_search_by(|view| view.ak.cmp(&ak)) {
            views[at].secrets.push(SecretView { id, made, until, last_use });
        }
    }
    Ok(views)
}
