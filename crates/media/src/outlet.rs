//! The sending half of a port. Several threads may use it: the one that owns the port, those of the ports it hears, and
//! the one that mixes its room.

use crate::clock::{FRAME, Step};
use crate::law;
use crate::media::PortId;
use crate::packet::{HEADER, Header, Incoming};
use crate::ports::BoundSocket;
use crate::room::RoomId;
use crate::settings::{Audio, Codec, Remote};
use crate::sounds::Sounds;
use crate::stream::{Late, Stream};
use crate::tally::DropCause;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The sending half of the port `id`.
#[derive(Debug)]
pub(crate) struct Outlet {
    pub(crate) id: PortId,
    outgoing: Mutex<Outgoing>,
}

/// What leaves a port.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// `None` before the owning thread took the port up and after it closed it.
    pub(crate) socket: Option<Arc<BoundSocket>>,
    remote: Option<Remote>,
    hears: Hears,
    /// Where in the hold audio and in the ringback the port is.
    hold: usize,
    ringback: usize,
    stream: Stream,
}

/// What a port hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hears {
    Audio(Audio),
    Port(PortId),
    Room(RoomId),
}

/// What a received packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Audio(Codec),
    /// A telephone event (RFC 4733).
    Event,
}

impl Outlet {
    pub(crate) fn new(id: PortId, stream: Stream) -> Self {
        let hears = Hears::Audio(Audio::Silence);
        let outgoing = Outgoing { socket: None, remote: None, hears, hold: 0, ringback: 0, stream };
        Self { id, outgoing: Mutex::new(outgoing) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outgoing {
    pub(crate) fn set_remote(&mut self, remote: Option<Remote>) {
        let sent = self.remote.is_some_and(|remote| remote.send);
        self.remote = remote;
        if !sent {
            self.stream.switch();
        }
    }

    pub(crate) fn hear(&mut self, hears: Hears) {
        if hears == self.hears {
            return;
        }
        self.hears = hears;
        self.ringback = 0;
        self.stream.switch();
    }

    /// Sends the frame that is due at `step`, if a sound plays and the remote wants to hear.
    pub(crate) fn play(&mut self, step: Step, sounds: &Sounds) -> Option<Result<(), DropCause>> {
        let remote = self.remote.filter(|remote| remote.send)?;
        let (sound, position) = match self.hears {
            Hears::Audio(Audio::Hold) => (&sounds.hold, &mut self.hold),
            Hears::Audio(Audio::Ringback) => (&sounds.ringback, &mut self.ringback),
            Hears::Audio(Audio::Silence) | Hears::Port(_) | Hears::Room(_) => return None,
        };
        let mut packet = [0; HEADER + FRAME];
        packet[HEADER..].copy_from_slice(sound.frame(remote.codec, position));
        let header = self.stream.own(step.clock(), FRAME as u32, remote.payload_type);
        Some(self.send(header, &mut packet))
    }

    /// Passes on a packet that the port `from` received. Its payload stays where it is in `buffer`; our header is
    /// written right before it, over what was there.
    pub(crate) fn relay(
        &mut self,
        from: PortId,
        packet: &Incoming,
        kind: Kind,
        buffer: &mut [u8],
        clock: u64,
    ) -> Result<(), DropCause> {
        if self.hears != Hears::Port(from) {
            return Err(DropCause::Unconnected);
        }
        let remote = self.remote.filter(|remote| remote.send).ok_or(DropCause::NotSending)?;
        let header = match (kind, remote.telephone_event) {
            (Kind::Audio(codec), _) => {
                law::convert(&mut buffer[packet.payload.clone()], codec, remote.codec);
                self.stream.audio(packet, clock, remote.payload_type)
            }
            (Kind::Event, Some(number)) => self.stream.event(packet, clock, number),
            (Kind::Event, None) => {
                self.stream.leave_out(packet);
                return Err(DropCause::Event);
            }
        };
        let header = header.map_err(|Late| DropCause::Late)?;
        self.send(header, &mut buffer[packet.payload.start - HEADER..packet.payload.end])
    }

    /// Sends what the other ports of a room said in the frame of `step`, if this port hears the room and its remote wants
    /// to hear.
    pub(crate) fn send_mixed(
        &mut self,
        room: RoomId,
        step: Step,
        frame: &[i16; FRAME],
    ) -> Option<Result<(), DropCause>> {
        let remote = self.remote.filter(|remote| remote.send && self.hears == Hears::Room(room))?;
        let mut packet = [0; HEADER + FRAME];
        for (byte, sample) in packet[HEADER..].iter_mut().zip(frame) {
            *byte = law::encode(remote.codec, *sample);
        }
        let header = self.stream.own(step.clock(), FRAME as u32, remote.payload_type);
        Some(self.send(header, &mut packet))
    }

    /// Passes on a telephone event of another port in the room, which began when the clock showed `began`. Our header is
    /// written right before its payload in `buffer`, as in [`Outgoing::relay`].
    pub(crate) fn pass_on_event(
        &mut self,
        room: RoomId,
        packet: &Incoming,
        buffer: &mut [u8],
        began: u64,
    ) -> Result<(), DropCause> {
        if self.hears != Hears::Room(room) {
            return Err(DropCause::Unconnected);
        }
        let remote = self.remote.filter(|remote| remote.send).ok_or(DropCause::NotSending)?;
        let number = remote.telephone_event.ok_or(DropCause::Event)?;
        // Before the first frame the stream has no time yet at which the event could have begun.
        let header = self.stream.own_event(began, packet.marker, number).ok_or(DropCause::NotSending)?;
        self.send(header, &mut buffer[packet.payload.start - HEADER..packet.payload.end])
    }

    fn send(&self, header: Header, packet: &mut [u8]) -> Result<(), DropCause> {
        packet[..HEADER].copy_from_slice(&header.bytes());
        let bound = self.socket.as_ref().ok_or(DropCause::NotSending)?;
        // The socket is connected: a remote that refuses packets shows as an error here, later it may take them.
        bound.socket.send(packet).map(|_| ()).map_err(|_| DropCause::Send)
    }
}
