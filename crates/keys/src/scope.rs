//! What an access key is for.

use std::fmt;

use api::cms::{Group, Groups};
use engine::VdnId;

use crate::error::KeysError;

/// What an access key may ask, about whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// About which VDNs.
    pub vdns: Vdns,
    /// By which interfaces.
    pub groups: Groups,
}

/// Which VDNs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vdns {
    /// All that there are, and will be.
    All,
    /// These.
    Of(Vec<VdnId>),
}

/// How everything is written, in the store and for people.
const ALL: &str = "all";

impl Scope {
    /// Whether anything could be asked at all.
    pub(crate) fn check(&self) -> Result<(), KeysError> {
        if self.vdns == Vdns::Of(Vec::new()) {
            return Err(KeysError::EmptyScope("VDN"));
        }
        if self.groups.iter().next().is_none() {
            return Err(KeysError::EmptyScope("interface group"));
        }
        Ok(())
    }

    /// The groups in words.
    #[must_use]
    pub fn groups_text(&self) -> String {
        if self.groups == Groups::ALL {
            return ALL.to_owned();
        }
        self.groups.iter().map(Group::name).collect::<Vec<_>>().join(",")
    }

    /// What is written in the store; none when it is not ours.
    pub(crate) fn read(vdns: &str, groups: &str) -> Option<Self> {
        let ids = || vdns.split(',').map(|id| id.parse().ok().map(VdnId)).collect::<Option<Vec<_>>>();
        let names = || groups.split(',').map(|name| name.parse().ok()).collect::<Option<Groups>>();
        Some(Self {
            vdns: if vdns == ALL { Vdns::All } else { Vdns::Of(ids()?) },
            groups: if groups == ALL { Groups::ALL } else { names()? },
        })
    }
}

impl fmt::Display for Vdns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str(ALL),
            Self::Of(ids) => f.write_str(&ids.iter().map(VdnId::to_string).collect::<Vec<_>>().join(",")),
        }
    }
}
