//! The clients of the signed face, as the server gives them to us.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::VdnId;

use crate::cms::{Group, Groups};
use crate::settings::{Secret, SettingsError};

/// Most secrets that one access key signs with at a time: two while it is rotated.
pub const SECRETS_MAX: usize = 2;

/// One client of the signed face.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Its name in the `Authorization` header: visible ASCII without `/`.
    pub ak: String,
    /// What it signs with: one, or [`SECRETS_MAX`] while the client changes from one to the other.
    pub secrets: Vec<KeySecret>,
    /// Which VDNs it may ask about.
    pub vdns: Vec<VdnId>,
    /// Which interfaces it may use.
    pub groups: Groups,
    /// Whether its signatures are accepted at all.
    pub is_enabled: bool,
}

/// A secret of an access key.
#[derive(Clone, Debug)]
pub struct KeySecret {
    /// The secret.
    pub sk: Secret,
    /// When it ends: what is signed with it later is refused. None: it does not.
    pub until: Option<SystemTime>,
    /// When it was used.
    pub last_use: LastUse,
}

/// When a secret last signed a request that was accepted; its clones are the same clock face.
#[derive(Clone, Debug, Default)]
pub struct LastUse(Arc<AtomicU64>);

impl AccessKey {
    /// A key with one secret without an end, for every interface.
    #[must_use]
    pub fn new(ak: &str, sk: Secret, vdns: Vec<VdnId>) -> Self {
        let secrets = vec![KeySecret { sk, until: None, last_use: LastUse::default() }];
        Self { ak: ak.to_owned(), secrets, vdns, groups: Groups::ALL, is_enabled: true }
    }

    /// Whether the key could be used.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if !is_name(&self.ak) {
            return Err(SettingsError::AccessKeyName(self.ak.clone()));
        }
        if self.secrets.is_empty() || self.secrets.iter().any(|secret| secret.sk.expose().is_empty()) {
            return Err(SettingsError::AccessKeySecret(self.ak.clone()));
        }
        if self.secrets.len() > SECRETS_MAX {
            return Err(SettingsError::AccessKeySecrets(self.ak.clone()));
        }
        Ok(())
    }
}

/// Whether these keys could be used together.
pub(crate) fn check_access_keys(keys: &[AccessKey]) -> Result<(), SettingsError> {
    let mut names = HashSet::new();
    for key in keys {
        key.check()?;
        if !names.insert(&key.ak) {
            return Err(SettingsError::AccessKeyTwice(key.ak.clone()));
        }
    }
    Ok(())
}

/// Whether an access key can have this name.
pub(crate) fn is_name(ak: &str) -> bool {
    !ak.is_empty() && ak.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/')
}

impl LastUse {
    /// To the second; none when the secret was not used since the server knows it.
    #[must_use]
    pub fn at(&self) -> Option<SystemTime> {
        let seconds = self.0.load(Ordering::Relaxed);
        (seconds > 0).then(|| UNIX_EPOCH + Duration::from_secs(seconds))
    }

    /// Used again: written once a second at most, so that threads do not fight for the place.
    pub(crate) fn note(&self, seconds: u64) {
        if self.0.load(Ordering::Relaxed) != seconds {
            self.0.store(seconds, Ordering::Relaxed);
        }
    }
}

/// A refusal of the signed face, for the audit log. What was signed, and with what, is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The access key that the request named, if it named one; at most 64 characters of it.
    pub ak: Option<String>,
    /// Why, in a word or a few: the same for the same cause.
    pub cause: &'static str,
    /// Where the request came from.
    pub source: Option<IpAddr>,
    /// The path that was asked; one of ours.
    pub interface: String,
}

/// Hears of every refusal of the signed face, on the way of the request: it must not wait for anything.
pub type NoteRefusal = Arc<dyn Fn(Refusal) + Send + Sync>;

/// Why an access key may not use an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotPermitted {
    /// The interface belongs to a group that it was not given.
    Group(Group),
    /// It asks about a VDN that it was not given.
    Vdn,
}

impl NotPermitted {
    /// For the audit log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Group(_) => "not its interface group",
            Self::Vdn => "not its VDN",
        }
    }
}
