//! Ids are types, so that an agent's number can never be taken for a queue's.

use core::fmt;
use core::str::FromStr;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One tenant of a call centre, 1 to 5000.
    VdnId(u16)
);
id!(
    /// A queue of the VDN, 1 to 65535.
    QueueId(u16)
);
id!(
    /// An agent of the VDN, also the number a colleague dials: 101 to 59999 or 70000 to 999999.
    AgentId(u32)
);
id!(
    /// One offer, counted from 1 within the VDN and never used again.
    OfferId(u64)
);

/// A call's id for life, written `<Unix seconds>-<number>`, unique in the call centre though every VDN counts alone.
///
/// The number is `n × 5001 + vdn`, where `n` counts within the VDN and is never used again within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId {
    /// The second of the call's arrival, since 1970.
    pub second: i64,
    /// `n × 5001 + vdn`.
    pub number: u64,
}

impl CallId {
    /// One more than the highest VDN: the step from one call number of a VDN to the next.
    pub const NUMBER_STEP: u64 = 5001;

    /// The `n`-th call of `vdn`, arriving in `second`.
    #[must_use]
    pub fn new(second: i64, n: u64, vdn: VdnId) -> Self {
        Self { second, number: n * Self::NUMBER_STEP + u64::from(vdn.0) }
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.second, self.number)
    }
}

/// The text is not a call id of the form `<Unix seconds>-<number>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACallId;

impl fmt::Display for NotACallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call id looks like 1605492949-1447")
    }
}

impl core::error::Error for NotACallId {}

impl FromStr for CallId {
    type Err = NotACallId;

    fn from_str(text: &str) -> Result<Self, NotACallId> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (second, number) = text.split_once('-').ok_or(NotACallId)?;
        if !digits(second) || !digits(number) {
            return Err(NotACallId);
        }
        Ok(Self { second: second.parse().map_err(|_| NotACallId)?, number: number.parse().map_err(|_| NotACallId)? })
    }
}

/// What the edge knows a caller's leg by: 16 bytes it derives from the leg's dialog, so that an `Arrive` that is sent
/// again is recognised as the same call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegKey(pub [u8; 16]);
