//! Nonces that need not be remembered, and the counts of those in use.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::hex;

/// For how long a nonce may be used, in milliseconds.
const LIFE: u64 = 60_000;
/// How many nonces in use are counted. Only right answers come to be counted, so only agents can fill this.
const IN_USE_MAX: usize = 100_000;

/// What is to be thought of a nonce that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Ours, this source's, young, and its count was never seen.
    Good,
    /// Older than a minute.
    Old,
    /// The count was seen before, or one above it.
    Used,
    /// Made for another source, by another process, or by nobody.
    Foreign,
}

/// Time and number of the nonce: 12 bytes in front of 16 of MAC.
type Stamp = [u8; 12];

pub(super) struct Nonces {
    mac: Hmac<Sha256>,
    made: AtomicU32,
    in_use: Mutex<HashMap<Stamp, u32>>,
}

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nonces").finish_non_exhaustive()
    }
}

impl Nonces {
    pub(super) fn new(key: &[u8]) -> Self {
        let mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        Self { mac, made: AtomicU32::new(0), in_use: Mutex::default() }
    }

    /// A nonce for this source. No two are alike.
    pub(super) fn make(&self, source: SocketAddr, now: u64) -> String {
        let mut stamp = [0; 12];
        stamp[..8].copy_from_slice(&now.to_be_bytes());
        stamp[8..].copy_from_slice(&self.made.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        hex(&stamp) + &hex(&self.seal(&stamp, source))
    }

    /// Whether it was made for this source and may still be used.
    pub(super) fn is_ours(&self, nonce: &str, source: SocketAddr, now: u64) -> bool {
        self.open(nonce, source).is_some_and(|stamp| made(&stamp) <= now && now - made(&stamp) <= LIFE)
    }

    /// Judges a nonce, and takes note of its count when it is good.
    pub(super) fn admit(&self, nonce: &str, source: SocketAddr, count: u32, now: u64) -> Standing {
        let Some(stamp) = self.open(nonce, source) else { return Standing::Foreign };
        let made = made(&stamp);
        if made > now || now - made > LIFE {
            return Standing::Old;
        }
        let mut in_use = self.in_use.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = in_use.get_mut(&stamp) {
            if count <= *seen {
                return Standing::Used;
            }
            *seen = count;
            return Standing::Good;
        }
        if in_use.len() >= IN_USE_MAX {
            in_use.retain(|stamp, _| now.saturating_sub(self::made(stamp)) <= LIFE);
        }
        if in_use.len() >= IN_USE_MAX {
            return Standing::Used;
        }
        in_use.insert(stamp, count);
        Standing::Good
    }

    fn open(&self, nonce: &str, source: SocketAddr) -> Option<Stamp> {
        let bytes = nonce.as_bytes();
        if bytes.len() != 56 {
            return None;
        }
        let mut raw = [0; 28];
        for (byte, pair) in raw.iter_mut().zip(bytes.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
            *byte = u8::try_from(high? * 16 + low?).ok()?;
        }
        let stamp: Stamp = raw[..12].try_into().ok()?;
        bool::from(self.seal(&stamp, source)[..].ct_eq(&raw[12..])).then_some(stamp)
    }

    fn seal(&self, stamp: &Stamp, source: SocketAddr) -> [u8; 16] {
        let mut mac = self.mac.clone();
        mac.update(stamp);
        match source.ip().to_canonical() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac.update(&source.port().to_be_bytes());
        let whole = mac.finalize().into_bytes();
        let mut half = [0; 16];
        half.copy_from_slice(&whole[..16]);
        half
    }
}

fn made(stamp: &Stamp) -> u64 {
    let mut millis = [0; 8];
    millis.copy_from_slice(&stamp[..8]);
    u64::from_be_bytes(millis)
}

#[cfg(test)]
mod tests {
    use super::{LIFE, Nonces, Standing};
    use std::net::SocketAddr;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn a_nonce_is_good_for_its_source_for_a_minute() {
        let nonces = Nonces::new(&[7; 32]);
        let nonce = nonces.make(at(1), 1000);
        assert_ne!(nonce, nonces.make(at(1), 1000));
        assert_eq!(nonces.admit(&nonce, at(1), 1, 1000 + LIFE), Standing::Good);
        assert_eq!(nonces.admit(&nonce, at(1), 2, 1001 + LIFE), Standing::Old);
        assert_eq!(nonces.admit(&nonce, at(2), 2, 1000), Standing::Foreign);
        assert_eq!(nonces.admit(&nonce, at(1), 2, 999), Standing::Old);
        assert_eq!(Nonces::new(&[8; 32]).admit(&nonce, at(1), 1, 1000), Standing::Foreign);
        for damaged in ["", "é", &nonce[1..], &nonce.replace('0', "1"), &"g".repeat(56)] {
            assert_eq!(nonces.admit(damaged, at(1), 3, 1000), Standing::Foreign);
        }
    }

    #[test]
    fn counts_only_rise() {
        let nonces = Nonces::new(&[7; 32]);
        let nonce = nonces.make(at(1), 0);
        let standings = [1, 2, 2, 1, 9, 10, 255, 256, 255].map(|count| nonces.admit(&nonce, at(1), count, 0));
        let good = standings.map(|standing| standing == Standing::Good);
        assert_eq!(good, [true, true, false, false, true, true, true, true, false]);
    }
}
