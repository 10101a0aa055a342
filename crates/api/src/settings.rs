//! What the faces are given whole, by the server, from its file.

use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use engine::{AgentId, QueueId, VdnId};

use crate::access::{AccessKey, check_access_keys};
use crate::shell::tls_config;

/// Everything that is configured of the HTTP faces: one immutable value, swapped whole by [`crate::Faces::reload`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// The call centre's id, `ccId` in the vendor-shaped faces: 1 to 65535.
    pub cc: u16,
    /// The listener that faces the outside: HTTPS, faces `cms` and `v1`.
    pub public: PublicSettings,
    /// The listener that never faces the outside: plain HTTP, face `bms`, metrics and health.
    pub internal: InternalSettings,
    /// Whom `v1` signs in, and with which password.
    pub passwords: Vec<AgentPassword>,
    /// Who may use `v1` without being an agent.
    pub api_keys: Vec<ApiKey>,
    /// The numbers that lead to queues, for the vendor-shaped faces.
    pub access_codes: Vec<AccessCode>,
    /// What one client may take of us.
    pub limits: Limits,
}

/// The listener that faces the outside.
#[derive(Clone, Debug)]
pub struct PublicSettings {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The certificate to show.
    pub tls: TlsSettings,
    /// Who may sign requests to `cms`.
    pub access_keys: Vec<AccessKey>,
    /// How far a signature's time may lie from our wall clock, either way. Default 15 minutes.
    pub signature_window: Duration,
    /// Whether a signature is accepted only once. Off by default: the interfaces of `cms` only read.
    pub refuse_replays: bool,
    /// Whether an address is locked out of `cms` after signatures that were not accepted. Off by default.
    pub lock: Option<SourceLock>,
}

/// When an address is locked out of the signed face, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLock {
    /// After so many requests whose signature was not accepted; at least 1.
    pub failures: u32,
    /// So long after the first of them they are forgotten, and the lock ends.
    pub lasts: Duration,
}

/// A certificate chain and its key, as read from their files.
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// PEM, our own certificate first.
    pub certificate: Vec<u8>,
    /// PEM: PKCS#8, PKCS#1 or SEC1.
    pub key: Secret,
}

impl TlsSettings {
    /// Whether this certificate can be shown, and belongs to this key.
    ///
    /// # Errors
    /// [`SettingsError::Certificate`], with what is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        crate::shell::tls_config(self).map(drop)
    }
}

/// The listener that never faces the outside.
#[derive(Clone, Debug)]
pub struct InternalSettings {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
}

/// An agent's password for `v1`.
#[derive(Clone, Debug)]
pub struct AgentPassword {
    /// The agent's VDN.
    pub vdn: VdnId,
    /// Which agent.
    pub agent: AgentId,
    /// Compared in constant time.
    pub password: Secret,
}

/// A supervisor's or an integration's key for `v1`, sent as `Authorization: Bearer KEY`.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// For the log.
    pub name: String,
    /// At least 16 characters.
    pub key: Secret,
    /// Which VDNs it may see and act in.
    pub vdns: Vec<VdnId>,
    /// What it may do there.
    pub role: Role,
}

/// A number that leads to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessCode {
    /// The queue's VDN.
    pub vdn: VdnId,
    /// What callers dial.
    pub number: String,
    /// Where it leads.
    pub queue: QueueId,
}

/// What an [`ApiKey`] may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// See every agent, queue and call, with callers' numbers masked.
    Monitor,
    /// See the same with callers' numbers in full, and act for any agent and on any call.
    Supervisor,
}

/// What one client may take of us.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections of each listener. Default 1000.
    pub connections: u32,
    /// Open connections of one source address to each listener. Default 200: generous, for addresses are shared.
    pub connections_per_source: u32,
    /// Live `v1` sessions. Default 20,000.
    pub sessions: u32,
    /// Open event streams. Default 2000.
    pub event_streams: u32,
    /// Requests of one access key in a second, in the long run; twice as many may come at once. Default 1000.
    pub requests_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1000,
            connections_per_source: 200,
            sessions: 20_000,
            event_streams: 2000,
            requests_per_second: 1000,
        }
    }
}

/// Bytes that no log line shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// The bytes, to be used and not shown.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// `ccId` is not from 1 to 65535.
    #[error("the call centre's id is 0 and must be from 1 to 65535")]
    Cc,
    /// The certificate or its key cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Certificate(String),
    /// An access key's name cannot be written into a signature.
    #[error("the access key {0:?} is empty, or has a `/` or a character that is not visible ASCII")]
    AccessKeyName(String),
    /// Two access keys have the same name.
    #[error("the access key {0:?} is there twice")]
    AccessKeyTwice(String),
    /// An access key has no secret, or an empty one.
    #[error("the access key {0:?} has no secret, or an empty one")]
    AccessKeySecret(String),
    /// An access key has more secrets than a rotation needs.
    #[error("the access key {0:?} has more than two secrets")]
    AccessKeySecrets(String),
    /// Two passwords of one agent.
    #[error("agent {1} of VDN {0} has two passwords")]
    PasswordTwice(VdnId, AgentId),
    /// An empty password.
    #[error("agent {1} of VDN {0} has an empty password")]
    PasswordEmpty(VdnId, AgentId),
    /// An API key that could be guessed.
    #[error("the API key {0:?} has fewer than 16 characters")]
    ApiKeyShort(String),
    /// Two API keys are the same.
    #[error("the API key {0:?} is the same as another")]
    ApiKeyTwice(String),
    /// A limit of 0 would refuse everybody.
    #[error("the limit {0} is 0")]
    LimitZero(&'static str),
}

impl Settings {
    /// Whether the faces could run with this; the first mistake if not.
    ///
    /// # Errors
    /// What is wrong, with the value that is.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.cc == 0 {
            return Err(SettingsError::Cc);
        }
        check_access_keys(&self.public.access_keys)?;
        if self.public.lock.is_some_and(|lock| lock.failures == 0) {
            return Err(SettingsError::LimitZero("lock_after"));
        }
        self.check_passwords()?;
        self.check_api_keys()?;
        self.limits.check()?;
        tls_config(&self.public.tls).map(|_| ())
    }

    fn check_passwords(&self) -> Result<(), SettingsError> {
        let mut agents = HashSet::new();
        for AgentPassword { vdn, agent, password } in &self.passwords {
            if password.expose().is_empty() {
                return Err(SettingsError::PasswordEmpty(*vdn, *agent));
            }
            if !agents.insert((vdn, agent)) {
                return Err(SettingsError::PasswordTwice(*vdn, *agent));
            }
        }
        Ok(())
    }

    fn check_api_keys(&self) -> Result<(), SettingsError> {
        let mut keys = HashSet::new();
        for ApiKey { name, key, .. } in &self.api_keys {
            if key.expose().len() < 16 {
                return Err(SettingsError::ApiKeyShort(name.clone()));
            }
            if !keys.insert(key.expose()) {
                return Err(SettingsError::ApiKeyTwice(name.clone()));
            }
        }
        Ok(())
    }
}

impl Limits {
    fn check(&self) -> Result<(), SettingsError> {
        let limits = [
            ("connections", self.connections),
            ("connections_per_source", self.connections_per_source),
            ("sessions", self.sessions),
            ("event_streams", self.event_streams),
            ("requests_per_second", self.requests_per_second),
        ];
        match limits.iter().find(|(_, limit)| *limit == 0) {
            Some((name, _)) => Err(SettingsError::LimitZero(name)),
            None => Ok(()),
        }
    }
}
