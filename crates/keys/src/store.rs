//! The store of access keys.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use api::{AccessKey, LastUse, Refusal, SECRETS_MAX};
use engine::VdnId;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use zeroize::Zeroizing;

use crate::audit::{self, Author, Kind, Row};
use crate::error::KeysError;
use crate::master::MasterKey;
use crate::schema;
use crate::scope::{Scope, Vdns};
use crate::secrets::{self, Sealed};
use crate::time::{millis, written};
use crate::view::{self, KeyView};

/// The store's file, in the folder of the journal.
pub const FILE: &str = "keys.sqlite";

/// Most access keys that are kept.
const KEYS_MAX: u32 = 10_000;
/// Longest name of an access key.
const NAME_MAX: usize = 64;

/// The access keys in a file, and their audit log. Several processes may have it open.
pub struct KeyStore {
    connection: Connection,
    master: MasterKey,
    path: PathBuf,
    /// When each secret that was handed out was used, by its id.
    uses: HashMap<i64, LastUse>,
    /// What the file's changes by others were counted as when they were last looked for.
    seen: i64,
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A new secret: shown to somebody once, and never again.
pub struct Made {
    /// The secret key.
    pub sk: Zeroizing<String>,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a rotation led to.
#[derive(Debug)]
pub struct Rotated {
    /// The new secret.
    pub made: Made,
    /// When the one before it ends.
    pub old_ends: SystemTime,
}

/// The access keys, for the signed face.
#[derive(Debug)]
pub struct AccessKeys {
    /// Those that can be used.
    pub keys: Vec<AccessKey>,
    /// Secrets that cannot be opened: they were changed, or moved, by somebody who has not the master key.
    pub unreadable: Vec<(String, i64)>,
}

impl KeyStore {
    /// Opens the store in `folder`, and makes it when it is not there.
    ///
    /// # Errors
    /// When it cannot be opened, or was made under another master key.
    pub fn open(folder: &Path, master: MasterKey) -> Result<Self, KeysError> {
        let path = folder.join(FILE);
        let connection = schema::open(&path, &master)?;
        let mut store = Self { connection, master, path, uses: HashMap::new(), seen: 0 };
        store.seen = store.changes()?;
        Ok(store)
    }

    /// Every key, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self) -> Result<Vec<KeyView>, KeysError> {
        view::list(&self.connection, &self.path)
    }

    /// Every key with its secrets open, for the signed face; `all` is what keys for all VDNs are for. Keys whose secrets
    /// have all ended, or cannot be opened, are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub fn access_keys(&mut self, all: &[VdnId], now: SystemTime) -> Result<AccessKeys, KeysError> {
        let (mut unreadable, mut open) = (Vec::new(), HashMap::<String, Vec<_>>::new());
        for secret in secrets::read(&self.connection, None)?.into_iter().filter(|secret| !secret.has_ended(now)) {
            match secret.open(&self.master, &mut self.uses) {
                Some(opened) => open.entry(secret.ak).or_default().push(opened),
                None => unreadable.push((secret.ak, secret.id)),
            }
        }
        let keys = self.list()?.into_iter().filter_map(|view| {
            let mut secrets = open.remove(&view.ak)?;
            secrets.truncate(SECRETS_MAX);
            let vdns = match view.scope.vdns {
                Vdns::All => all.to_vec(),
                Vdns::Of(vdns) => vdns,
            };
            let KeyView { ak, is_enabled, .. } = view;
            Some(AccessKey { ak, secrets, vdns, groups: view.scope.groups, is_enabled })
        });
        Ok(AccessKeys { keys: keys.collect(), unreadable })
    }

    /// Makes a key with a new secret.
    ///
    /// # Errors
    /// When the name cannot be used or is taken, nothing could be asked, or there are too many.
    pub fn create(&mut self, ak: &str, scope: &Scope, by: &Author, now: SystemTime) -> Result<Made, KeysError> {
        let is_name =
            ak.len() <= NAME_MAX && !ak.is_empty() && ak.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
        if !is_name {
            return Err(KeysError::Name(ak.to_owned()));
        }
        scope.check()?;
        let master = &self.master;
        let transaction = begin(&mut self.connection)?;
        let count: u32 = transaction.query_row("SELECT count(*) FROM access_key", [], |row| row.get(0))?;
        if count >= KEYS_MAX {
            return Err(KeysError::Full(count));
        }
        let made = transaction.execute(
            "INSERT INTO access_key VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT DO NOTHING",
            params![ak, scope.vdns.to_string(), scope.groups_text(), millis(now)],
        )?;
        if made == 0 {
            return Err(KeysError::There(ak.to_owned()));
        }
        let sk = secrets::make(&transaction, master, ak, now)?;
        let what = format!("created for VDN {}, interface groups {}", scope.vdns, scope.groups_text());
        audit::change(&transaction, ak, &what, by, now)?;
        transaction.commit()?;
        Ok(Made { sk })
    }

    /// Makes a new secret of a key; the one before it ends at `old_ends`, and what is older at once. While two secrets
    /// have not ended, `end_oldest` must be wished for.
    ///
    /// # Errors
    /// When there is no such key, or it is being rotated.
    pub fn rotate(
        &mut self,
        ak: &str,
        old_ends: SystemTime,
        end_oldest: bool,
        by: &Author,
        now: SystemTime,
    ) -> Result<Rotated, KeysError> {
        let master = &self.master;
        let transaction = begin(&mut self.connection)?;
        need(&transaction, ak)?;
        let secrets = secrets::read(&transaction, Some(ak))?;
        let active: Vec<&Sealed> = secrets.iter().filter(|secret| !secret.has_ended(now)).collect();
        if let [_, .., oldest] = active[..]
            && !end_oldest
        {
            let until = oldest.until.map_or_else(|| "its end".to_owned(), written);
            return Err(KeysError::Rotating { ak: ak.to_owned(), until });
        }
        let newest = active.first().map(|secret| secret.id);
        transaction.execute("DELETE FROM secret WHERE ak = ?1 AND id IS NOT ?2", params![ak, newest])?;
        transaction.execute(
            "UPDATE secret SET until = min(ifnull(until, ?2), ?2) WHERE ak = ?1",
            params![ak, millis(old_ends)],
        )?;
        let sk = secrets::make(&transaction, master, ak, now)?;
        let what = format!("rotated: a new secret; the one before it ends at {}", written(old_ends));
        audit::change(&transaction, ak, &what, by, now)?;
        transaction.commit()?;
        Ok(Rotated { made: Made { sk }, old_ends })
    }

    /// Has the signatures of a key accepted, or not; whether that is a change.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn set_enabled(&mut self, ak: &str, is_enabled: bool, by: &Author, now: SystemTime) -> Result<bool, KeysError> {
        let transaction = begin(&mut self.connection)?;
        need(&transaction, ak)?;
        let changed = transaction.execute(
            "UPDATE access_key SET is_enabled = ?2 WHERE ak = ?1 AND is_enabled <> ?2",
            params![ak, is_enabled],
        )?;
        if changed > 0 {
            audit::change(&transaction, ak, if is_enabled { "enabled" } else { "disabled" }, by, now)?;
        }
        transaction.commit()?;
        Ok(changed > 0)
    }

    /// Removes a key with its secrets. The audit log keeps what was written of it.
    ///
    /// # Errors
    /// When there is no such key.
    pub fn remove(&mut self, ak: &str, by: &Author, now: SystemTime) -> Result<(), KeysError> {
        let transaction = begin(&mut self.connection)?;
        need(&transaction, ak)?;
        transaction.execute("DELETE FROM access_key WHERE ak = ?1", [ak])?;
        audit::change(&transaction, ak, "removed", by, now)?;
        Ok(transaction.commit()?)
    }

    /// The last `limit` rows of the audit log, oldest first: of one kind and one access key, or all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn audit(&self, kind: Option<Kind>, ak: Option<&str>, limit: u32) -> Result<Vec<Row>, KeysError> {
        audit::read(&self.connection, kind, ak, limit)
    }

    /// Writes down what was refused, each with how often it was.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_refusals(&mut self, refusals: &[(Refusal, u32)], now: SystemTime) -> Result<(), KeysError> {
        let transaction = begin(&mut self.connection)?;
        audit::refusals(&transaction, refusals, now)?;
        Ok(transaction.commit()?)
    }

    /// Writes down when the secrets that were handed out were used.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_uses(&mut self) -> Result<(), KeysError> {
        let transaction = begin(&mut self.connection)?;
        let used = self.uses.iter().filter_map(|(id, last_use)| Some((id, last_use.at()?)));
        for (id, at) in used {
            transaction.execute(
                "UPDATE secret SET last_use = ?2 WHERE id = ?1 AND ifnull(last_use, 0) < ?2",
                params![id, millis(at)],
            )?;
        }
        Ok(transaction.commit()?)
    }

    /// Whether another process has changed the store since this was last asked.
    ///
    /// # Errors
    /// When the store fails.
    pub fn was_changed(&mut self) -> Result<bool, KeysError> {
        let now = self.changes()?;
        let seen = std::mem::replace(&mut self.seen, now);
        Ok(seen != self.seen)
    }

    fn changes(&self) -> Result<i64, KeysError> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, KeysError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

fn need(connection: &Connection, ak: &str) -> Result<(), KeysError> {
    let there = connection.query_row("SELECT 1 FROM access_key WHERE ak = ?1", [ak], |_| Ok(())).optional()?;
    there.ok_or_else(|| KeysError::NotThere(ak.to_owned()))
}
