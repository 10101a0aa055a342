//! What the face does: it computes the signature again from what was received.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, Method, Uri};
use engine::VdnId;
use subtle::ConstantTimeEq;

use super::canonical::{EmptyQuery, canonical_request};
use super::clients::Clients;
use super::rate::Rate;
use super::replay::Replays;
use super::timestamp::SignatureTime;
use super::{Keyed, SCHEME, signature, signing_key};
use crate::access::AccessKey;
use crate::cms::Groups;

/// A request as it came, its body whole.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The method of the request line.
    pub method: &'a Method,
    /// The target as it was sent; its authority stands for `host` where HTTP/2 sends no such header.
    pub uri: &'a Uri,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The bytes on the wire.
    pub body: &'a [u8],
}

/// Who signed a request.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    /// The access key.
    pub ak: &'a str,
    /// Which VDNs it may ask about.
    pub vdns: &'a [VdnId],
    /// Which interfaces it may use.
    pub groups: Groups,
    pub(crate) rate: Option<&'a Rate>,
}

/// Why a signature was not accepted. For the log only: the client sees the same answer for every cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// There is no `Authorization` header, or more than one.
    #[error("{0} Authorization headers instead of one")]
    Authorizations(usize),
    /// The header has not the five fields of `auth-v2`.
    #[error("the Authorization header is not auth-v2/AK/time/headers/signature")]
    Malformed,
    /// The time has neither of the two forms.
    #[error("the time has neither of the two forms")]
    Time,
    /// The declared headers are not in lower case and ascending order, or one of them stands there twice.
    #[error("the declared headers are not in lower case, ascending and different")]
    Declaration,
    /// `host` is not declared, or `authorization` is.
    #[error("`host` must be declared and `authorization` must not")]
    HostOrAuthorization,
    /// A declared header is absent or present more than once.
    #[error("a declared header is absent or present more than once")]
    Header,
    /// No such access key.
    #[error("no such access key")]
    UnknownAccessKey,
    /// The signature is another.
    #[error("the signature is another")]
    Signature,
    /// The access key is disabled.
    #[error("the access key is disabled")]
    Disabled,
    /// The secret that signed has ended: a newer one took its place.
    #[error("the secret has ended")]
    Ended,
    /// The time lies too far from ours.
    #[error("the time lies {0:?} from ours")]
    Window(Duration),
    /// The signature was accepted before.
    #[error("the signature was accepted before")]
    Replayed,
    /// More signatures are remembered than there is room for.
    #[error("no room to remember another signature")]
    NoRoom,
}

impl Cause {
    /// The cause without what differs from request to request: for the audit log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Authorizations(0) => "no authorization",
            Self::Authorizations(_) => "several authorizations",
            Self::Malformed => "malformed authorization",
            Self::Time => "malformed time",
            Self::Declaration | Self::HostOrAuthorization => "malformed list of headers",
            Self::Header => "a signed header is missing or there twice",
            Self::UnknownAccessKey => "unknown access key",
            Self::Signature => "another signature",
            Self::Disabled => "disabled access key",
            Self::Ended => "secret that has ended",
            Self::Window(_) => "time outside the window",
            Self::Replayed => "replay",
            Self::NoRoom => "no room to remember the signature",
        }
    }
}

/// A refusal, with what is needed to find the client that got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The access key that the request named, if it got so far; at most 64 characters of it.
    pub ak: Option<String>,
    /// Why.
    pub cause: Cause,
}

/// Checks signatures against a set of access keys.
pub struct Verifier {
    clients: Clients,
    window: Duration,
    replays: Option<Arc<Replays>>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("clients", &self.clients.len()).field("window", &self.window).finish()
    }
}

/// The fields of an `Authorization` header.
struct Fields<'a> {
    /// The first four, as they were received: what the signing key is made of.
    prefix: &'a str,
    ak: &'a str,
    time: &'a str,
    declared: &'a str,
    signature: &'a str,
}

impl<'a> Fields<'a> {
    fn of(headers: &'a HeaderMap) -> Result<Self, Cause> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(Cause::Authorizations(headers.get_all(AUTHORIZATION).iter().count()));
        };
        Self::split(value.to_str().map_err(|_| Cause::Malformed)?).ok_or(Cause::Malformed)
    }

    fn split(value: &'a str) -> Option<Self> {
        let (prefix, signature) = value.rsplit_once('/')?;
        let mut fields = prefix.split('/');
        let (scheme, ak, time, declared) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let is_whole = fields.next().is_none() && scheme == SCHEME && !ak.is_empty() && !value.contains(' ');
        is_whole.then_some(Self { prefix, ak, time, declared, signature })
    }
}

impl Verifier {
    /// A verifier for `keys`; times may lie `window` from ours, either way.
    #[must_use]
    pub fn new(keys: &[AccessKey], window: Duration, refuse_replays: bool) -> Self {
        let replays = refuse_replays.then(|| Arc::new(Replays::new(window)));
        Self { clients: Clients::new(keys), window, replays }
    }

    /// The same, where each access key may ask so many times a second. What `previous` remembers of requests that it
    /// accepted is remembered on.
    #[must_use]
    pub(crate) fn in_place_of(mut self, previous: Option<&Self>, per_second: NonZeroU32) -> Self {
        self.clients.limit(per_second, previous.map(|previous| &previous.clients));
        let before = previous.filter(|previous| previous.window == self.window);
        if let (Some(own), Some(before)) = (&mut self.replays, before.and_then(|before| before.replays.as_ref())) {
            *own = Arc::clone(before);
        }
        self
    }

    /// Who signed this request.
    ///
    /// # Errors
    /// When nobody did whom we know, or not now. Every cause must look the same to the client.
    pub fn verify(&self, received: &Received<'_>, now: SignatureTime) -> Result<Verified<'_>, Denied> {
        let fields = Fields::of(received.headers).map_err(|cause| Denied { ak: None, cause })?;
        self.check(&fields, received, now)
            .map_err(|cause| Denied { ak: Some(fields.ak.chars().take(64).collect()), cause })
    }

    fn check(&self, fields: &Fields<'_>, received: &Received<'_>, now: SignatureTime) -> Result<Verified<'_>, Cause> {
        let time: SignatureTime = fields.time.parse().map_err(|_| Cause::Time)?;
        let signed = declared_headers(fields.declared, received)?;
        let client = self.clients.get(fields.ak);
        let signer = self.clients.signer(client, |secret| is_signed_with(secret, fields, &signed, received));
        let client = client.ok_or(Cause::UnknownAccessKey)?;
        let signer = signer.ok_or(Cause::Signature)?;
        if !client.is_enabled {
            return Err(Cause::Disabled);
        }
        if signer.has_ended(now) {
            return Err(Cause::Ended);
        }
        if time.distance(now) > self.window {
            return Err(Cause::Window(time.distance(now)));
        }
        self.replays.as_ref().map_or(Ok(()), |replays| replays.admit(fields.signature, time, now))?;
        signer.last_use.note(now.seconds());
        Ok(Verified { ak: &client.ak, vdns: &client.vdns, groups: client.groups, rate: client.rate.as_deref() })
    }
}

/// The declared headers with the values received, in the order declared, which must be the ascending one.
fn declared_headers<'a>(declared: &'a str, received: &Received<'a>) -> Result<Vec<(&'a str, &'a [u8])>, Cause> {
    let mut signed = Vec::with_capacity(4);
    let mut has_host = false;
    for name in declared.split(';') {
        let is_ascending = signed.last().is_none_or(|(last, _)| *last < name);
        if !is_ascending || name.is_empty() || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(Cause::Declaration);
        }
        if name == AUTHORIZATION.as_str() {
            return Err(Cause::HostOrAuthorization);
        }
        has_host |= name == HOST.as_str();
        signed.push((name, value_of(name, received)?));
    }
    if has_host { Ok(signed) } else { Err(Cause::HostOrAuthorization) }
}

/// The one value of a header; HTTP/2 may send `:authority` in the place of `host`.
fn value_of<'a>(name: &str, received: &Received<'a>) -> Result<&'a [u8], Cause> {
    let mut values = received.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, None) if name == HOST.as_str() => {
            received.uri.authority().map(|authority| authority.as_str().as_bytes()).ok_or(Cause::Header)
        }
        _ => Err(Cause::Header),
    }
}

/// Whether `secret` made the signature, over either form of a request without a query.
fn is_signed_with(secret: &Keyed, fields: &Fields<'_>, signed: &[(&str, &[u8])], received: &Received<'_>) -> bool {
    let key = signing_key(secret, fields.prefix.as_bytes());
    let (method, uri) = (received.method.as_str(), received.uri);
    let matches = |form| {
        let canonical = canonical_request(method, uri.path(), uri.query(), signed, received.body, form);
        bool::from(signature(&key, canonical.as_bytes())[..].ct_eq(fields.signature.as_bytes()))
    };
    matches(EmptyQuery::NoLine) || (uri.query().unwrap_or_default().is_empty() && matches(EmptyQuery::Line))
}
