//! Which ports there are, and which of them hear each other.

use crate::media::PortId;
use crate::outlet::Outlet;
use crate::room::{Room, RoomId};
use std::collections::HashMap;
use std::sync::Arc;

/// What callers have asked for; the threads follow.
#[derive(Debug, Default)]
pub(crate) struct Switchboard {
    ports: HashMap<PortId, Entry>,
    rooms: HashMap<RoomId, Gathering>,
    next_port: u64,
    next_room: u64,
}

#[derive(Debug)]
struct Entry {
    outlet: Arc<Outlet>,
    with: With,
}

/// Whom a port hears, and is heard by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    Nobody,
    Peer(PortId),
    Room(RoomId),
}

/// A room and who is in it: at least one port.
#[derive(Debug)]
struct Gathering {
    room: Arc<Room>,
    ports: Vec<PortId>,
}

impl Switchboard {
    /// The name of the next port.
    pub(crate) fn next_port(&self) -> PortId {
        PortId(self.next_port)
    }

    pub(crate) fn add(&mut self, port: PortId, outlet: Arc<Outlet>) {
        self.next_port = port.0 + 1;
        self.ports.insert(port, Entry { outlet, with: With::Nobody });
        self.publish();
    }

    /// Forgets a port that is with nobody. Whether there was one.
    pub(crate) fn remove(&mut self, port: PortId) -> bool {
        let was_open = self.ports.remove(&port).is_some();
        if was_open {
            self.publish();
        }
        was_open
    }

    pub(crate) fn clear(&mut self) {
        self.ports.clear();
        self.rooms.clear();
        self.publish();
    }

    pub(crate) fn is_open(&self, port: PortId) -> bool {
        self.ports.contains_key(&port)
    }

    pub(crate) fn outlet(&self, port: PortId) -> Option<Arc<Outlet>> {
        self.ports.get(&port).map(|entry| Arc::clone(&entry.outlet))
    }

    pub(crate) fn with(&self, port: PortId) -> With {
        self.ports.get(&port).map_or(With::Nobody, |entry| entry.with)
    }

    /// Notes that a port hears another.
    pub(crate) fn set_peer(&mut self, port: PortId, peer: PortId) {
        self.set(port, With::Peer(peer));
    }

    /// Notes that a port hears nobody, nor its peer either; answers with whom it heard before. A room ends with its last
    /// port: then it is answered too.
    pub(crate) fn part(&mut self, port: PortId) -> (With, Option<RoomId>) {
        let was = self.with(port);
        self.set(port, With::Nobody);
        let mut ended = None;
        match was {
            With::Nobody => {}
            With::Peer(peer) => self.set(peer, With::Nobody),
            With::Room(room) => ended = self.leave(room, port).then_some(room),
        }
        (was, ended)
    }

    /// Takes a port out of a room. Whether that was the room's end.
    fn leave(&mut self, room: RoomId, port: PortId) -> bool {
        let Some(gathering) = self.rooms.get_mut(&room) else { return false };
        gathering.ports.retain(|other| *other != port);
        let is_empty = gathering.ports.is_empty();
        if is_empty {
            self.rooms.remove(&room);
        }
        is_empty
    }

    /// A room that nobody is in yet: the next step is [`Self::enter`].
    pub(crate) fn new_room(&mut self) -> Arc<Room> {
        let room = Room::new(RoomId(self.next_room));
        self.next_room += 1;
        self.rooms.insert(room.id, Gathering { room: Arc::clone(&room), ports: Vec::new() });
        room
    }

    /// The room that most of the ports are in; of several the first.
    pub(crate) fn room_of_most(&self, ports: &[PortId]) -> Option<Arc<Room>> {
        let is_in = |room: RoomId| ports.iter().filter(move |port| self.with(**port) == With::Room(room)).count();
        let rooms = ports.iter().filter_map(|port| match self.with(*port) {
            With::Room(room) => Some(room),
            With::Nobody | With::Peer(_) => None,
        });
        // The last of the greatest is the first of all, seen from the end.
        let room = rooms.rev().max_by_key(|room| is_in(*room))?;
        self.rooms.get(&room).map(|gathering| Arc::clone(&gathering.room))
    }

    /// Who is in a room.
    pub(crate) fn ports_in(&self, room: RoomId) -> &[PortId] {
        self.rooms.get(&room).map_or(&[], |gathering| &gathering.ports)
    }

    /// Notes that a port that is with nobody is in a room.
    pub(crate) fn enter(&mut self, room: RoomId, port: PortId) {
        if let Some(gathering) = self.rooms.get_mut(&room) {
            gathering.ports.push(port);
            self.set(port, With::Room(room));
        }
    }

    fn set(&mut self, port: PortId, with: With) {
        if let Some(entry) = self.ports.get_mut(&port) {
            entry.with = with;
        }
    }

    fn publish(&self) {
        metrics::gauge!("anteroom_rtp_ports_open").set(self.ports.len() as f64);
    }
}
