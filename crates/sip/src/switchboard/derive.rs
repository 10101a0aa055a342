//! Names that derive from what is journalled, so that the same INVITE made again after a crash is the same INVITE.

use engine::{CallId, LegKey, OfferId, VdnId};
use node::JournalId;
use sha2::{Digest, Sha256};

/// What identifies an INVITE of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) call_id: Box<str>,
    pub(crate) tag: Box<str>,
    /// With the magic cookie of RFC 3261, 8.1.1.7.
    pub(crate) branch: Box<str>,
    /// 1 to 65,536: leaves the rest of the 31 bits to count in.
    pub(crate) cseq: u32,
    /// For `o=` (RFC 8866, 5.2).
    pub(crate) sdp_session: u64,
}

/// The INVITE that rings one phone of an agent for an offer. `binding` is the phone's contact; `attempt` counts from 0.
pub(crate) fn offer_leg(journal: JournalId, vdn: VdnId, offer: OfferId, binding: &str, attempt: u32) -> Names {
    let mut hash = start(b"anteroom offer leg 1", journal, vdn);
    hash.update(offer.0.to_be_bytes());
    hash.update(attempt.to_be_bytes());
    hash.update(binding.as_bytes());
    names(&hash.finalize().into())
}

/// The INVITE that takes a call outside. `hops` tells this time from another.
pub(crate) fn outside_leg(journal: JournalId, vdn: VdnId, call: CallId, hops: u8) -> Names {
    let mut hash = start(b"anteroom outside leg 1", journal, vdn);
    hash.update(call.second.to_be_bytes());
    hash.update(call.number.to_be_bytes());
    hash.update([hops]);
    names(&hash.finalize().into())
}

/// What the engine knows a caller's leg by. `source` is the trunk's name or the agent's number. Each part goes in with
/// its length, so that no two different legs are spelled alike.
pub(crate) fn leg_key(call_id: &str, from_tag: &str, source: &str) -> LegKey {
    let mut hash = Sha256::new();
    for part in [call_id, from_tag, source] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    LegKey(key)
}

/// A source of tags nobody can guess: a secret drawn at start, and a count.
#[derive(Clone)]
pub(crate) struct Chance {
    secret: [u8; 16],
    count: u64,
}

impl Chance {
    pub(crate) const fn new(secret: [u8; 16]) -> Self {
        Self { secret, count: 0 }
    }

    /// 16 bytes never given before.
    pub(crate) fn next(&mut self) -> [u8; 16] {
        self.count += 1;
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(self.count.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes
    }
}

/// The first eight bytes as a number.
pub(crate) fn number(bytes: &[u8; 16]) -> u64 {
    bytes[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn start(label: &[u8], journal: JournalId, vdn: VdnId) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(label);
    hash.update(journal.0);
    hash.update(vdn.0.to_be_bytes());
    hash
}

fn names(digest: &[u8; 32]) -> Names {
    Names {
        call_id: hex(&digest[..12]).into(),
        tag: hex(&digest[12..20]).into(),
        branch: format!("z9hG4bK{}", hex(&digest[20..28])).into(),
        cseq: 1 + u32::from(digest[28]) * 256 + u32::from(digest[29]),
        sdp_session: digest[24..32].iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Chance, leg_key, offer_leg, outside_leg};
    use engine::{CallId, OfferId, VdnId};
    use node::JournalId;

    const JOURNAL: JournalId = JournalId([7; 16]);

    #[test]
    fn an_offers_invite_is_the_same_after_a_crash_and_another_for_another_phone() {
        let names = |offer, binding, attempt| offer_leg(JOURNAL, VdnId(170), OfferId(offer), binding, attempt);
        let first = names(1, "sip:1001@192.0.2.1", 0);
        assert_eq!(first, names(1, "sip:1001@192.0.2.1", 0));
        for other in
            [names(2, "sip:1001@192.0.2.1", 0), names(1, "sip:1001@192.0.2.2", 0), names(1, "sip:1001@192.0.2.1", 1)]
        {
            assert_ne!(first.call_id, other.call_id);
            assert_ne!(first.branch, other.branch);
        }
    }

    /// Golden: another derivation would make a retransmission after an update a second call at the phone.
    #[test]
    fn the_derivation_does_not_change_by_accident() {
        let names = offer_leg(JOURNAL, VdnId(170), OfferId(5), "sip:1001@192.0.2.1", 0);
        assert_eq!(
            (&*names.call_id, &*names.tag, &*names.branch, names.cseq),
            ("71eae6156f15b94f281e99dd", "8dd531e57c263bb7", "z9hG4bKd03af63239bdf3cd", 58195)
        );
        let call = CallId { second: 1_605_492_949, number: 1447 };
        assert_eq!(&*outside_leg(JOURNAL, VdnId(170), call, 1).call_id, "f8bb2417f7418be1ba25b6d6");
    }

    #[test]
    fn leg_keys_do_not_run_together() {
        assert_eq!(leg_key("a", "b", "c"), leg_key("a", "b", "c"));
        assert_ne!(leg_key("ab", "", "c"), leg_key("a", "b", "c"));
        assert_ne!(leg_key("a", "b", "c"), leg_key("a", "b", "d"));
    }

    #[test]
    fn chance_does_not_repeat() {
        let mut chance = Chance::new([1; 16]);
        let first = chance.next();
        assert_ne!(first, chance.next());
    }
}
