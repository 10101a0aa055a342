//! The numbers of an outgoing RTP stream: one SSRC, gapless sequence numbers and timestamps that follow the clock,
//! whatever the stream's source is at the moment. Pure: no sockets, no time of its own.

use crate::packet::{Header, Incoming};

/// A jump ahead by more than this is not loss but a sender that started anew (RFC 3550, appendix A.1).
const DROPOUT_MAX: u16 = 3000;
/// How late a packet may be, in packets, and still be passed on (RFC 3550, appendix A.1).
const MISORDER_MAX: u16 = 100;

/// An outgoing stream. Clocks are in samples, 8000 a second, from any origin.
#[derive(Debug)]
pub(crate) struct Stream {
    ssrc: u32,
    /// The next new sequence number.
    sequence: u16,
    /// The newest timestamp sent, the clock at that time, and how many samples that packet carried.
    timestamp: u32,
    clock: u64,
    samples: u32,
    /// The next audio packet is the first from its source.
    marker: bool,
    relay: Option<Relay>,
}

/// How the numbers of a sender become those of our stream.
#[derive(Debug)]
struct Relay {
    ssrc: u32,
    /// The sender's newest sequence number.
    highest: u16,
    /// How far back from `highest` our numbers are still the sender's; older ones were ours before.
    back: u16,
    sequence_offset: u16,
    timestamp_offset: u32,
    /// Where the sender goes on if the last strange number was a new start.
    restart: Option<u16>,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Ahead,
    Behind,
    Late,
    Restarted,
}

/// A packet came too late, or twice, and has no place in the stream any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Late;

impl Stream {
    /// A stream with numbers left to chance, as RFC 3550 asks.
    pub(crate) fn new(clock: u64) -> Result<Self, getrandom::Error> {
        let (ssrc, timestamp) = (getrandom::u32()?, getrandom::u32()?);
        let sequence = (getrandom::u32()? & 0xffff) as u16;
        Ok(Self { ssrc, sequence, timestamp, clock, samples: 0, marker: true, relay: None })
    }

    /// From here on another source feeds the stream, or the same one after a pause.
    pub(crate) fn switch(&mut self) {
        self.marker = true;
        self.relay = None;
    }

    /// The header of a packet of our own that carries `samples` samples.
    pub(crate) fn own(&mut self, clock: u64, samples: u32, payload_type: u8) -> Header {
        self.timestamp = self.next_timestamp(clock);
        self.clock = clock;
        self.samples = samples;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let marker = std::mem::take(&mut self.marker);
        Header { marker, payload_type, sequence, timestamp: self.timestamp, ssrc: self.ssrc }
    }

    /// The header under which another sender's audio of `samples` samples leaves.
    pub(crate) fn audio(&mut self, packet: &Incoming, clock: u64, payload_type: u8) -> Result<Header, Late> {
        let (sequence, timestamp) = self.place(packet, clock)?;
        let samples = u32::try_from(packet.payload.len()).unwrap_or(0);
        self.advance(timestamp, clock, samples);
        let marker = std::mem::take(&mut self.marker) || packet.marker;
        Ok(Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc })
    }

    /// The header under which another sender's telephone event leaves. Its marker starts an event and stays its own.
    pub(crate) fn event(&mut self, packet: &Incoming, clock: u64, payload_type: u8) -> Result<Header, Late> {
        let (sequence, timestamp) = self.place(packet, clock)?;
        self.advance(timestamp, clock, 0);
        Ok(Header { marker: packet.marker, payload_type, sequence, timestamp, ssrc: self.ssrc })
    }

    /// A packet of the sender is left out on purpose: what follows closes up, so that it does not look like loss.
    pub(crate) fn leave_out(&mut self, packet: &Incoming) {
        let Some(relay) = self.relay.as_mut().filter(|relay| relay.ssrc == packet.ssrc) else { return };
        if relay.place(packet.sequence) == Place::Ahead {
            relay.sequence_offset = relay.sequence_offset.wrapping_sub(1);
            relay.back = 0;
        }
    }

    fn next_timestamp(&self, clock: u64) -> u32 {
        // Truncated on purpose: timestamps wrap, and so does the time that passed.
        let passed = clock.saturating_sub(self.clock) as u32;
        self.timestamp.wrapping_add(passed.max(self.samples))
    }

    fn advance(&mut self, timestamp: u32, clock: u64, samples: u32) {
        if is_newer(timestamp, self.timestamp) {
            self.timestamp = timestamp;
            self.clock = clock;
            self.samples = samples;
        }
    }

    /// Our sequence number and timestamp for a packet of the sender.
    fn place(&mut self, packet: &Incoming, clock: u64) -> Result<(u16, u32), Late> {
        let place = match self.relay.as_mut().filter(|relay| relay.ssrc == packet.ssrc) {
            Some(relay) => relay.place(packet.sequence),
            None => Place::Restarted,
        };
        match place {
            Place::Late => return Err(Late),
            Place::Restarted => self.follow(packet, clock),
            Place::Ahead | Place::Behind => {}
        }
        let relay = self.relay.as_ref().ok_or(Late)?;
        let sequence = packet.sequence.wrapping_add(relay.sequence_offset);
        if place != Place::Behind {
            self.sequence = sequence.wrapping_add(1);
        }
        Ok((sequence, packet.timestamp.wrapping_add(relay.timestamp_offset)))
    }

    fn follow(&mut self, packet: &Incoming, clock: u64) {
        self.marker = true;
        self.relay = Some(Relay {
            ssrc: packet.ssrc,
            highest: packet.sequence,
            back: 0,
            sequence_offset: self.sequence.wrapping_sub(packet.sequence),
            timestamp_offset: self.next_timestamp(clock).wrapping_sub(packet.timestamp),
            restart: None,
        });
    }
}

impl Relay {
    fn place(&mut self, sequence: u16) -> Place {
        let ahead = sequence.wrapping_sub(self.highest);
        let behind = self.highest.wrapping_sub(sequence);
        if (1..=DROPOUT_MAX).contains(&ahead) {
            self.highest = sequence;
            self.back = self.back.saturating_add(ahead).min(MISORDER_MAX);
            self.restart = None;
            Place::Ahead
        } else if behind == 0 {
            Place::Late
        } else if behind <= self.back {
            Place::Behind
        } else if self.restart == Some(sequence) {
            Place::Restarted
        } else {
            self.restart = Some(sequence.wrapping_add(1));
            Place::Late
        }
    }
}

fn is_newer(timestamp: u32, than: u32) -> bool {
    (1..1 << 31).contains(&timestamp.wrapping_sub(than))
}
