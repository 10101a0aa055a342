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
    /// How many of the sender's numbers, up to and with `highest`, have their place by `sequence_offset`; what is older
    /// has none any more.
    placed: u16,
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
        let mut chance = [0; 10];
        getrandom::fill(&mut chance)?;
        let [s0, s1, s2, s3, t0, t1, t2, t3, n0, n1] = chance;
        let (ssrc, timestamp) = (u32::from_le_bytes([s0, s1, s2, s3]), u32::from_le_bytes([t0, t1, t2, t3]));
        let sequence = u16::from_le_bytes([n0, n1]);
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

    /// The header of a telephone event among our own packets, which began when the clock showed `began`. It takes the next
    /// number, and the time of our own packets goes on as if it were not there. `None` before the first packet of our
    /// own since the last switch: only from there on does the stream's time follow the clock without a step.
    pub(crate) fn own_event(&mut self, began: u64, marker: bool, payload_type: u8) -> Option<Header> {
        if self.marker {
            return None;
        }
        // Truncated on purpose: timestamps wrap, and the event may have begun before the newest packet or behind it.
        let timestamp = self.timestamp.wrapping_add(began.wrapping_sub(self.clock) as u32);
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Some(Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc })
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
            relay.placed = 0;
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
            placed: 1,
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
            self.placed = self.placed.saturating_add(ahead).min(MISORDER_MAX + 1);
            self.restart = None;
            Place::Ahead
        } else if behind == 0 {
            Place::Late
        } else if behind < self.placed {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stream() -> Stream {
        Stream { ssrc: 1, sequence: 65_534, timestamp: u32::MAX - 200, clock: 0, samples: 0, marker: true, relay: None }
    }

    fn packet(ssrc: u32, sequence: u16, timestamp: u32) -> Incoming {
        Incoming { marker: false, payload_type: 8, sequence, timestamp, ssrc, payload: 12..172 }
    }

    fn numbers(header: Header) -> (u16, u32, bool) {
        (header.sequence, header.timestamp, header.marker)
    }

    #[test]
    fn own_frames_follow_each_other() {
        let mut stream = stream();
        let sent: Vec<_> = (0..4).map(|frame| numbers(stream.own(frame * 160, 160, 8))).collect();
        let first = u32::MAX - 200;
        let expected = [(65_534, 0, true), (65_535, 160, false), (0, 320, false), (1, 480, false)];
        assert_eq!(sent, expected.map(|(sequence, ahead, marker)| (sequence, first.wrapping_add(ahead), marker)));
    }

    #[test]
    fn a_pause_moves_the_timestamp_and_not_the_sequence_number() {
        let mut stream = stream();
        let before = stream.own(0, 160, 8);
        stream.switch();
        let after = stream.own(8000, 160, 8);
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
        assert_eq!(after.timestamp, before.timestamp.wrapping_add(8000));
        assert!(after.marker);
    }

    #[test]
    fn a_switch_within_a_frame_does_not_let_frames_overlap() {
        let mut stream = stream();
        let own = stream.own(1000, 160, 8);
        stream.switch();
        let relayed = stream.audio(&packet(9, 100, 7), 1010, 8).expect("the first of a source");
        assert_eq!(relayed.timestamp, own.timestamp.wrapping_add(160));
        stream.switch();
        assert_eq!(stream.own(1040, 160, 8).timestamp, relayed.timestamp.wrapping_add(160));
    }

    #[test]
    fn what_is_older_than_the_switch_has_no_place_any_more() {
        let mut stream = stream();
        let own = stream.own(0, 160, 8);
        stream.switch();
        let first = stream.audio(&packet(9, 100, 16_000), 160, 8).expect("the first of a source");
        assert_eq!(first.sequence, own.sequence.wrapping_add(1));
        assert_eq!(stream.audio(&packet(9, 99, 15_840), 170, 8), Err(Late));
        let third = stream.audio(&packet(9, 102, 16_320), 480, 8).expect("the second is late");
        let second = stream.audio(&packet(9, 101, 16_160), 490, 8).expect("late, but not too late");
        assert_eq!((second.sequence, third.sequence), (first.sequence.wrapping_add(1), first.sequence.wrapping_add(2)));
        assert_eq!(second.timestamp.wrapping_add(160), third.timestamp);
        stream.switch();
        assert_eq!(stream.own(640, 160, 8).sequence, third.sequence.wrapping_add(1));
    }

    #[test]
    fn events_among_our_own_packets_have_one_timestamp_and_leave_our_time_alone() {
        let mut stream = stream();
        assert_eq!(stream.own_event(0, true, 101), None, "no time yet");
        let first = stream.own(0, 160, 8);
        let mut newest = first;
        for frame in 1..=4u16 {
            let event = stream.own_event(100, frame == 1, 101).expect("the stream runs");
            assert_eq!(
                numbers(event),
                (first.sequence.wrapping_add(frame * 2 - 1), first.timestamp.wrapping_add(100), frame == 1)
            );
            newest = stream.own(u64::from(frame) * 160, 160, 8);
            assert_eq!(newest.sequence, event.sequence.wrapping_add(1));
        }
        assert_eq!(newest.timestamp, first.timestamp.wrapping_add(640));
        stream.switch();
        assert_eq!(stream.own_event(640, true, 101), None);
    }

    #[test]
    fn a_sender_that_starts_anew_is_followed_from_its_second_packet() {
        let mut stream = stream();
        let before = stream.audio(&packet(9, 100, 16_000), 0, 8).expect("the first of a source");
        assert_eq!(stream.audio(&packet(9, 40_000, 99), 160, 8), Err(Late));
        let after = stream.audio(&packet(9, 40_001, 259), 320, 8).expect("it goes on there");
        assert_eq!(numbers(after), (before.sequence.wrapping_add(1), before.timestamp.wrapping_add(320), true));
    }

    #[test]
    fn a_new_ssrc_is_a_new_start() {
        let mut stream = stream();
        let before = stream.audio(&packet(9, 100, 16_000), 0, 8).expect("the first of a source");
        let after = stream.audio(&packet(10, 7, 1), 160, 8).expect("the first of another");
        assert_eq!(numbers(after), (before.sequence.wrapping_add(1), before.timestamp.wrapping_add(160), true));
        assert_eq!(after.ssrc, before.ssrc);
    }

    #[test]
    fn time_goes_on_during_a_long_event() {
        let mut stream = stream();
        let audio = stream.audio(&packet(9, 100, 16_000), 0, 8).expect("the first of a source");
        for repeat in 1..=25u16 {
            let event = packet(9, 100 + repeat, 16_160);
            let header = stream.event(&event, u64::from(repeat) * 160, 101).expect("in order");
            assert_eq!(header.timestamp, audio.timestamp.wrapping_add(160));
        }
        stream.switch();
        assert_eq!(stream.own(26 * 160, 160, 8).timestamp, audio.timestamp.wrapping_add(26 * 160));
    }

    #[test]
    fn what_is_left_out_leaves_no_gap_and_no_number_twice() {
        let mut stream = stream();
        let before = stream.audio(&packet(9, 100, 16_000), 0, 8).expect("the first of a source");
        stream.leave_out(&packet(9, 101, 16_160));
        stream.leave_out(&packet(9, 102, 16_160));
        let after = stream.audio(&packet(9, 103, 16_480), 480, 8).expect("in order");
        assert_eq!(numbers(after), (before.sequence.wrapping_add(1), before.timestamp.wrapping_add(480), false));
        assert_eq!(stream.audio(&packet(9, 99, 15_840), 490, 8), Err(Late));
        assert_eq!(stream.audio(&packet(9, 102, 16_160), 500, 8), Err(Late), "left out, and it comes again as audio");
    }

    /// What may happen to a stream.
    #[derive(Debug, Clone)]
    enum Act {
        Own,
        Audio(Incoming),
        Event(Incoming),
        LeaveOut(Incoming),
        Switch,
    }

    fn act() -> impl Strategy<Value = Act> {
        // In order, jumped ahead, or somewhere else altogether.
        let sequence = prop_oneof![6 => 0u16..40, 1 => 0u16..3000, 1 => 30_000u16..30_040];
        let incoming = (0u32..2, sequence, any::<u32>()).prop_map(|(ssrc, sequence, at)| packet(ssrc, sequence, at));
        prop_oneof![
            1 => Just(Act::Own),
            6 => incoming.clone().prop_map(Act::Audio),
            1 => incoming.clone().prop_map(Act::Event),
            1 => incoming.prop_map(Act::LeaveOut),
            1 => Just(Act::Switch),
        ]
    }

    impl Act {
        /// The header that leaves, and which packet of which sender it stands for.
        fn carry_out(&self, stream: &mut Stream, clock: u64) -> Option<(Header, Option<(u32, u16)>)> {
            match self {
                Self::Own => {
                    stream.switch();
                    Some((stream.own(clock, 160, 8), None))
                }
                Self::Audio(packet) => {
                    Some((stream.audio(packet, clock, 8).ok()?, Some((packet.ssrc, packet.sequence))))
                }
                Self::Event(packet) => {
                    Some((stream.event(packet, clock, 101).ok()?, Some((packet.ssrc, packet.sequence))))
                }
                Self::LeaveOut(packet) => {
                    stream.leave_out(packet);
                    None
                }
                Self::Switch => {
                    stream.switch();
                    None
                }
            }
        }
    }

    proptest! {
        /// Whatever a sender does, the receiver sees one stream: a source begins right behind the last one, nothing of
        /// it lies before its own beginning, and no number stands for two packets.
        #[test]
        fn any_sender_becomes_one_stream(acts in prop::collection::vec((act(), 0u64..2000), 1..200)) {
            let mut stream = stream();
            let mut used = std::collections::BTreeMap::new();
            // Sequence numbers counted on beyond 65535.
            let (mut clock, mut newest, mut base, mut source) = (0, 65_533i64, 65_534, 0);
            for (act, later) in acts {
                clock += later;
                if matches!(act, Act::Own | Act::Switch) {
                    source += 1;
                    base = newest + 1;
                }
                let Some((header, packet)) = act.carry_out(&mut stream, clock) else { continue };
                let number = newest + i64::from(header.sequence.wrapping_sub(newest as u16) as i16);
                prop_assert_eq!(header.ssrc, 1);
                prop_assert!(number >= base, "{number} is of an earlier source than {base}");
                let begins = newest < base;
                prop_assert!(!begins || number == base, "{number} begins a source, not {base}");
                prop_assert!(!begins || header.marker || matches!(act, Act::Event(_)));
                let first = *used.entry(number).or_insert((source, packet));
                prop_assert_eq!(first, (source, packet), "{} stands for two packets", number);
                newest = newest.max(number);
                if matches!(act, Act::Own) {
                    source += 1;
                    base = newest + 1;
                    stream.switch();
                }
            }
        }
    }
}
