//! The HTTP faces: `[public]`, `[internal]`, `[v1]` and the access keys.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::cms::{Group, Groups};
use api::{Limits, Role, SourceLock, TlsSettings};
use engine::VdnId;
use toml::de::DeValue;

use super::mistake::At;
use super::reader::{Reader, Written, Wrong, integer};
use super::secret::{Secret, secret};
use super::written::{DAY, duration, seconds, words};

/// Fewest characters of an access key's secret.
const SK_MIN: usize = 12;
/// Fewest characters of a key for `v1`.
const API_KEY_MIN: usize = 16;

/// The faces, as they are written.
#[derive(Debug)]
pub(crate) struct Faces {
    pub(crate) public: Public,
    pub(crate) internal: At<SocketAddr>,
    pub(crate) access_keys: Vec<AccessKey>,
    /// Who may use `v1` without being an agent.
    pub(crate) api_keys: Vec<ApiKey>,
    /// What one client may take of us.
    pub(crate) limits: Limits,
}

/// The face for everybody: HTTPS.
#[derive(Debug)]
pub(crate) struct Public {
    pub(crate) listen: At<SocketAddr>,
    /// Certificate and key, PEM files; none: self-signed at first start.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) signature_window: Duration,
    /// Whether a signature counts only once.
    pub(crate) refuse_replays: bool,
    /// Whether addresses are locked out after signatures that were not accepted.
    pub(crate) lock: Option<SourceLock>,
}

/// Who may sign requests, and for which VDNs.
#[derive(Debug)]
pub(crate) struct AccessKey {
    pub(crate) ak: At<String>,
    pub(crate) sk: Secret,
    pub(crate) vdns: Vec<At<VdnId>>,
    pub(crate) groups: Groups,
}

/// A supervisor's or an integration's key for `v1`.
#[derive(Debug)]
pub(crate) struct ApiKey {
    pub(crate) name: At<String>,
    pub(crate) key: Secret,
    pub(crate) vdns: Vec<At<VdnId>>,
    pub(crate) role: Role,
}

words!(Role, "\"monitor\" or \"supervisor\"", { "monitor" => Self::Monitor, "supervisor" => Self::Supervisor });

/// Reads the faces; relative paths start in `folder`.
pub(crate) fn read(root: &Reader<'_>, folder: &Path) -> Faces {
    let v1 = root.table("v1");
    let api_keys = v1.as_ref().map_or_else(Vec::new, |v1| v1.tables("key"));
    Faces {
        public: public(root, folder),
        internal: internal(root),
        access_keys: root.tables("access_key").iter().map(|reader| access_key(reader, folder)).collect(),
        api_keys: api_keys.iter().map(|reader| api_key(reader, folder)).collect(),
        limits: limits(root),
    }
}

fn public(root: &Reader<'_>, folder: &Path) -> Public {
    let usual = SocketAddr::from(([127, 0, 0, 1], 28_443));
    let usual_window = seconds(900);
    let Some(reader) = root.table("public") else {
        let listen = At::new(usual, root.span());
        return Public { listen, tls: None, signature_window: usual_window, refuse_replays: false, lock: None };
    };
    Public {
        listen: reader.get("listen").unwrap_or(At::new(usual, reader.span())),
        tls: tls(&reader, folder),
        signature_window: duration(&reader, "signature_window", seconds(1)..=DAY, usual_window),
        refuse_replays: reader.get_or("refuse_replays", false),
        lock: lock(&reader),
    }
}

/// When an address is locked; a length alone locks nobody.
fn lock(reader: &Reader<'_>) -> Option<SourceLock> {
    let failures = reader.number("lock_after", 1..=1_000_000_u32);
    let lasts = duration(reader, "lock_for", seconds(1)..=DAY, seconds(600));
    failures.map(|failures| SourceLock { failures: failures.value, lasts })
}

fn limits(root: &Reader<'_>) -> Limits {
    let usual = Limits::default();
    let Some(reader) = root.table("http_limits") else { return usual };
    let number = |key, usual| reader.number_or(key, 1..=1_000_000, usual);
    Limits {
        connections: number("connections", usual.connections),
        connections_per_source: number("connections_per_source", usual.connections_per_source),
        sessions: number("sessions", usual.sessions),
        event_streams: number("event_streams", usual.event_streams),
        requests_per_second: number("requests_per_second", usual.requests_per_second),
    }
}

fn tls(reader: &Reader<'_>, folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let (certificate, key) = match (reader.get::<PathBuf>("certificate"), reader.get::<PathBuf>("key")) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return None,
        (Some(one), None) | (None, Some(one)) => {
            let instead = "give both, or neither for a self-signed certificate".to_owned();
            reader.mistakes().say(one.span, "`certificate` and `key` belong together", instead);
            return None;
        }
    };
    let pem = |file: &At<PathBuf>| {
        let path = folder.join(&file.value);
        let unreadable = |error| {
            let what = format!("{} cannot be read: {error}", path.display());
            reader.mistakes().say(file.span, what, "name a PEM file that this user can read".to_owned());
        };
        std::fs::read(&path).map_err(unreadable).ok()
    };
    let settings = TlsSettings { certificate: pem(&certificate)?, key: pem(&key)?.into() };
    if let Err(error) = settings.check() {
        let instead = "name the PEM files of a certificate chain and of its key".to_owned();
        reader.mistakes().say(certificate.span, error.to_string(), instead);
    }
    Some((folder.join(certificate.value), folder.join(key.value)))
}

fn internal(root: &Reader<'_>) -> At<SocketAddr> {
    let usual = At::new(SocketAddr::from(([127, 0, 0, 1], 28_080)), root.span());
    let Some(reader) = root.table("internal") else { return usual };
    let listen = reader.get("listen").unwrap_or(usual);
    let is_guarded = reader.get_or("behind_firewall", false);
    if !is_guarded && !is_inside(listen.value.ip()) {
        let what = format!("the internal face asks nobody who they are, and {} may be seen from outside", listen.value);
        let instead = "listen on a private address, or say `behind_firewall = true` if nothing outside reaches it";
        reader.mistakes().say(listen.span, what, instead.to_owned());
    }
    listen
}

/// Whether only this machine or a private network reaches the address.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

fn access_key(reader: &Reader<'_>, folder: &Path) -> AccessKey {
    let ak = reader.need("ak", String::new());
    if !ak.value.chars().all(|c| c.is_ascii_graphic() && c != '/') {
        let what = format!("`ak` is \"{}\"", ak.value);
        let instead =
            "write letters, digits and signs without blank and \"/\": \"/\" parts the signature's fields".to_owned();
        reader.mistakes().say(ak.span, what, instead);
    }
    let sk = key_text(reader, "sk", "sk_file", SK_MIN, folder);
    AccessKey { ak, sk, vdns: vdns(reader), groups: groups(reader) }
}

/// Which interfaces a key is for; all when nothing is said.
fn groups(reader: &Reader<'_>) -> Groups {
    if reader.value("groups").is_none() {
        return Groups::ALL;
    }
    reader.list::<Group>("groups").into_iter().map(|group| group.value).collect()
}

words!(Group, "\"agents\", \"skills\", \"vdn\", \"calls\", \"legacy\", \"configuration\" or \"history\"", {
    "agents" => Self::Agents,
    "skills" => Self::Skills,
    "vdn" => Self::Vdn,
    "calls" => Self::Calls,
    "legacy" => Self::Legacy,
    "configuration" => Self::Configuration,
    "history" => Self::History,
});

fn api_key(reader: &Reader<'_>, folder: &Path) -> ApiKey {
    ApiKey {
        name: reader.need("name", String::new()),
        key: key_text(reader, "key", "key_file", API_KEY_MIN, folder),
        vdns: vdns(reader),
        role: reader.need("role", Role::Monitor).value,
    }
}

/// A secret of at least `least` characters, which must be there.
fn key_text(reader: &Reader<'_>, key: &'static str, file_key: &'static str, least: usize, folder: &Path) -> Secret {
    let is_there = reader.value(key).is_some() || reader.value(file_key).is_some();
    let instead = "take 32 random bytes as text, for instance from `openssl rand -hex 32`".to_owned();
    match secret(reader, key, file_key, folder, "") {
        Some(found) => {
            if found.value.reveal().chars().count() < least {
                reader.mistakes().say(found.span, format!("`{key}` is shorter than {least} characters"), instead);
            }
            found.value
        }
        None => {
            if !is_there {
                let what = format!("neither `{key}` nor `{file_key}` is given");
                reader.mistakes().say(reader.span(), what, instead);
            }
            Secret::new("")
        }
    }
}

/// Which VDNs a key is for.
fn vdns(reader: &Reader<'_>) -> Vec<At<VdnId>> {
    let vdns = reader.list::<VdnNumber>("vdns");
    if reader.items("vdns").is_empty() {
        let instead = "add `vdns = [170]`: those it may ask about".to_owned();
        reader.mistakes().say(reader.span_of("vdns"), "a key for no VDN", instead);
    }
    vdns.into_iter().map(|vdn| vdn.map(|vdn| VdnId(vdn.0))).collect()
}

/// A VDN's id.
struct VdnNumber(u16);

impl Written for VdnNumber {
    const FORM: &'static str = "a VDN's id from 1 to 5000";

    fn read(value: &DeValue<'_>) -> Result<Self, Wrong> {
        let number = integer(value).ok_or_else(|| Wrong::kind(value))?;
        let fitting = u16::try_from(number).ok().filter(|id| (1..=5000).contains(id));
        fitting.map(Self).ok_or_else(|| Wrong::new(format!("holds {number}")))
    }
}
