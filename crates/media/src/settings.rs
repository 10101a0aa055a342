//! What the owner of this crate tells it: once at start, and per port.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// What [`crate::Media::start`] needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The local address every RTP socket is bound to. It may be unspecified (`0.0.0.0`); what is announced in SDP is
    /// the caller's business.
    pub address: IpAddr,
    /// The range ports are taken from. Only its even numbers are used (RFC 3550, section 11).
    pub ports: RangeInclusive<u16>,
    /// How many threads share the ports, 1 to 64.
    pub threads: usize,
    /// What a port hears under [`Audio::Hold`]: a WAV file (8 kHz, mono, 16-bit PCM, A-law or mu-law), or raw G.711
    /// named `.alaw` or `.ulaw`; 20 ms to 10 minutes, looped. `None` is the synthesised default.
    pub hold_audio: Option<PathBuf>,
    /// What a port hears under [`Audio::Ringback`].
    pub ringback: Ringback,
}

impl Settings {
    /// One thread, synthesised hold audio and the default ringback.
    pub fn new(address: IpAddr, ports: RangeInclusive<u16>) -> Self {
        Self { address, ports, threads: 1, hold_audio: None, ringback: Ringback::default() }
    }
}

/// The ringing tone: tones that sound together, switched on and off by a cadence that repeats (ITU-T E.180).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ringback {
    /// One to four frequencies in Hz, each 1 to 3999.
    pub frequencies: Vec<u16>,
    /// One to eight rings; together at most 30 s.
    pub cadence: Vec<Ring>,
}

/// One ring of a cadence: first sound, then silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ring {
    /// How long the tone sounds.
    pub on: Duration,
    /// How long it is silent afterwards.
    pub off: Duration,
}

impl Default for Ringback {
    /// 425 Hz, 1 s on, 4 s off, as in most of Europe (ITU-T E.180, supplement 2).
    fn default() -> Self {
        Self { frequencies: vec![425], cadence: vec![Ring { on: Duration::from_secs(1), off: Duration::from_secs(4) }] }
    }
}

/// A voice codec: 8 kHz, one byte per sample (ITU-T G.711).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// A-law, static payload type 8 (RFC 3551).
    Pcma,
    /// Mu-law, static payload type 0 (RFC 3551).
    Pcmu,
}

impl Codec {
    /// The static payload type of RFC 3551.
    pub fn static_payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }
}

/// The other side of a port, as its SDP describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remote {
    /// Where packets go, and the only place they are accepted from.
    pub address: SocketAddr,
    /// What we send.
    pub codec: Codec,
    /// The payload type of `codec` in both directions, 0 to 127. The static numbers of PCMA and PCMU are understood
    /// from the other side whatever stands here, because it may use any codec both sides named.
    pub payload_type: u8,
    /// The payload type of `telephone-event/8000` in both directions, 0 to 127; `None` where the other side has none.
    pub telephone_event: Option<u8>,
    /// Whether we send to the other side (its SDP says `sendrecv` or `recvonly`).
    pub send: bool,
    /// Whether we accept packets from it (its SDP says `sendrecv` or `sendonly`).
    pub receive: bool,
}

/// What a port hears while it is not connected to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audio {
    /// Nothing: no packets are sent. What a port starts with.
    Silence,
    /// The hold audio. It goes on where this port last heard it.
    Hold,
    /// The ringing tone, from its beginning.
    Ringback,
}
