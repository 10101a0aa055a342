//! Digest authentication of phones (RFC 7616 and 8760): SHA-256 is offered first, MD5 for phones that know nothing else.
//!
//! Nonces are not remembered: each carries its time and a MAC over time and source address, so nobody can fill a table
//! by asking. Only counts (`nc`) of nonces that were used *successfully* are kept, for as long as those live.
//!
//! An unknown user costs the same work and gets the same answer as a wrong password.

use std::net::SocketAddr;

use leg::value::Uri;
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::place::Place;

mod header;
mod nonce;

pub use header::DigestHeader;
use nonce::{Nonces, Standing};

/// The hash a digest is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RFC 7616; offered first.
    Sha256,
    /// RFC 2617; for phones that know nothing else.
    Md5,
}

impl Algorithm {
    const ALL: [Self; 2] = [Self::Sha256, Self::Md5];

    fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    /// The hexadecimal hash of these parts, joined by colons.
    fn hash(self, parts: &[&str]) -> String {
        match self {
            Self::Sha256 => hash::<Sha256>(parts),
            Self::Md5 => hash::<Md5>(parts),
        }
    }
}

fn hash<H: Digest>(parts: &[&str]) -> String {
    let mut hash = H::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// What a password is checked by, computed once: H(user:realm:password) for both algorithms. As good as the password.
#[derive(Clone)]
pub struct Credentials {
    sha256: Box<str>,
    md5: Box<str>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Credentials {
    /// Of this user in this realm.
    #[must_use]
    pub fn new(user: &str, realm: &str, password: &str) -> Self {
        let parts = [user, realm, password];
        Self { sha256: Algorithm::Sha256.hash(&parts).into(), md5: Algorithm::Md5.hash(&parts).into() }
    }

    fn of(&self, algorithm: Algorithm) -> &str {
        match algorithm {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Md5 => &self.md5,
        }
    }

    /// What the header's `response` has to be (RFC 7616, 3.4.1, with `qop=auth`).
    fn response(&self, algorithm: Algorithm, method: &str, header: &DigestHeader<'_>) -> String {
        let request = algorithm.hash(&[method, &header.uri]);
        let (ha1, nonce) = (self.of(algorithm), header.nonce.as_ref());
        algorithm.hash(&[ha1, nonce, header.nc, &header.cnonce, "auth", &request])
    }
}

/// A request to be checked.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its Request-URI.
    pub uri: &'a str,
    /// Where it came from.
    pub source: SocketAddr,
    /// The realm of whom it is meant for.
    pub realm: &'a str,
    /// Milliseconds since this authenticator was made.
    pub now: u64,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It comes from who it says.
    Genuine,
    /// It knows the password, but its nonce is old, used, or somebody else's: challenge it again with `stale=true`.
    Stale,
    /// It does not.
    Wrong,
}

/// Makes challenges and checks their answers.
#[derive(Debug)]
pub struct Authenticator {
    nonces: Nonces,
    opaque: String,
    nobody: Credentials,
}

impl Authenticator {
    /// With keys drawn by chance. Nonces made by another one are stale.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut random = [0; 48];
        getrandom::fill(&mut random)?;
        let (key, rest) = random.split_at(32);
        let (opaque, password) = rest.split_at(8);
        let nobody = Credentials::new("", "", &hex(password));
        Ok(Self { nonces: Nonces::new(key), opaque: hex(opaque), nobody })
    }

    /// The values of the two `WWW-Authenticate` headers, strongest first (RFC 8760, 2.4).
    #[must_use]
    pub fn challenges(&self, realm: &str, source: SocketAddr, stale: bool, now: u64) -> [String; 2] {
        let stale = if stale { ", stale=true" } else { "" };
        Algorithm::ALL.map(|algorithm| {
            let nonce = self.nonces.make(source, now);
            let (opaque, algorithm) = (&self.opaque, algorithm.as_str());
            format!(
                "Digest realm=\"{realm}\", nonce=\"{nonce}\", opaque=\"{opaque}\", algorithm={algorithm}, \
                 qop=\"auth\"{stale}"
            )
        })
    }

    /// Whether this `Authorization` carries a nonce that was made for this source within the last minute: then the
    /// source is no forged one.
    #[must_use]
    pub fn made_for(&self, authorization: &str, source: SocketAddr, now: u64) -> bool {
        DigestHeader::parse(authorization).is_some_and(|header| self.nonces.is_ours(&header.nonce, source, now))
    }

    /// Checks an answer against what is known of its user (`None` for nobody).
    ///
    /// A `nc` counts only when it is higher than every one before it with the same nonce.
    pub fn check(&self, attempt: &Attempt<'_>, header: &DigestHeader<'_>, known: Option<&Credentials>) -> Verdict {
        let Some(algorithm) = header.algorithm() else { return Verdict::Wrong };
        let expected = known.unwrap_or(&self.nobody).response(algorithm, attempt.method, header);
        let given = header.response.to_ascii_lowercase();
        let matches = bool::from(expected.as_bytes().ct_eq(given.as_bytes())) & known.is_some();
        let meant = &*header.realm == attempt.realm
            && header.opaque.as_ref().is_none_or(|opaque| **opaque == *self.opaque)
            && same_target(attempt, &header.uri);
        if !matches || !meant {
            return Verdict::Wrong;
        }
        match header.count() {
            None => Verdict::Wrong,
            Some(count) => match self.nonces.admit(&header.nonce, attempt.source, count, attempt.now) {
                Standing::Good => Verdict::Genuine,
                Standing::Old | Standing::Used | Standing::Foreign => Verdict::Stale,
            },
        }
    }
}

/// Whether the digest was made for this Request-URI: same user, host and port. Parameters do not count, since some
/// phones leave them out of the digest; a REGISTER has no user.
fn same_target(attempt: &Attempt<'_>, uri: &str) -> bool {
    if attempt.uri == uri {
        return true;
    }
    let (Some(asked), Some(signed)) = (Uri::parse(attempt.uri), Uri::parse(uri)) else { return false };
    let user = asked.decoded_user() == signed.decoded_user() || attempt.method == "REGISTER";
    let host =
        asked.host.eq_ignore_ascii_case(signed.host) && asked.port.unwrap_or(5060) == signed.port.unwrap_or(5060);
    let place = || Place::of_uri(attempt.uri).is_some_and(|asked| Place::of_uri(uri) == Some(asked));
    user && asked.scheme.eq_ignore_ascii_case(signed.scheme) && (host || place())
}

#[cfg(test)]
mod tests;
