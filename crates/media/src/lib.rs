//! Audio of calls over RTP (RFC 3550): one socket per leg, hold audio and ringback in G.711, a relay between two legs
//! that talk, rooms in which up to eight do, and the keys a caller presses (RFC 4733). Knows nothing of SIP, calls, queues or agents.
//!
//! [`Media`] is the handle. [`Media::open`] binds a port from the configured range, whose number goes into the SDP.
//! [`Media::set_remote`] tells what the other side's SDP said. [`Media::play`], [`Media::connect`] and [`Media::join`]
//! choose what a port hears; the latest of them counts.
//!
//! * **Strangers are not heard.** A packet counts only when it comes from exactly the address and port that
//!   [`Remote::address`] names. Nothing is learned from traffic, and nothing is sent before the remote is known.
//! * **One stream per port.** Whatever a port hears, hold audio or another leg, leaves as one RTP stream: one SSRC,
//!   sequence numbers without a jump, timestamps that follow the clock, the marker bit where the source changes.
//! * **Legs need not agree.** PCMA and PCMU are converted into each other, telephone-event numbers are mapped.
//! * **More than two share a room.** A thread mixes a room every 20 ms: each port hears the saturated sum of the others. A
//!   port that says nothing, whose remote is on hold or which hears hold audio adds nothing, and one that leaves is not
//!   noticed. 20 ms of a port's audio wait before they are mixed, more where its packets come in bursts, at most 80 ms:
//!   then the oldest is forgotten. Who is with others in a room is sent a packet every 20 ms, silent when they are, in
//!   packets of 20 ms whatever the others use. Telephone events are not mixed but passed on at once to every other port
//!   under its own number; one that begins before a port's first mixed packet may not reach it.
//! * **Callers never wait.** A method leaves one order per port for the thread that owns the port and returns. A later
//!   order for the same port replaces the earlier, so the orders are bounded by the number of ports.
//! * **No RTCP.** The odd port above each RTP port is neither bound nor announced; reports sent there get no answer.
//!
//! Sizes: a port costs a kernel socket and less than 1 KiB of our memory, and less than 2 KiB more while it is in a room
//! (tests hold it to that).

mod board;
mod clock;
mod error;
mod file;
mod hold;
mod jitter;
mod keys;
mod law;
mod line;
mod media;
mod orders;
mod outlet;
mod packet;
mod ports;
mod room;
mod settings;
mod sounds;
mod stream;
mod tally;
mod tone;
mod worker;

pub use error::{AudioError, MediaError};
pub use media::{Media, MediaEvent, Port, PortId};
pub use settings::{Audio, Codec, Remote, Ring, Ringback, Settings};
pub use tally::{DropCause, Stats};
