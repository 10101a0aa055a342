//! Who is heard, before anything costs much: strangers a little, whom we know always.
//!
//! Known are the addresses of trunks (theirs and those we call), fixed phones, live bindings, and the other ends of live
//! dialogs. A stranger's messages are counted per address, and its requests are answered without being remembered. A
//! stranger that sends a nonce of ours back has shown that it hears what we send to its address; from then on its
//! request is treated with all honours.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use arc_swap::ArcSwap;

use crate::digest::Authenticator;
use crate::directory::Directory;
use crate::place::Place;

/// How many strangers are counted. When more come, the further ones are not heard until others have been quiet.
const STRANGERS_MAX: usize = 65_536;
/// The time over which a stranger's messages are counted, in milliseconds.
const SPAN: u64 = 2_000;

/// The keeper of the door's doormat.
#[derive(Debug)]
pub struct Admission {
    directory: Arc<ArcSwap<Directory>>,
    authenticator: Arc<Authenticator>,
    held: RwLock<HashMap<Place, u32>>,
    strangers: Mutex<HashMap<IpAddr, Allowance>>,
    per_stranger: u32,
    since: Instant,
    turned_away: AtomicU64,
}

/// What a stranger may still send: a token bucket, in thousandths of a message.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    left: u64,
    at: u64,
}

impl Admission {
    /// Knows whom the directory knows.
    #[must_use]
    pub fn new(directory: Arc<ArcSwap<Directory>>, authenticator: Arc<Authenticator>) -> Self {
        let per_stranger = directory.load().settings().limits.per_stranger;
        Self {
            directory,
            authenticator,
            held: RwLock::default(),
            strangers: Mutex::default(),
            per_stranger,
            since: Instant::now(),
            turned_away: AtomicU64::new(0),
        }
    }

    /// Milliseconds since the edge was started.
    #[must_use]
    pub fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether this place is a trunk's, a fixed phone's, or [held](Self::hold).
    #[must_use]
    pub fn knows(&self, place: Place) -> bool {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).contains_key(&place);
        held || {
            let directory = self.directory.load();
            directory.is_trunk(place.address.ip()) || directory.is_fixed(place) || directory.is_outbound(place)
        }
    }

    /// Knows this place until it is released as often as it was held.
    pub fn hold(&self, place: Place) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *held.entry(place).or_insert(0) += 1;
    }

    /// Takes back one [`Self::hold`].
    pub fn release(&self, place: Place) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&place) {
            *count -= 1;
            if *count == 0 {
                held.remove(&place);
            }
        }
    }

    /// Whether a message from this place is to be read at all.
    pub fn admits(&self, place: Place) -> bool {
        let admitted = self.knows(place) || self.allows(place.address.ip(), self.now());
        if !admitted {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
        }
        admitted
    }

    /// How many messages of strangers were not read.
    #[must_use]
    pub fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// Whether this `Authorization` carries a nonce that was sent to this source, and not long ago.
    #[must_use]
    pub fn was_challenged(&self, authorization: &str, source: SocketAddr) -> bool {
        self.authenticator.made_for(authorization, source, self.now())
    }

    fn allows(&self, address: IpAddr, now: u64) -> bool {
        let full = u64::from(self.per_stranger) * 1000;
        let refilled = |allowance: &Allowance| {
            let quiet = now.saturating_sub(allowance.at).min(SPAN);
            (allowance.left + quiet * u64::from(self.per_stranger) * 1000 / SPAN).min(full)
        };
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let network = network(address);
        if strangers.len() >= STRANGERS_MAX && !strangers.contains_key(&network) {
            strangers.retain(|_, allowance| refilled(allowance) < full);
            if strangers.len() >= STRANGERS_MAX {
                return false;
            }
        }
        let allowance = strangers.entry(network).or_insert(Allowance { left: full, at: now });
        allowance.left = refilled(allowance);
        allowance.at = now;
        let allowed = allowance.left >= 1000;
        if allowed {
            allowance.left -= 1000;
        }
        allowed
    }
}

/// Whom an address is counted with: itself, for IPv6 its /64, which is what one subscriber has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Admission, SPAN, STRANGERS_MAX};
    use crate::digest::Authenticator;
    use crate::directory::Directory;
    use crate::place::Place;
    use crate::settings::Settings;
    use arc_swap::ArcSwap;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;

    fn admission() -> Admission {
        let settings = Settings::new(Vec::new(), media::Settings::new(Ipv4Addr::LOCALHOST.into(), 20_000..=20_100));
        let directory = Arc::new(ArcSwap::from_pointee(Directory::new(settings)));
        Admission::new(directory, Arc::new(Authenticator::new().unwrap()))
    }

    #[test]
    fn a_stranger_may_send_thirty_messages_in_two_seconds() {
        let admission = admission();
        let stranger = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let heard = (0..100).filter(|_| admission.allows(stranger, 5)).count();
        assert_eq!(heard, 30);
        assert!(admission.allows(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 5), "another one is not touched");
        assert_eq!((0..100).filter(|_| admission.allows(stranger, 5 + SPAN / 2)).count(), 15);
        let neighbour = |last: u16| IpAddr::V6([0x2001, 0xdb8, 0, 0, 0, 0, 0, last].into());
        assert_eq!((0..100).filter(|last| admission.allows(neighbour(*last), 5)).count(), 30);
    }

    #[test]
    fn the_table_of_strangers_is_bounded_and_empties_itself() {
        let admission = admission();
        let stranger = |number: usize| IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap()));
        for number in 0..STRANGERS_MAX {
            assert!(admission.allows(stranger(number), 0));
        }
        assert!(!admission.allows(stranger(STRANGERS_MAX), 0));
        assert!(admission.allows(stranger(STRANGERS_MAX), SPAN));
    }

    #[test]
    fn whom_we_hold_is_always_heard() {
        let admission = admission();
        let place = Place::of_uri("sip:192.0.2.1:5071").unwrap();
        admission.hold(place);
        admission.hold(place);
        admission.release(place);
        assert!((0..100).all(|_| admission.admits(place)));
        admission.release(place);
        assert!(!admission.knows(place));
        assert_eq!((0..100).filter(|_| admission.admits(place)).count(), 30);
        assert!(admission.turned_away() >= 70);
    }
}
