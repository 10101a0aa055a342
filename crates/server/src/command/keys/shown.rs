//! What the commands print.

use std::fmt::Write;
use std::path::Path;
use std::time::SystemTime;

use keys::{KeyView, Kind, Made, Rotated, Row, Scope, SecretView, written};
use serde_json::json;

/// After a master key was made.
pub(super) fn master(file: &Path) -> String {
    let file = file.display();
    format!(
        "{file} holds a new master key. Keep a copy at a safe place, apart from the journal's: without it no secret can be\n\
         read. In the configuration file:\n\n[keys]\nmaster_key_file = \"{file}\""
    )
}

/// A key that was made.
pub(super) fn created(ak: &str, made: &Made, scope: &Scope, is_json: bool) -> String {
    let (sk, vdns, groups) = (made.sk.as_str(), scope.vdns.to_string(), scope.groups_text());
    if is_json {
        return json!({ "ak": ak, "sk": sk, "vdns": vdns, "groups": groups }).to_string();
    }
    format!(
        "access key  {ak}\nsecret key  {sk}\nfor         VDN {vdns}; interface groups {groups}\n\n\
         The secret key is shown this once. A running server takes the key within two seconds."
    )
}

/// A key that has a new secret.
pub(super) fn rotated(ak: &str, rotated: &Rotated, is_json: bool) -> String {
    let (sk, ends) = (rotated.made.sk.as_str(), written(rotated.old_ends));
    if is_json {
        return json!({ "ak": ak, "sk": sk, "oldEnds": ends }).to_string();
    }
    format!(
        "access key      {ak}\nnew secret key  {sk}\n\nThe secret key is shown this once. The old one is accepted until {ends}."
    )
}

/// All keys, a line each and one for each secret.
pub(super) fn keys(keys: &[KeyView], now: SystemTime) -> String {
    if keys.is_empty() {
        return "There is no access key in the store; `anteroom keys create` makes one.".to_owned();
    }
    let width = keys.iter().map(|key| key.ak.len()).max().unwrap_or(0);
    let mut text = String::new();
    for key in keys {
        let state = if key.is_enabled { "enabled" } else { "DISABLED" };
        let (vdns, groups) = (&key.scope.vdns, key.scope.groups_text());
        let made = written(key.made);
        let line = format!("{:width$}  {state}  VDN {vdns}; interface groups {groups}; made {made}\n", key.ak);
        text.push_str(&line);
        for secret in &key.secrets {
            // A String takes what is written.
            let _ = writeln!(text, "{:width$}    {}", "", self::secret(secret, now));
        }
    }
    text.trim_end().to_owned()
}

fn secret(secret: &SecretView, now: SystemTime) -> String {
    let end = match secret.until {
        None => "in use".to_owned(),
        Some(until) if until <= now => format!("ended {}", written(until)),
        Some(until) => format!("in use until {}", written(until)),
    };
    let last = secret.last_use.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", written(at)));
    format!("secret {} of {}: {end}; {last}", secret.id, written(secret.made))
}

/// All keys, for programs.
pub(super) fn keys_json(keys: &[KeyView]) -> String {
    let secret = |secret: &SecretView| {
        let (until, last_use) = (secret.until.map(written), secret.last_use.map(written));
        json!({ "id": secret.id, "made": written(secret.made), "until": until, "lastUse": last_use })
    };
    let key = |key: &KeyView| {
        let secrets: Vec<_> = key.secrets.iter().map(secret).collect();
        json!({
            "ak": key.ak, "enabled": key.is_enabled, "vdns": key.scope.vdns.to_string(),
            "groups": key.scope.groups_text(), "made": written(key.made), "secrets": secrets
        })
    };
    json!(keys.iter().map(key).collect::<Vec<_>>()).to_string()
}

/// A row of the audit log. What strangers have sent is quoted, so that nothing in it acts on a terminal.
pub(super) fn row(row: &Row) -> String {
    let at = written(row.at);
    let ak = row.ak.as_ref().map_or_else(|| "without access key".to_owned(), |ak| format!("{ak:?}"));
    match row.kind {
        Kind::Change => format!("{at}  {ak} {}: {}", row.what, row.who.as_deref().unwrap_or("nobody knows who")),
        Kind::Refusal => {
            let source = row.source.as_deref().unwrap_or("several addresses");
            let interface = row.interface.as_deref().unwrap_or_default();
            let times = if row.times > 1 { format!(", {} times", row.times) } else { String::new() };
            format!("{at}  refused {ak} from {source}: {}{times}  {interface}", row.what)
        }
    }
}

/// A row of the audit log, for programs.
pub(super) fn row_json(row: &Row) -> String {
    json!({
        "number": row.number, "at": written(row.at), "kind": row.kind.name(), "ak": row.ak, "what": row.what,
        "who": row.who, "source": row.source, "interface": row.interface, "times": row.times
    })
    .to_string()
}
