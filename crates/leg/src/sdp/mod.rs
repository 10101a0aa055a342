//! Session descriptions (RFC 8866) and offer/answer (RFC 3264), for one audio stream in G.711 with telephone-event.

mod negotiation;
mod ours;
mod read;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

pub(crate) use negotiation::Negotiation;
pub(crate) use ours::Ours;
pub(crate) use read::{Description, Unusable};

/// The content type of session descriptions.
pub(crate) const SDP: &str = "application/sdp";

/// How audio is coded: G.711 at 8 kHz, 20 ms per packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// A-law, static payload type 8.
    Pcma,
    /// µ-law, static payload type 0.
    Pcmu,
}

/// Which way audio goes, as seen by the side that says it (RFC 3264, 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// Only from the side that says it: it puts the other on hold.
    SendOnly,
    /// Only to the side that says it.
    RecvOnly,
    /// Not at all.
    Inactive,
}

/// What both sides agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Where the other side receives RTP; `None` when it named no address (`0.0.0.0`, the hold of RFC 2543).
    pub remote: Option<SocketAddr>,
    /// The codec, both ways.
    pub codec: Codec,
    /// The payload type of the codec in packets that we send.
    pub payload_type: u8,
    /// The payload type of telephone-event (RFC 4733) in packets that we send; `None` when the other side has none.
    pub telephone_event: Option<u8>,
    /// The payload type of telephone-event in packets that we receive.
    pub telephone_event_in: Option<u8>,
    /// Which way audio goes, seen from us: `RecvOnly` when the other side holds the call.
    pub direction: Direction,
}

impl Direction {
    /// The same seen from the other side.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            both => both,
        }
    }

    /// Whether the side that says it sends.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the side that says it receives.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

impl Direction {
    /// The attribute's name (RFC 8866, 6.7).
    const fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// What is left of this where the other says what may be.
    const fn within(self, other: Self) -> Self {
        match (self.sends() && other.sends(), self.receives() && other.receives()) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }
}

impl Codec {
    /// The payload type of RFC 3551, 6.
    #[must_use]
    pub const fn static_payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    /// The encoding name of RFC 3551, 6.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }
}

/// A media line that is not our audio stream: all that is needed to reject it in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    media: Box<str>,
    proto: Box<str>,
    format: Box<str>,
}
