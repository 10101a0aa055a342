//! How often somebody may get a password wrong.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use engine::{AgentId, VdnId};

use crate::failures::{Failures, network};

/// Wrong passwords of one address for one agent before it must wait.
const FOR_ONE_AGENT: u32 = 5;
/// Wrong passwords of one address for all agents before it must wait: a whole floor may share an address.
const FOR_ALL_AGENTS: u32 = 50;
/// How long wrong passwords are remembered, and so how long one must wait.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Counts wrong passwords by address, and by address and agent.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Failures<Key>);

/// An address, and an agent if it is about one.
type Key = (IpAddr, Option<(VdnId, AgentId)>);

impl Attempts {
    /// Whether a password may be tried now. An answer of `false` says nothing of the password. When there is no room to
    /// remember another address, nobody may: passwords are short enough to be guessed.
    pub(crate) fn may_try(&self, source: IpAddr, agent: (VdnId, AgentId), now: Instant) -> bool {
        let count = |key| self.0.count(key, REMEMBERED, now);
        self.0.has_room(REMEMBERED, now)
            && count((network(source), Some(agent))) < FOR_ONE_AGENT
            && count((network(source), None)) < FOR_ALL_AGENTS
    }

    /// A password was wrong.
    pub(crate) fn failed(&self, source: IpAddr, agent: (VdnId, AgentId), now: Instant) {
        for key in [(network(source), Some(agent)), (network(source), None)] {
            self.0.failed(key, REMEMBERED, now);
        }
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
}
