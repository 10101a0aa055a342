//! Counting what went wrong, by whom, for a while.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many keys are remembered: about 5 MB.
const ENTRIES_MAX: usize = 50_000;

/// Counts failures by `K`; each count begins with its first failure and is forgotten a while after that.
#[derive(Debug)]
pub(crate) struct Failures<K>(Mutex<HashMap<K, Count>>);

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    since: Instant,
}

impl Count {
    fn is_old(self, remembered: Duration, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= remembered
    }
}

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Failures<K> {
    /// How many failures of `key` are remembered.
    pub(crate) fn count(&self, key: K, remembered: Duration, now: Instant) -> u32 {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(&key).filter(|count| !count.is_old(remembered, now)).map_or(0, |count| count.failures)
    }

    /// Whether another key could be remembered.
    pub(crate) fn has_room(&self, remembered: Duration, now: Instant) -> bool {
        make_room(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), remembered, now)
    }

    /// One more; how many there are of it now. Without room for another key it is not counted, and 0.
    pub(crate) fn failed(&self, key: K, remembered: Duration, now: Instant) -> u32 {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !make_room(&mut entries, remembered, now) && !entries.contains_key(&key) {
            return 0;
        }
        let count = entries.entry(key).or_insert(Count { failures: 0, since: now });
        if count.is_old(remembered, now) {
            *count = Count { failures: 0, since: now };
        }
        count.failures = count.failures.saturating_add(1);
        count.failures
    }
}

/// Forgets what is old when there is no room otherwise; whether there is some.
fn make_room<K: Eq + Hash>(entries: &mut HashMap<K, Count>, remembered: Duration, now: Instant) -> bool {
    if entries.len() >= ENTRIES_MAX {
        entries.retain(|_, count| !count.is_old(remembered, now));
    }
    entries.len() < ENTRIES_MAX
}

/// What one client has to itself: an IPv4 address, or the first half of an IPv6 one.
pub(crate) fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_bounded_and_makes_room_for_what_is_new() {
        let (failures, now, remembered) = (Failures::default(), Instant::now(), Duration::from_secs(60));
        for key in 0..ENTRIES_MAX {
            assert_eq!(failures.failed(key, remembered, now), 1);
        }
        assert_eq!(failures.failed(ENTRIES_MAX, remembered, now), 0, "there is no room");
        assert_eq!(failures.failed(7, remembered, now), 2, "who is known is counted on");
        assert!(!failures.has_room(remembered, now));
        assert_eq!(failures.failed(ENTRIES_MAX, remembered, now + remembered), 1);
        assert_eq!(failures.count(7, remembered, now + remembered), 0);
    }

    #[test]
    fn half_an_ipv6_address_is_one_client() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(address("2001:db8:1:2:3:4:5:6")), network(address("2001:db8:1:2::1")));
        assert_ne!(network(address("2001:db8:1:3::1")), network(address("2001:db8:1:2::1")));
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }
}
