//! The master key: what the secrets in the store are encrypted under.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hmac, rand};
use zeroize::Zeroizing;

use crate::error::KeysError;

/// The environment variable that may hold a master key, as its 64 hexadecimal digits.
pub const MASTER_KEY_VARIABLE: &str = "ANTEROOM_MASTER_KEY";

/// Bytes of a key of AES-256.
const LENGTH: usize = 32;

/// AES-256 in Galois counter mode, with a random nonce for each secret.
pub struct MasterKey {
    cipher: RandomizedNonceKey,
    fingerprint: [u8; 32],
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl MasterKey {
    /// Makes a new one and writes it to `path`, where nothing may be yet, for its owner alone (mode 0600).
    ///
    /// # Errors
    /// When something is there, it cannot be written, or there are no random bytes.
    pub fn make(path: &Path) -> Result<(), KeysError> {
        let written = |source| KeysError::File { act: "written", path: path.to_owned(), source };
        let text = Zeroizing::new(hex(&*random()?) + "\n");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(written)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(written)
    }

    /// Reads it from a file that only its owner may read.
    ///
    /// # Errors
    /// When the file cannot be read, others may read it, or it holds no key.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let read = |source| KeysError::File { act: "read", path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let about = file.metadata().map_err(read)?;
        if !about.is_file() {
            return Err(read(io::Error::other("it is not a file")));
        }
        if about.permissions().mode() & 0o077 != 0 {
            return Err(KeysError::Exposed(path.to_owned()));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(2 * LENGTH as u64 + 2).read_to_string(&mut text).map_err(read)?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads the 64 digits that stand in `place`, which messages name.
    ///
    /// # Errors
    /// When they are not 64 hexadecimal digits.
    pub fn parse(text: &str, place: &str) -> Result<Self, KeysError> {
        let bytes = unhex(text.trim()).ok_or_else(|| KeysError::NotAMasterKey(place.to_owned()))?;
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &*bytes).map_err(|_| KeysError::Cryptography)?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*bytes), b"anteroom master key, fingerprint");
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(tag.as_ref());
        Ok(Self { cipher, fingerprint })
    }

    /// Tells one master key from another, and nothing else of it.
    pub(crate) const fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Encrypts `plain`, bound to `about`: nonce, then ciphertext and tag.
    pub(crate) fn seal(&self, plain: &[u8], about: &[u8]) -> Result<Vec<u8>, KeysError> {
        let mut text = plain.to_vec();
        let nonce = self.cipher.seal_in_place_append_tag(Aad::from(about), &mut text);
        let nonce = nonce.map_err(|_| KeysError::Cryptography)?;
        Ok([&nonce.as_ref()[..], &text].concat())
    }

    /// What was sealed about the same; none when it was not, or was changed since.
    pub(crate) fn open(&self, sealed: &[u8], about: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self.cipher.open_in_place(nonce, Aad::from(about), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// 256 random bits.
pub(crate) fn random() -> Result<Zeroizing<[u8; LENGTH]>, KeysError> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    rand::fill(&mut *bytes).map_err(|_| KeysError::Cryptography)?;
    Ok(bytes)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap_or('0'))
        .collect()
}

fn unhex(text: &str) -> Option<Zeroizing<[u8; LENGTH]>> {
    if text.len() != 2 * LENGTH {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Zeroizing::new([0; LENGTH]);
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}
