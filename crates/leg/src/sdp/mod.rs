//! Session descriptions (RFC 8866) and offer/answer (RFC 3264), for one audio stream in G.711 with telephone-event.

use std::net::SocketAddr;

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
