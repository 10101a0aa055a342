//! `anteroom keys`: the access keys in the key store.

mod author;
mod shown;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use api::cms::{Group, Groups};
use clap::{Args, Subcommand};
use engine::VdnId;
use keys::{KeyStore, KeysError, Kind, MasterKey, Scope, Vdns};

use super::{Failure, print_line};
use crate::config::{self, Config};
use crate::run::{self, ConfigFile};

const NOTES: &str = "\
Keys are kept in keys.sqlite beside the journal, their secrets encrypted under a master key that is
kept elsewhere. A running server takes every change within two seconds, without a restart. Keys in
the configuration file ([[access_key]]) go on beside them and are not shown here.

To begin, once:
  anteroom keys init /etc/anteroom/master.key
  and in the configuration file
      [keys]
      master_key_file = \"/etc/anteroom/master.key\"

Examples:
  anteroom keys create wallboard --vdn 170 --groups agents,skills --config anteroom.toml
  anteroom keys rotate wallboard --old-ends-in '7 days' --config anteroom.toml
  anteroom keys audit --refusals --last 20 --config anteroom.toml";

/// Make, list, rotate, disable and remove access keys of the signed interface; read their audit log
#[derive(Debug, Args)]
#[command(after_help = NOTES, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Make a master key in a new file that only you can read
    Init {
        /// The file; nothing may be there yet
        file: PathBuf,
    },
    Create(Create),
    /// Show all keys: what they are for, and when their secrets end and were last used
    List {
        #[command(flatten)]
        store: StoreOptions,
    },
    Rotate(Rotate),
    /// Have nothing accepted any more that a key signs; it stays, and can be enabled again
    Disable(Named),
    /// Have accepted again what a disabled key signs
    Enable(Named),
    /// Remove a key and its secrets for good
    Remove(Named),
    Audit(Audit),
}

/// Where the store is.
#[derive(Debug, Args)]
struct StoreOptions {
    /// The server's configuration file: it says where the store and the master key are
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder of the journal, instead of the one in the file
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// For programs: print JSON
    #[arg(long)]
    json: bool,
}

/// A key that is there.
#[derive(Debug, Args)]
struct Named {
    /// The access key's name
    ak: String,
    #[command(flatten)]
    store: StoreOptions,
}

const CREATE_NOTES: &str = "\
The secret key is printed this once, and can never be shown again: hand it to the client now.

Interface groups: agents, skills, vdn, calls, legacy, configuration, history.

Examples:
  anteroom keys create wallboard --vdn 170 --config anteroom.toml
  anteroom keys create reports --vdn all --groups history,calls --json --config anteroom.toml";

/// Make a key with a new secret, which is shown this once
#[derive(Debug, Args)]
#[command(after_help = CREATE_NOTES)]
struct Create {
    /// The access key's name: up to 64 letters, digits and signs, without blank and "/"
    ak: String,
    /// The VDNs it may ask about, with commas between them, or "all"
    #[arg(long, value_name = "VDNS", value_parser = vdns)]
    vdn: Vdns,
    /// The interface groups it may use, with commas between them, or "all"
    #[arg(long, value_name = "GROUPS", default_value = "all", value_parser = groups)]
    groups: Groups,
    #[command(flatten)]
    store: StoreOptions,
}

const ROTATE_NOTES: &str = "\
Until the old secret ends, both are accepted: hand the new one to the client, and look with
`anteroom keys list` whether the old one is still in use.

Examples:
  anteroom keys rotate wallboard --config anteroom.toml
  a secret that somebody else has seen ends at once
      anteroom keys rotate wallboard --old-ends-in '0 s' --end-oldest --config anteroom.toml";

/// Give a key a new secret, which is shown this once; the old one ends a while later
#[derive(Debug, Args)]
#[command(after_help = ROTATE_NOTES)]
struct Rotate {
    /// The access key's name
    ak: String,
    /// So long the old secret is accepted too: a time such as '30 min', '24 h' or '7 days'
    #[arg(long, value_name = "TIME", default_value = "24 h", value_parser = span)]
    old_ends_in: Duration,
    /// While a rotation is going on already: end the older of its two secrets at once
    #[arg(long)]
    end_oldest: bool,
    #[command(flatten)]
    store: StoreOptions,
}

/// Show who changed which key, and which requests were refused, from which address and why
#[derive(Debug, Args)]
struct Audit {
    /// Only of this access key
    #[arg(long)]
    ak: Option<String>,
    /// Only what was changed
    #[arg(long, conflicts_with = "refusals")]
    changes: bool,
    /// Only what was refused
    #[arg(long)]
    refusals: bool,
    /// So many rows, the last ones
    #[arg(long, value_name = "N", default_value_t = 100)]
    last: u32,
    #[command(flatten)]
    store: StoreOptions,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let now = SystemTime::now();
    match &options.act {
        Act::Init { file } => {
            MasterKey::make(file).map_err(|error| failure(&error))?;
            print_line(&shown::master(file));
            Ok(())
        }
        Act::Create(create) => create.run(now),
        Act::Rotate(rotate) => rotate.run(now),
        Act::List { store } => {
            let keys = store.open()?.0.list().map_err(|error| failure(&error))?;
            print_line(&if store.json { shown::keys_json(&keys) } else { shown::keys(&keys, now) });
            Ok(())
        }
        Act::Disable(named) => named.set_enabled(false, now),
        Act::Enable(named) => named.set_enabled(true, now),
        Act::Remove(Named { ak, store }) => {
            let (mut keys, _) = store.open()?;
            keys.remove(ak, &author::of("remove"), now).map_err(|error| failure(&error))?;
            store.say(ak, "removed", &format!("\"{ak}\" is removed."));
            Ok(())
        }
        Act::Audit(audit) => audit.run(),
    }
}

impl StoreOptions {
    /// Opens the store that the configuration names.
    fn open(&self) -> Result<(KeyStore, Config), Failure> {
        let source = ConfigFile { path: self.config.clone(), data: self.data.clone(), threads: None };
        let config = source.load().map_err(|error| Failure::Wrong(error.to_string()))?;
        let Some(place) = &config.keys else {
            let file = self.config.display();
            return Err(Failure::Wrong(format!(
                "{file} has no key store; see `anteroom keys --help` for how to begin"
            )));
        };
        run::make_private(&config.journal.data)?;
        let store = place.read().and_then(|master| KeyStore::open(&config.journal.data, master));
        Ok((store.map_err(|error| failure(&error))?, config))
    }

    fn say(&self, ak: &str, did: &str, sentence: &str) {
        print_line(&if self.json {
            serde_json::json!({ "ak": ak, "did": did }).to_string()
        } else {
            sentence.to_owned()
        });
    }
}

impl Create {
    fn run(&self, now: SystemTime) -> Result<(), Failure> {
        let (mut keys, config) = self.store.open()?;
        if config.faces.access_keys.iter().any(|key| key.ak.value == self.ak) {
            let ak = &self.ak;
            return Err(Failure::Wrong(format!("the configuration file has an access key \"{ak}\" already")));
        }
        if let Vdns::Of(vdns) = &self.vdn
            && let Some(unknown) = vdns.iter().find(|id| !config.vdns.iter().any(|vdn| vdn.id.value == **id))
        {
            return Err(Failure::Wrong(format!("the configuration file has no VDN {unknown}")));
        }
        let scope = Scope { vdns: self.vdn.clone(), groups: self.groups };
        let made = keys.create(&self.ak, &scope, &author::of("create"), now).map_err(|error| failure(&error))?;
        print_line(&shown::created(&self.ak, &made, &scope, self.store.json));
        Ok(())
    }
}

impl Rotate {
    fn run(&self, now: SystemTime) -> Result<(), Failure> {
        let (mut keys, _) = self.store.open()?;
        let ends = now + self.old_ends_in;
        let rotated = keys.rotate(&self.ak, ends, self.end_oldest, &author::of("rotate"), now);
        let rotated = rotated.map_err(|error| failure(&error))?;
        print_line(&shown::rotated(&self.ak, &rotated, self.store.json));
        Ok(())
    }
}

impl Named {
    fn set_enabled(&self, is_enabled: bool, now: SystemTime) -> Result<(), Failure> {
        let Self { ak, store } = self;
        let (mut keys, _) = store.open()?;
        let (act, did) = if is_enabled { ("enable", "enabled") } else { ("disable", "disabled") };
        let changed = keys.set_enabled(ak, is_enabled, &author::of(act), now).map_err(|error| failure(&error))?;
        let already = if changed { "" } else { " already" };
        store.say(ak, did, &format!("\"{ak}\" is {did}{already}."));
        Ok(())
    }
}

impl Audit {
    fn run(&self) -> Result<(), Failure> {
        let kind = match (self.changes, self.refusals) {
            (true, _) => Some(Kind::Change),
            (_, true) => Some(Kind::Refusal),
            (false, false) => None,
        };
        let (keys, _) = self.store.open()?;
        let rows = keys.audit(kind, self.ak.as_deref(), self.last).map_err(|error| failure(&error))?;
        for row in rows {
            print_line(&if self.store.json { shown::row_json(&row) } else { shown::row(&row) });
        }
        Ok(())
    }
}

/// What cannot be is the command line's fault; what the disk does is the world's.
fn failure(error: &KeysError) -> Failure {
    let text = super::chain(error);
    match error {
        KeysError::File { .. } | KeysError::Store(_) | KeysError::Cryptography => Failure::Failed(text),
        _ => Failure::Wrong(text),
    }
}

fn vdns(text: &str) -> Result<Vdns, String> {
    if text == "all" {
        return Ok(Vdns::All);
    }
    let id = |text: &str| text.trim().parse().ok().filter(|id| (1..=5000).contains(id)).map(VdnId);
    let wrong = || "write VDNs from 1 to 5000, with commas between them, or \"all\"".to_owned();
    text.split(',').map(id).collect::<Option<_>>().map(Vdns::Of).ok_or_else(wrong)
}

fn groups(text: &str) -> Result<Groups, String> {
    if text == "all" {
        return Ok(Groups::ALL);
    }
    let group = |text: &str| text.trim().parse::<Group>().map_err(|error| error.to_string());
    text.split(',').map(group).collect()
}

fn span(text: &str) -> Result<Duration, String> {
    let year = Duration::from_secs(366 * 86_400);
    let span = config::read_duration(text).filter(|span| *span <= year);
    span.ok_or_else(|| "write a time up to a year, such as '30 min', '24 h' or '7 days'".to_owned())
}
