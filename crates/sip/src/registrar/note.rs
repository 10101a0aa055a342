//! Bindings in the journal: `sip/binding/<agent>/<id>`, a byte of version, then the value in postcard.
//!
//! A version that was ever written is read for ever; its bytes stand in the test.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use engine::AgentId;
use serde::{Deserialize, Serialize};

use super::table::{Bound, Id};
use crate::digest::hex;
use crate::place::Flow;
use crate::settings::Transport;

/// What all keys begin with.
pub(super) const PREFIX: &str = "sip/binding/";

const VERSION: u8 = 1;

/// Version 1. The times are not kept: after a restart each binding gets one whole interval.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedV1 {
    id: Id,
    contact: String,
    instance: Option<String>,
    is_tcp: bool,
    local: SocketAddr,
    remote: SocketAddr,
    call_id: String,
    cseq: u32,
    granted_seconds: u32,
}

/// The key of a binding's note.
pub(super) fn key(agent: AgentId, id: Id) -> String {
    format!("{PREFIX}{agent}/{}", hex(&id))
}

/// Whose binding a key is of.
pub(super) fn agent_of(key: &str) -> Option<AgentId> {
    let (agent, _) = key.strip_prefix(PREFIX)?.split_once('/')?;
    agent.parse().ok().map(AgentId)
}

pub(super) fn write(bound: &Bound) -> Vec<u8> {
    let saved = SavedV1 {
        id: bound.id,
        contact: bound.contact.to_string(),
        instance: bound.instance.as_deref().map(str::to_owned),
        is_tcp: bound.flow.transport == Transport::Tcp,
        local: bound.flow.local,
        remote: bound.flow.remote,
        call_id: bound.call_id.to_string(),
        cseq: bound.cseq,
        granted_seconds: bound.granted,
    };
    let bytes = postcard::to_extend(&saved, vec![VERSION]);
    bytes.expect("plain values of known size can always be written to memory")
}

/// `None` for damage, and for versions of a newer server.
pub(super) fn read(value: &[u8]) -> Option<SavedV1> {
    let (version, rest) = value.split_first()?;
    if *version != VERSION {
        return None;
    }
    let (saved, rest) = postcard::take_from_bytes(rest).ok()?;
    rest.is_empty().then_some(saved)
}

impl SavedV1 {
    pub(super) fn bound(self, now: Instant) -> Bound {
        let transport = if self.is_tcp { Transport::Tcp } else { Transport::Udp };
        Bound {
            id: self.id,
            contact: self.contact.into(),
            instance: self.instance.map(String::into_boxed_str),
            flow: Flow { transport, local: self.local, remote: self.remote, connection: 0 },
            call_id: self.call_id.into(),
            cseq: self.cseq,
            granted: self.granted_seconds,
            until: now + Duration::from_secs(u64::from(self.granted_seconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{agent_of, key, read, write};
    use crate::digest::hex;
    use crate::place::Flow;
    use crate::registrar::table::Bound;
    use crate::settings::Transport;
    use engine::AgentId;
    use std::time::{Duration, Instant};

    fn bound(now: Instant) -> Bound {
        let (local, remote) = ("127.0.0.1:5060".parse().unwrap(), "[2001:db8::7]:5071".parse().unwrap());
        Bound {
            id: [1, 2, 3, 4, 5, 6, 7, 8],
            contact: "sip:1001@127.0.0.1:5071".into(),
            instance: Some("<urn:uuid:0>".into()),
            flow: Flow { transport: Transport::Tcp, local, remote, connection: 0 },
            call_id: "c1".into(),
            cseq: 7,
            granted: 300,
            until: now + Duration::from_secs(300),
        }
    }

    /// The bytes of version 1. They may never change.
    const V1: &str = "010102030405060708177369703a31303031403132372e302e302e313a35303731010c3c75726e3a757569643a303e01\
                      007f000001c4270120010db8000000000000000000000007cf2702633107ac02";

    #[test]
    fn version_1_is_written_and_read_for_ever() {
        let now = Instant::now();
        assert_eq!(hex(&write(&bound(now))), V1);
        assert_eq!(read(&write(&bound(now))).unwrap().bound(now), bound(now));
    }

    #[test]
    fn damage_and_newer_versions_are_not_read() {
        let good = write(&bound(Instant::now()));
        for cut in 0..good.len() {
            assert_eq!(read(&good[..cut]), None, "{cut}");
        }
        let mut newer = good.clone();
        newer[0] = 2;
        assert_eq!(read(&newer), None);
        let mut longer = good;
        longer.push(0);
        assert_eq!(read(&longer), None);
    }

    #[test]
    fn a_key_names_its_agent() {
        assert_eq!(key(AgentId(1001), [0xab; 8]), "sip/binding/1001/abababababababab");
        assert_eq!(agent_of("sip/binding/1001/ab"), Some(AgentId(1001)));
        assert_eq!(agent_of("sip/leg/1001/ab"), None);
    }
}
