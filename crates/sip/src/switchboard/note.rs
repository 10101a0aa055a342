//! Legs in the journal: `sip/leg/<key>`, a byte of version, then the value in postcard. Enough to take up a dialog in
//! another process: by a re-INVITE, which also settles anew where audio goes.
//!
//! A version that was ever written is read for ever; its bytes stand in the test.

use std::net::SocketAddr;
use std::sync::Arc;

use engine::{CallId, LegKey};
use leg::Memory;
use node::{Node, Note};
use serde::{Deserialize, Serialize};

use super::derive::hex;
use crate::place::{Destination, Flow};
use crate::settings::Transport;

/// What all keys begin with.
const PREFIX: &str = "sip/leg/";

const VERSION: u8 = 1;

/// Whose leg it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum SideV1 {
    /// The caller's: its call is the one with this key.
    Caller([u8; 16]),
    /// The agent's or the outside number's who serves the call of this second and number.
    Other(i64, u64),
}

impl SideV1 {
    pub(super) const fn other(call: CallId) -> Self {
        Self::Other(call.second, call.number)
    }
}

/// Version 1.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedV1<'a> {
    pub(super) side: SideV1,
    is_tcp: bool,
    /// Our end of the flow; none where requests go to an address by any listener.
    local: Option<SocketAddr>,
    remote: SocketAddr,
    trunk: Option<&'a str>,
    call_id: &'a str,
    local_tag: &'a str,
    remote_tag: &'a str,
    local_address: &'a str,
    remote_address: &'a str,
    contact: &'a str,
    target: &'a str,
    #[serde(borrow)]
    routes: Vec<&'a str>,
    cseq: u32,
    remote_cseq: Option<u32>,
    sdp_session: u64,
    sdp_version: u64,
    interval_seconds: u32,
    we_refresh: Option<bool>,
    /// Where we receive its audio.
    media: SocketAddr,
}

/// The key of the caller's leg.
pub(super) fn caller_key(key: LegKey) -> Arc<str> {
    format!("{PREFIX}{}", hex(&key.0)).into()
}

/// The key of another leg, by its tag, which is ours.
pub(super) fn other_key(tag: &str) -> Arc<str> {
    format!("{PREFIX}{tag}").into()
}

/// What makes a node forget every leg that its journal remembers: for a start that takes up none of them, to be
/// submitted with the command that ends their calls.
#[must_use]
pub fn forget_legs(node: &Node) -> Vec<Note> {
    node.notes(PREFIX).into_iter().map(|(key, _)| Note { key, value: None }).collect()
}

/// The note of a leg.
pub(super) fn note(
    key: Arc<str>,
    side: SideV1,
    memory: &Memory<'_>,
    to: &Destination,
    trunk: Option<&str>,
    media: SocketAddr,
) -> Note {
    let saved = SavedV1 {
        side,
        is_tcp: to.place().transport == Transport::Tcp,
        local: match to {
            Destination::Flow(Flow { local, .. }) => Some(*local),
            Destination::Place(_) => None,
        },
        remote: to.place().address,
        trunk,
        call_id: memory.call_id,
        local_tag: memory.local_tag,
        remote_tag: memory.remote_tag,
        local_address: memory.local,
        remote_address: memory.remote,
        contact: memory.contact,
        target: memory.target,
        routes: memory.routes.iter().map(|route| &**route).collect(),
        cseq: memory.cseq,
        remote_cseq: memory.remote_cseq,
        sdp_session: memory.sdp_session,
        sdp_version: memory.sdp_version,
        interval_seconds: memory.interval_seconds,
        we_refresh: memory.we_refresh,
        media,
    };
    let bytes = postcard::to_extend(&saved, vec![VERSION]);
    let bytes = bytes.expect("plain values of known size can always be written to memory");
    Note { key, value: Some(bytes.into()) }
}

/// `None` for damage, and for versions of a newer server.
#[cfg(test)]
fn read(value: &[u8]) -> Option<SavedV1<'_>> {
    let (version, rest) = value.split_first()?;
    if *version != VERSION {
        return None;
    }
    let (saved, rest) = postcard::take_from_bytes(rest).ok()?;
    rest.is_empty().then_some(saved)
}

#[cfg(test)]
mod tests {
    use super::{SideV1, caller_key, forget_legs, note, other_key, read};
    use crate::place::{Destination, Flow};
    use crate::settings::Transport;
    use crate::switchboard::derive::hex;
    use engine::{LegKey, VdnId};
    use leg::Memory;
    use node::{Journal, Node, NodeOptions, Note, Submission};

    #[tokio::test]
    async fn all_legs_are_forgotten_and_nothing_else() {
        let (node, _) = Node::start(&Journal::memory(), VdnId(170), NodeOptions::default()).unwrap();
        let keys = [caller_key(LegKey([7; 16])), other_key("t1"), "sip/binding/1001/ab".into(), "sip/lega".into()];
        let notes = keys.iter().map(|key| Note { key: key.clone(), value: Some([1].into()) }).collect();
        let receipt = node.submit(Submission::notes(notes)).await.unwrap();
        assert!(node.reached(receipt.position).await);
        let receipt = node.submit(Submission::notes(forget_legs(&node))).await.unwrap();
        assert!(node.reached(receipt.position).await);
        let left: Vec<_> = node.notes("").into_iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(left, ["sip/binding/1001/ab", "sip/lega"]);
    }

    fn written() -> Vec<u8> {
        let routes = ["<sip:192.0.2.1;lr>".into()];
        let memory = Memory {
            call_id: "c1",
            local_tag: "t1",
            remote_tag: "t2",
            local: "<sip:8001@a>",
            remote: "<sip:1@b>",
            contact: "<sip:a>",
            target: "sip:1@192.0.2.9",
            routes: &routes,
            cseq: 101,
            remote_cseq: Some(7),
            sdp_session: 4711,
            sdp_version: 101,
            interval_seconds: 1800,
            we_refresh: Some(true),
        };
        let flow = Flow {
            transport: Transport::Udp,
            local: "127.0.0.1:5060".parse().unwrap(),
            remote: "192.0.2.9:5060".parse().unwrap(),
            connection: 0,
        };
        let media = "127.0.0.1:20000".parse().unwrap();
        let key = LegKey([0xab; 16]);
        let note =
            note(caller_key(key), SideV1::Caller(key.0), &memory, &Destination::Flow(flow), Some("carrier"), media);
        assert_eq!(&*note.key, "sip/leg/abababababababababababababababab");
        note.value.unwrap().to_vec()
    }

    /// The bytes of version 1. They may never change.
    const V1: &str = "0100abababababababababababababababab0001007f000001c42700c0000209c4270107636172726965720263310274\
                      310274320c3c7369703a3830303140613e093c7369703a3140623e073c7369703a613e0f7369703a31403139322e302e\
                      322e3901123c7369703a3139322e302e322e313b6c723e650107e72465880e0101007f000001a09c01";

    #[test]
    fn version_1_is_written_and_read_for_ever() {
        let bytes = written();
        assert_eq!(hex(&bytes), V1);
        let saved = read(&bytes).unwrap();
        assert_eq!(saved.side, SideV1::Caller([0xab; 16]));
        assert_eq!((saved.call_id, saved.local_tag, saved.remote_tag), ("c1", "t1", "t2"));
        assert_eq!((saved.cseq, saved.remote_cseq, saved.sdp_version), (101, Some(7), 101));
        assert_eq!(saved.routes, ["<sip:192.0.2.1;lr>"]);
    }

    #[test]
    fn damage_and_newer_versions_are_not_read() {
        let good = written();
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
}
