//! Secrets of access keys, as they are kept.

use std::collections::HashMap;
use std::time::SystemTime;

use api::{KeySecret, LastUse, Secret};
use rusqlite::{Connection, params};
use zeroize::Zeroizing;

use crate::error::KeysError;
use crate::master::{MasterKey, hex, random};
use crate::time::{from_millis, millis};

/// A secret, sealed.
pub(crate) struct Sealed {
    pub(crate) id: i64,
    pub(crate) ak: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) made: SystemTime,
    pub(crate) until: Option<SystemTime>,
    pub(crate) last_use: Option<SystemTime>,
}

impl Sealed {
    pub(crate) fn has_ended(&self, now: SystemTime) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    /// The secret, to be used; its last use is known to `uses`. None when it cannot be opened.
    pub(crate) fn open(&self, master: &MasterKey, uses: &mut HashMap<i64, LastUse>) -> Option<KeySecret> {
        let sk = master.open(&self.sealed, &bound_to(&self.ak, self.id))?;
        let last_use = uses.entry(self.id).or_default().clone();
        Some(KeySecret { sk: Secret::from(sk.to_vec()), until: self.until, last_use })
    }
}

/// What a sealed secret belongs to: put beside another access key, or under another id, it cannot be opened.
fn bound_to(ak: &str, id: i64) -> Vec<u8> {
    [b"anteroom access key\0", &id.to_be_bytes()[..], ak.as_bytes()].concat()
}

/// Makes a new secret of `ak` and keeps it sealed; this is the only time that it is seen.
pub(crate) fn make(
    connection: &Connection,
    master: &MasterKey,
    ak: &str,
    now: SystemTime,
) -> Result<Zeroizing<String>, KeysError> {
    let sk = Zeroizing::new(hex(&*random()?));
    connection.execute("INSERT INTO secret (ak, sealed, made) VALUES (?1, x'', ?2)", params![ak, millis(now)])?;
    let id = connection.last_insert_rowid();
    let sealed = master.seal(sk.as_bytes(), &bound_to(ak, id))?;
    connection.execute("UPDATE secret SET sealed = ?1 WHERE id = ?2", params![sealed, id])?;
    Ok(sk)
}

/// All secrets, newest first, of one access key or of all.
pub(crate) fn read(connection: &Connection, ak: Option<&str>) -> Result<Vec<Sealed>, KeysError> {
    let mut query = connection.prepare_cached(
        "SELECT id, ak, sealed, made, until, last_use FROM secret WHERE ?1 IS NULL OR ak = ?1 ORDER BY id DESC",
    )?;
    let time = |millis: Option<i64>| millis.map(from_millis);
    let rows = query.query_map([ak], |row| {
        Ok(Sealed {
            id: row.get(0)?,
            ak: row.get(1)?,
            sealed: row.get(2)?,
            made: from_millis(row.get(3)?),
            until: time(row.get(4)?),
            last_use: time(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
