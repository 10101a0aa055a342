//! The fields that questions of this face have in common.

use super::field::{Field, Kind, Ranges};

/// Ids of call centres.
const CCS: Ranges = &[(1, 65_535)];
/// Ids of VDNs.
const VDNS_KNOWN: Ranges = &[(1, 5000)];
/// Ids of agents: those of the older documents, and those that the newer ones add.
const AGENTS_KNOWN: Ranges = &[(101, 59_999), (70_000, 999_999)];
/// Ids of queues. The documents end at 1000, 5000 or 10,000; anteroom's go on.
const QUEUES_KNOWN: Ranges = &[(1, 65_535)];
/// Any offset.
pub(super) const ANY: Ranges = &[(0, 9_007_199_254_740_991)];

pub(super) const CC: Field = Field { name: "ccId", kind: Kind::Integer(CCS), about: "The call centre's id." };
pub(super) const CC_TEXT: Field = Field { name: "ccId", kind: Kind::Digits(CCS), about: "The call centre's id." };
pub(super) const VDN: Field = Field { name: "vdn", kind: Kind::Integer(VDNS_KNOWN), about: "The VDN's id." };
pub(super) const VDN_TEXT: Field = Field { name: "vdn", kind: Kind::Digits(VDNS_KNOWN), about: "The VDN's id." };
pub(super) const VDN_IN_PATH: Field = Field { name: "vdnId", kind: Kind::Integer(VDNS_KNOWN), about: "The VDN's id." };
pub(super) const VDNS: Field = Field { name: "vdnIds", kind: Kind::Integers(VDNS_KNOWN, 100), about: "Which VDNs." };
pub(super) const AGENT: Field = Field { name: "agentId", kind: Kind::Integer(AGENTS_KNOWN), about: "Which agent." };
pub(super) const AGENTS: Field =
    Field { name: "agentIds", kind: Kind::Integers(AGENTS_KNOWN, 6000), about: "Which agents." };
pub(super) const QUEUE: Field = Field { name: "skillId", kind: Kind::Integer(QUEUES_KNOWN), about: "Which queue." };
pub(super) const QUEUES: Field =
    Field { name: "skillIds", kind: Kind::Integers(QUEUES_KNOWN, 1000), about: "Which queues." };
pub(super) const OFFSET: Field = Field { name: "offset", kind: Kind::Integer(ANY), about: "How many are left out." };
pub(super) const LIMIT_100: Field = limit(Kind::Integer(&[(1, 100)]));
pub(super) const LIMIT_1000: Field = limit(Kind::Integer(&[(1, 1000)]));
pub(super) const CALL: Field = Field {
    name: "callId",
    // Ids of a long-lived journal are longer than the twenty characters of the documents.
    kind: Kind::Text(40),
    about: "Which call, as <Unix seconds>-<number>; milliseconds do as well.",
};

const fn limit(kind: Kind) -> Field {
    Field { name: "limit", kind, about: "How many are answered at most." }
}
