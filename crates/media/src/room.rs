//! A room: ports that hear each other mixed. Each port's thread puts in what it receives; one thread takes a frame of
//! each every 20 ms and sends every port the sum of the others.

use crate::clock::{FRAME, Step};
use crate::jitter::{Jitter, Late};
use crate::media::PortId;
use crate::outlet::{Kind, Outlet};
use crate::packet::Incoming;
use crate::tally::DropCause;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most ports in a room.
pub(crate) const ROOM_MAX: usize = 8;
/// How late a packet of an event may be, in packets, and still belong to the same sender's numbers (RFC 3550, A.1).
const MISORDER_MAX: u16 = 100;
/// A new event began at the latest when its first packet comes, give or take this many samples of jitter.
const EVENT_EARLY: i64 = 160;
/// An event placed longer ago than a second is placed by its arrival instead.
const EVENT_OLD: i64 = 8000;

/// Names a room. Never used twice in the life of a [`Media`](crate::Media).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RoomId(pub(crate) u64);

/// Ports that hear each other. While orders are under way to several threads, a few more than [`ROOM_MAX`] may be in it.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    seats: Mutex<Vec<Seat>>,
}

/// A port in a room.
#[derive(Debug)]
struct Seat {
    outlet: Arc<Outlet>,
    said: Jitter,
    /// The frame that is being mixed.
    frame: [i16; FRAME],
    events: Events,
}

/// What a port is to hear in one frame.
#[derive(Debug)]
pub(crate) struct Mix {
    outlet: Arc<Outlet>,
    frame: [i16; FRAME],
}

impl Room {
    pub(crate) fn new(id: RoomId) -> Arc<Self> {
        Arc::new(Self { id, seats: Mutex::default() })
    }

    /// From here on the port says and hears what the others hear and say. To be entered once.
    pub(crate) fn enter(&self, outlet: Arc<Outlet>) {
        self.lock().push(Seat { outlet, said: Jitter::new(), frame: [0; FRAME], events: Events::default() });
    }

    /// What the port said and nobody heard yet is forgotten.
    pub(crate) fn leave(&self, port: PortId) {
        self.lock().retain(|seat| seat.outlet.id != port);
    }

    /// Takes in a packet that the port `from` received. Audio waits to be mixed; a telephone event leaves at once through
    /// every other port, for which `buffer` is rewritten before its payload. Answers with how many packets left.
    pub(crate) fn take_in(
        &self,
        from: PortId,
        packet: &Incoming,
        kind: Kind,
        buffer: &mut [u8],
        clock: u64,
    ) -> Result<u64, DropCause> {
        let mut seats = self.lock();
        let seat = seats.iter_mut().find(|seat| seat.outlet.id == from).ok_or(DropCause::Unconnected)?;
        match kind {
            Kind::Audio(codec) => {
                let audio = &buffer[packet.payload.clone()];
                let put = seat.said.put(packet.ssrc, packet.timestamp, audio, codec);
                put.map(|()| 0).map_err(|Late| DropCause::Late)
            }
            Kind::Event => {
                let began = seat.events.place(packet, clock).map_err(|Late| DropCause::Late)?;
                self.pass_on(&seats, from, packet, buffer, began)
            }
        }
    }

    fn pass_on(
        &self,
        seats: &[Seat],
        from: PortId,
        packet: &Incoming,
        buffer: &mut [u8],
        began: u64,
    ) -> Result<u64, DropCause> {
        let mut outcome = Err(DropCause::Unconnected);
        for seat in seats.iter().filter(|seat| seat.outlet.id != from) {
            let passed = seat.outlet.lock().pass_on_event(self.id, packet, buffer, began);
            outcome = match (outcome, passed) {
                (Ok(count), passed) => Ok(count + u64::from(passed.is_ok())),
                (Err(_), passed) => passed.map(|()| 1),
            };
        }
        outcome
    }

    /// Takes a frame of every port, and adds to `mixes` what each is to hear: the sum of the others, saturated. Nothing
    /// for a port that is alone.
    pub(crate) fn mix(&self, mixes: &mut Vec<Mix>) {
        let mut seats = self.lock();
        let mut sum = [0i32; FRAME];
        for seat in seats.iter_mut() {
            seat.said.take(&mut seat.frame);
            sum.iter_mut().zip(&seat.frame).for_each(|(sum, sample)| *sum += i32::from(*sample));
        }
        if seats.len() < 2 {
            return;
        }
        for seat in seats.iter() {
            let mut frame = [0; FRAME];
            for ((heard, sum), own) in frame.iter_mut().zip(&sum).zip(&seat.frame) {
                *heard = saturated(sum - i32::from(*own));
            }
            mixes.push(Mix { outlet: Arc::clone(&seat.outlet), frame });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mix {
    /// Sends the frame. `None` when the port has left the room, or its remote does not want to hear.
    pub(crate) fn send(&self, room: RoomId, step: Step) -> Option<Result<(), DropCause>> {
        self.outlet.lock().send_mixed(room, step, &self.frame)
    }
}

fn saturated(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// When the events of one sender began, by our clock.
#[derive(Debug, Default)]
struct Events {
    /// The newest packet of the newest event, and when that event began.
    newest: Option<Newest>,
}

#[derive(Debug)]
struct Newest {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    began: u64,
}

impl Events {
    /// When the event of this packet began. All packets of an event get the same answer, and the distances of the
    /// sender's timestamps are kept where they are plausible: those of the segments of a long event must be.
    fn place(&mut self, packet: &Incoming, clock: u64) -> Result<u64, Late> {
        let known = self.newest.as_ref().filter(|newest| newest.ssrc == packet.ssrc);
        let mut began = clock;
        if let Some(newest) = known {
            if newest.sequence.wrapping_sub(packet.sequence) <= MISORDER_MAX {
                return Err(Late);
            }
            // Signed on purpose: timestamps wrap.
            let later = i64::from(packet.timestamp.wrapping_sub(newest.timestamp) as i32);
            let expected = newest.began.saturating_add_signed(later);
            let age = clock as i64 - expected as i64;
            if later == 0 || (-EVENT_EARLY..=EVENT_OLD).contains(&age) {
                began = expected;
            }
        }
        self.newest = Some(Newest { ssrc: packet.ssrc, sequence: packet.sequence, timestamp: packet.timestamp, began });
        Ok(began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law;
    use crate::settings::Codec;
    use crate::stream::Stream;

    fn room(ports: u64) -> Arc<Room> {
        let room = Room::new(RoomId(0));
        for port in 0..ports {
            room.enter(Arc::new(Outlet::new(PortId(port), Stream::new(0).expect("chance"))));
        }
        room
    }

    fn packet(sequence: u16, timestamp: u32, length: usize) -> Incoming {
        Incoming { marker: false, payload_type: 8, sequence, timestamp, ssrc: 7, payload: 12..12 + length }
    }

    /// Lets a port say a frame of one level.
    fn say(room: &Room, port: u64, level: i16) {
        let mut buffer = [law::encode(Codec::Pcma, level); 172];
        let said = room.take_in(PortId(port), &packet(0, 0, 160), Kind::Audio(Codec::Pcma), &mut buffer, 0);
        assert_eq!(said, Ok(0));
    }

    /// The level that each port hears in the frame behind the silence ahead of it.
    fn hear(room: &Room) -> Vec<(u64, i16)> {
        room.mix(&mut Vec::new());
        let mut mixes = Vec::new();
        room.mix(&mut mixes);
        mixes.iter().map(|mix| (mix.outlet.id.0, mix.frame[80])).collect()
    }

    fn near(heard: &[(u64, i16)], expected: &[(u64, i16)]) -> bool {
        let is_near = |(a, b): (&(u64, i16), &(u64, i16))| a.0 == b.0 && (a.1 - b.1).abs() <= 300;
        heard.len() == expected.len() && heard.iter().zip(expected).all(is_near)
    }

    #[test]
    fn each_hears_the_sum_of_the_others() {
        let room = room(4);
        [(0, 1000), (1, 2000), (2, -5000)].into_iter().for_each(|(port, level)| say(&room, port, level));
        let heard = hear(&room);
        assert!(near(&heard, &[(0, -3000), (1, -4000), (2, 3000), (3, -2000)]), "{heard:?}");
        assert!(hear(&room).iter().all(|(_, level)| *level == 0), "said once, heard once");
    }

    #[test]
    fn loud_voices_are_cut_off_and_do_not_wrap() {
        for (level, cut) in [(30_000, i16::MAX), (-30_000, i16::MIN)] {
            let room = room(ROOM_MAX as u64);
            (0..ROOM_MAX as u64).for_each(|port| say(&room, port, level));
            assert!(hear(&room).iter().all(|(_, heard)| *heard == cut));
        }
    }

    #[test]
    fn who_left_is_not_heard_and_who_is_alone_hears_nothing() {
        let room = room(3);
        say(&room, 2, 8000);
        room.leave(PortId(2));
        assert_eq!(hear(&room), [(0, 0), (1, 0)]);
        room.leave(PortId(0));
        say(&room, 1, 8000);
        assert_eq!(hear(&room), []);
        let gone = room.take_in(PortId(0), &packet(1, 160, 160), Kind::Event, &mut [0; 172], 0);
        assert_eq!(gone, Err(DropCause::Unconnected));
    }

    #[test]
    fn all_packets_of_an_event_begin_at_the_same_time() {
        let mut events = Events::default();
        assert_eq!(events.place(&packet(65_534, 5000, 4), 80_000), Ok(80_000));
        assert_eq!(events.place(&packet(65_535, 5000, 4), 80_400), Ok(80_000));
        assert_eq!(events.place(&packet(65_535, 5000, 4), 80_410), Err(Late), "twice");
        assert_eq!(events.place(&packet(1, 5000, 4), 80_800), Ok(80_000));
        assert_eq!(events.place(&packet(0, 5000, 4), 80_810), Err(Late), "the end is not taken back");
        assert_eq!(events.place(&packet(2, 6600, 4), 81_700), Ok(81_600), "the sender's distance, not the network's");
        assert_eq!(events.place(&packet(3, 6600 + 0xffff, 4), 147_100), Ok(81_600 + 0xffff), "a segment");
        assert_eq!(events.place(&packet(4, 9, 4), 150_000), Ok(150_000), "a sender that starts anew");
        assert_eq!(events.place(&packet(5, 10_009, 4), 190_000), Ok(190_000), "one whose time stood still");
    }

    #[test]
    fn a_port_in_a_room_costs_less_than_two_kibibytes() {
        let bytes = size_of::<Seat>() + size_of::<Mix>();
        assert!(bytes < 2048, "{bytes}");
    }
}
