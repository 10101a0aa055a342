//! What a port said and its room has not heard yet: audio in the order of its timestamps, bounded. Pure: no time of its
//! own; whoever takes frames out sets the pace.

use crate::clock::FRAME;
use crate::law;
use crate::settings::Codec;

/// How much may wait: 80 ms. Packets of 60 ms, the longest in use, fit behind [`AHEAD`].
const WAITS_MAX: usize = 640;
/// The silence put before audio that finds nothing waiting: 20 ms, by which any packet behind it may be late.
const AHEAD: u32 = 160;
/// What is older than this is not late but from a sender that starts anew: a second.
const BEHIND_MAX: i64 = 8000;

/// Audio of one sender that waits to be mixed.
///
/// Whatever finds nothing waiting starts anew behind [`AHEAD`] of silence. So one rule serves the first packet, the
/// end of a pause, a sender whose clock is slower than ours, and one whose packets come less and less in time.
#[derive(Debug)]
pub(crate) struct Jitter {
    /// The next sample to be taken first; silent where nothing waits.
    samples: [i16; WAITS_MAX],
    /// The timestamp of the next sample to be taken.
    timestamp: u32,
    /// How many samples wait, gaps included.
    waits: usize,
    /// Whose audio it is; `None` before the first packet.
    ssrc: Option<u32>,
}

/// A packet came after its time, or twice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Late;

impl Jitter {
    pub(crate) fn new() -> Self {
        Self { samples: [0; WAITS_MAX], timestamp: 0, waits: 0, ssrc: None }
    }

    /// Puts the audio of a packet where its timestamp says. When more would wait than may, the oldest is forgotten.
    pub(crate) fn put(&mut self, ssrc: u32, timestamp: u32, audio: &[u8], codec: Codec) -> Result<(), Late> {
        let length = audio.len() as i64;
        // Signed on purpose: timestamps wrap, and a packet may be before or behind what is taken next.
        let mut place = i64::from(timestamp.wrapping_sub(self.timestamp) as i32);
        let gap = place - self.waits as i64;
        let starts_anew = self.ssrc != Some(ssrc) || place < -BEHIND_MAX || gap > WAITS_MAX as i64;
        if !starts_anew && place + length <= 0 {
            return Err(Late);
        }
        if starts_anew || self.waits == 0 {
            self.forget(self.waits);
            self.ssrc = Some(ssrc);
            self.timestamp = timestamp.wrapping_sub(AHEAD);
            place = i64::from(AHEAD);
        }
        let too_much = usize::try_from(place + length).unwrap_or(0).saturating_sub(WAITS_MAX);
        self.forget(too_much);
        place -= too_much as i64;
        let audio = &audio[usize::try_from(-place).unwrap_or(0)..];
        self.write(usize::try_from(place).unwrap_or(0), audio, codec);
        Ok(())
    }

    /// Moves the next 20 ms into `frame`, silence where none waits. Time stands still while nothing waits.
    pub(crate) fn take(&mut self, frame: &mut [i16; FRAME]) {
        let count = self.waits.min(FRAME);
        frame[..count].copy_from_slice(&self.samples[..count]);
        frame[count..].fill(0);
        self.forget(count);
    }

    /// Drops the `count` oldest samples, waiting or still to come.
    fn forget(&mut self, count: usize) {
        let stays = self.waits.saturating_sub(count);
        self.samples.copy_within(self.waits - stays..self.waits, 0);
        self.samples[stays..self.waits].fill(0);
        self.timestamp = self.timestamp.wrapping_add(count as u32);
        self.waits = stays;
    }

    fn write(&mut self, place: usize, audio: &[u8], codec: Codec) {
        let end = place + audio.len();
        for (sample, byte) in self.samples[place..end].iter_mut().zip(audio) {
            *sample = law::decode(codec, *byte);
        }
        self.waits = self.waits.max(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: u32 = u32::MAX - 300;

    /// Puts `samples` of one level at so many samples behind the start.
    fn say(jitter: &mut Jitter, ahead: i32, samples: usize, level: i16) -> Result<(), Late> {
        let audio = vec![law::encode(Codec::Pcmu, level); samples];
        jitter.put(7, START.wrapping_add_signed(ahead), &audio, Codec::Pcmu)
    }

    /// What is heard in the next frames: for each 10 ms a digit, its level in thousands.
    fn hear(jitter: &mut Jitter, frames: usize) -> String {
        let mut heard = String::new();
        for _ in 0..frames {
            let mut frame = [9999; FRAME];
            jitter.take(&mut frame);
            for half in frame.chunks(FRAME / 2) {
                let digit = (i32::from(half[0]) + 500) / 1000;
                assert!(half.iter().all(|sample| (i32::from(*sample) + 500) / 1000 == digit), "{half:?}");
                heard.push_str(&digit.to_string());
            }
        }
        heard
    }

    #[test]
    fn what_was_said_is_heard_once_behind_a_little_silence() {
        let mut jitter = Jitter::new();
        assert_eq!(hear(&mut jitter, 1), "00");
        for (packet, level) in [(0, 1000), (1, 2000), (2, 3000)] {
            assert_eq!(say(&mut jitter, packet * 160, 160, level), Ok(()));
        }
        assert_eq!(hear(&mut jitter, 5), "0011223300");
    }

    #[test]
    fn order_is_that_of_the_timestamps_and_loss_is_silence() {
        let mut jitter = Jitter::new();
        for (packet, level) in [(0, 1000), (2, 3000), (1, 2000)] {
            assert_eq!(say(&mut jitter, packet * 160, 160, level), Ok(()));
        }
        assert_eq!(hear(&mut jitter, 2), "0011");
        assert_eq!(say(&mut jitter, 4 * 160, 160, 5000), Ok(()));
        assert_eq!(hear(&mut jitter, 5), "2233005500");
    }

    #[test]
    fn what_comes_after_its_time_or_twice_is_late() {
        let mut jitter = Jitter::new();
        assert_eq!(say(&mut jitter, 160, 160, 2000), Ok(()));
        assert_eq!(say(&mut jitter, 160, 160, 2000), Ok(()), "the same once more changes nothing");
        assert_eq!(hear(&mut jitter, 3), "002200");
        assert_eq!(say(&mut jitter, 160, 160, 2000), Err(Late));
        assert_eq!(say(&mut jitter, 0, 160, 1000), Err(Late));
        assert_eq!(say(&mut jitter, 320, 160, 3000), Ok(()));
        assert_eq!(hear(&mut jitter, 3), "003300");
    }

    #[test]
    fn packets_of_30_and_of_60_ms_are_heard_without_a_gap() {
        for (length, tick_first) in [(240, false), (240, true), (480, false), (480, true)] {
            let mut jitter = Jitter::new();
            let mut heard = String::new();
            // In steps of 10 ms: a packet when one is due, a frame each 20 ms, before the packet or behind it.
            for time in 0..60 {
                let ticks = time % 2 == usize::from(tick_first);
                if time * 80 % length == 0 {
                    assert_eq!(say(&mut jitter, time as i32 * 80, length, 4000), Ok(()));
                }
                if ticks {
                    heard.push_str(&hear(&mut jitter, 1));
                }
            }
            assert_eq!(heard.trim_start_matches('0'), "4".repeat(heard.trim_start_matches('0').len()), "{length}");
            assert!(heard.len() - heard.trim_start_matches('0').len() <= 4, "{heard}");
        }
    }

    #[test]
    fn when_too_much_waits_the_oldest_goes() {
        let mut jitter = Jitter::new();
        for packet in 0..9 {
            assert_eq!(say(&mut jitter, packet * 160, 160, 1000 + packet as i16 * 500), Ok(()));
        }
        let level = |packet: i32| (1000 + packet * 500 + 500) / 1000;
        let newest: String = (5..9).map(|packet| level(packet).to_string().repeat(2)).collect();
        assert_eq!(hear(&mut jitter, 5), newest + "00");
        assert_eq!(say(&mut jitter, 9 * 160, 1488, 3000), Ok(()), "the longest packet there is");
        assert_eq!(hear(&mut jitter, 5), "3333333300");
    }

    #[test]
    fn a_sender_that_jumps_or_is_another_starts_anew() {
        let mut jitter = Jitter::new();
        for (ahead, level) in [(0, 1000), (900_000, 2000), (-900_000, 3000), (-908_001, 4000)] {
            assert_eq!(say(&mut jitter, ahead, 160, level), Ok(()));
            if level != 2000 {
                assert_eq!(hear(&mut jitter, 3), format!("00{0}{0}00", level / 1000));
            }
        }
        assert_eq!(say(&mut jitter, -908_001 + 160, 160, 5000), Ok(()));
        let audio = [law::encode(Codec::Pcma, 6000); 160];
        assert_eq!(jitter.put(8, 0, &audio, Codec::Pcma), Ok(()));
        assert_eq!(hear(&mut jitter, 3), "006600");
    }

    #[test]
    fn a_slow_sender_is_heard_on_with_a_pause_now_and_then() {
        let mut jitter = Jitter::new();
        let mut heard = String::new();
        for packet in 0..40 {
            assert_eq!(say(&mut jitter, packet * 160, 160, 4000), Ok(()), "none of its packets is late");
            heard.push_str(&hear(&mut jitter, 1));
            if packet % 5 == 0 {
                heard.push_str(&hear(&mut jitter, 1));
            }
        }
        assert!(heard.matches('4').count() >= 78, "{heard}");
    }

    proptest! {
        /// Whatever packets come, no more waits than may, and all is silent behind it.
        #[test]
        fn any_packets_are_bounded(
            packets in prop::collection::vec((0u32..3, any::<u32>(), 0u32..3000, 1usize..1488, 0usize..3), 1..60),
        ) {
            let mut jitter = Jitter::new();
            for (kind, anywhere, near, length, frames) in packets {
                let timestamp = if kind == 0 { anywhere } else { jitter.timestamp.wrapping_add(near).wrapping_sub(1500) };
                let _ = jitter.put(kind / 2, timestamp, &vec![0; length], Codec::Pcmu);
                prop_assert!(jitter.waits <= WAITS_MAX);
                prop_assert!(jitter.samples[jitter.waits..].iter().all(|sample| *sample == 0));
                let mut frame = [0; FRAME];
                (0..frames).for_each(|_| jitter.take(&mut frame));
            }
        }
    }
}
