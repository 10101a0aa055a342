//! The signature `auth-v2`, as clients of CC-CMS make it and our public face checks it (`spec/c2-authentication.md`).
//!
//! ```text
//! Authorization: auth-v2/{AK}/{timestamp}/{signed headers}/{signature}
//! ```
//!
//! The first four fields, the *prefix*, make a key of the client's secret; that key signs the *canonical request*, which
//! holds the whole body, percent-encoded. [`sign`] is what a client does, [`Verifier`] what the face does; both build
//! the canonical request with the same code.

mod canonical;
mod clients;
mod rate;
mod replay;
mod sign;
mod timestamp;
#[cfg(test)]
mod vectors;
mod verify;

pub use canonical::{EmptyQuery, canonical_request};
pub use sign::{CannotSign, Signed, ToSign, sign};
pub use timestamp::{SignatureTime, TimestampError};
pub use verify::{Cause, Denied, Received, Verified, Verifier};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The first field of the header: the only scheme we speak.
pub const SCHEME: &str = "auth-v2";

/// HMAC-SHA256, keyed.
type Keyed = Hmac<Sha256>;

/// HMAC-SHA256 with `key`, which may have any length.
fn keyed(key: &[u8]) -> Keyed {
    Keyed::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Lower-case hexadecimal digits of a 32-byte tag: 64 of them.
fn hex(tag: [u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (byte, digits) in tag.iter().zip(text.chunks_exact_mut(2)) {
        digits[0] = DIGITS[usize::from(byte >> 4)];
        digits[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

/// The key that signs the canonical request: the hexadecimal *text* of the prefix's tag under the client's secret.
fn signing_key(secret: &Keyed, prefix: &[u8]) -> [u8; 64] {
    hex(secret.clone().chain_update(prefix).finalize().into_bytes().into())
}

/// The signature of a canonical request.
fn signature(signing_key: &[u8; 64], canonical: &[u8]) -> [u8; 64] {
    hex(keyed(signing_key).chain_update(canonical).finalize().into_bytes().into())
}
