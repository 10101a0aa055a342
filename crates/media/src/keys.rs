//! Keys out of telephone events (RFC 4733): one report per press, however many of its packets arrive.

use crate::packet::Incoming;

/// The length of a telephone event's payload.
const EVENT: usize = 4;
/// The keys of events 0 to 15 (RFC 4733, section 3.2).
const KEYS: &[u8; 16] = b"0123456789*#ABCD";
/// Events longer than this go on as a new segment whose timestamp is this much later (RFC 4733, section 2.5.1.3).
const SEGMENT: u32 = 0xffff;
/// How many presses are remembered. A press takes 40 ms at least, so a repeat later than four presses is no repeat.
const REMEMBERED: usize = 4;
/// More presses than this within a second are not made by a person or a phone, but to keep us busy.
const PRESSES_MAX: u8 = 25;
const SECOND: u64 = 8000;

/// What one port knows of the events it received.
#[derive(Debug, Default)]
pub(crate) struct KeyDetector {
    ssrc: u32,
    /// The event and timestamp of the latest presses, newest first.
    presses: [Option<(u8, u32)>; REMEMBERED],
    /// The second the last press was in, and how many it has seen.
    second: u64,
    in_second: u8,
}

impl KeyDetector {
    /// The key that this packet of a telephone event tells of for the first time. `clock` is in samples.
    pub(crate) fn take_in(&mut self, packet: &Incoming, payload: &[u8], clock: u64) -> Option<char> {
        let event = *payload.first().filter(|_| payload.len() >= EVENT)?;
        let key = char::from(*KEYS.get(usize::from(event))?);
        if packet.ssrc != self.ssrc {
            self.ssrc = packet.ssrc;
            self.presses = [None; REMEMBERED];
        }
        let known = |timestamp: u32| self.presses.iter().flatten().any(|press| press.1 == timestamp);
        let is_segment = self.presses.contains(&Some((event, packet.timestamp.wrapping_sub(SEGMENT))));
        if known(packet.timestamp) {
            return None;
        }
        self.presses.rotate_right(1);
        self.presses[0] = Some((event, packet.timestamp));
        (!is_segment && self.is_plausible(clock)).then_some(key)
    }

    fn is_plausible(&mut self, clock: u64) -> bool {
        let second = clock / SECOND;
        if second != self.second {
            self.second = second;
            self.in_second = 0;
        }
        self.in_second = self.in_second.saturating_add(1);
        self.in_second <= PRESSES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: [u8; 4] = [10, 10, 0, 160];
    const END: [u8; 4] = [10, 0x8a, 3, 32];

    fn packet(ssrc: u32, timestamp: u32) -> Incoming {
        Incoming { marker: false, payload_type: 101, sequence: 0, timestamp, ssrc, payload: 12..16 }
    }

    fn keys(packets: &[(u32, [u8; 4])]) -> String {
        let mut detector = KeyDetector::default();
        packets.iter().filter_map(|(timestamp, payload)| detector.take_in(&packet(7, *timestamp), payload, 0)).collect()
    }

    #[test]
    fn one_press_is_one_key_however_many_packets_tell_of_it() {
        assert_eq!(keys(&[(100, START), (100, START), (100, END), (100, END), (100, END)]), "*");
    }

    #[test]
    fn any_single_packet_is_enough() {
        assert_eq!(keys(&[(100, START)]), "*");
        assert_eq!(keys(&[(100, END)]), "*");
    }

    #[test]
    fn the_same_key_twice_is_two_presses() {
        assert_eq!(keys(&[(100, START), (100, END), (900, START), (900, END)]), "**");
    }

    #[test]
    fn packets_out_of_order_are_no_new_press() {
        let (one, two) = ([1, 10, 0, 160], [2, 10, 0, 160]);
        assert_eq!(keys(&[(100, one), (900, two), (100, one), (900, two), (100, one)]), "12");
        assert_eq!(keys(&[(900, two), (100, one), (900, two)]), "21", "a press whose start was late is not lost");
    }

    #[test]
    fn a_timestamp_of_zero_is_as_good_as_any() {
        assert_eq!(keys(&[(0, START), (0, END)]), "*");
        assert_eq!(keys(&[(u32::MAX, START), (u32::MAX, END), (800, START)]), "**");
    }

    #[test]
    fn a_key_held_for_long_is_one_press() {
        let segments: Vec<_> = (0..4).map(|segment| (100u32.wrapping_add(segment * SEGMENT), START)).collect();
        assert_eq!(keys(&segments), "*");
    }

    #[test]
    fn a_new_sender_begins_anew() {
        let mut detector = KeyDetector::default();
        assert_eq!(detector.take_in(&packet(7, 100), &START, 0), Some('*'));
        assert_eq!(detector.take_in(&packet(8, 100), &START, 0), Some('*'));
    }

    #[test]
    fn all_sixteen_keys_and_nothing_else() {
        let events: Vec<_> = (0..=255u8).map(|event| (u32::from(event) * 800, [event, 0, 0, 1])).collect();
        let mut detector = KeyDetector::default();
        let keys: String = events
            .iter()
            .filter_map(|(timestamp, payload)| detector.take_in(&packet(7, *timestamp), payload, u64::from(*timestamp)))
            .collect();
        assert_eq!(keys, "0123456789*#ABCD");
    }

    #[test]
    fn a_cut_payload_is_no_key() {
        let mut detector = KeyDetector::default();
        assert_eq!(detector.take_in(&packet(7, 100), &START[..3], 0), None);
        assert_eq!(detector.take_in(&packet(7, 100), &[], 0), None);
        assert_eq!(detector.take_in(&packet(7, 100), &START, 0), Some('*'));
    }

    #[test]
    fn a_flood_of_presses_is_cut_off_until_the_next_second() {
        let mut detector = KeyDetector::default();
        let mut pressed = |from: u32, clock| {
            (from..from + 1000).filter(|n| detector.take_in(&packet(7, n * 320), &START, clock).is_some()).count()
        };
        assert_eq!(pressed(0, 16_000), usize::from(PRESSES_MAX));
        assert_eq!(pressed(1000, 24_000), usize::from(PRESSES_MAX));
    }
}
