//! How often somebody may get a password wrong.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::{AgentId, VdnId};

/// Wrong passwords of one address for one agent before it must wait.
const FOR_ONE_AGENT: u32 = 5;
/// Wrong passwords of one address for all agents before it must wait: a whole floor may share an address.
const FOR_ALL_AGENTS: u32 = 50;
/// How long wrong passwords are remembered, and so how long one must wait.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How many addresses and agents are remembered.
const ENTRIES_MAX: usize = 50_000;

/// Counts wrong passwords by address, and by address and agent.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<Key, Failures>>);

/// An address, and an agent if it is about one.
type Key = (IpAddr, Option<(VdnId, AgentId)>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    since: Instant,
}

impl Failures {
    fn is_old(self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= REMEMBERED
    }
}

impl Attempts {
    /// Whether a password may be tried now. An answer of `false` says nothing of the password.
    pub(crate) fn may_try(&self, source: IpAddr, agent: (VdnId, AgentId), now: Instant) -> bool {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            entries.retain(|_, failures| !failures.is_old(now));
        }
        let is_below = |key, max| entries.get(&key).is_none_or(|failures| failures.is_old(now) || failures.count < max);
        let network = network(source);
        entries.len() < ENTRIES_MAX
            && is_below((network, Some(agent)), FOR_ONE_AGENT)
            && is_below((network, None), FOR_ALL_AGENTS)
    }

    /// A password was wrong.
    pub(crate) fn failed(&self, source: IpAddr, agent: (VdnId, AgentId), now: Instant) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in [(network(source), Some(agent)), (network(source), None)] {
            let failures = entries.entry(key).or_insert(Failures { count: 0, since: now });
            if failures.is_old(now) {
                *failures = Failures { count: 0, since: now };
            }
            failures.count += 1;
        }
    }
}

/// What one client has to itself: an IPv4 address, or the first half of an IPv6 one.
fn network(source: IpAddr) -> IpAddr {
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
    fn five_wrong_passwords_for_an_agent_and_fifty_in_all() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        let agent = |id| (VdnId(170), AgentId(id));
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..5 {
            assert!(attempts.may_try(here, agent(1001), now));
            attempts.failed(here, agent(1001), now);
        }
        assert!(!attempts.may_try(here, agent(1001), now));
        assert!(attempts.may_try(here, agent(1002), now));
        assert!(attempts.may_try(there, agent(1001), now));
        for id in 2000..2045 {
            attempts.failed(here, agent(id), now);
        }
        assert!(!attempts.may_try(here, agent(1002), now));
        let later = now + REMEMBERED;
        assert!(attempts.may_try(here, agent(1001), later));
        attempts.failed(here, agent(1001), later);
        assert!(attempts.may_try(here, agent(1001), later));
    }

    #[test]
    fn half_an_ipv6_address_is_one_client() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(address("2001:db8:1:2:3:4:5:6")), network(address("2001:db8:1:2::1")));
        assert_ne!(network(address("2001:db8:1:3::1")), network(address("2001:db8:1:2::1")));
        assert_eq!(network(address("::ffff:10.0.0.1")), address("10.0.0.1"));
    }
}
