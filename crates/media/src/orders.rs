//! How callers tell a media thread what to do without waiting for it: one order per port and room, the latest wish wins.

use crate::media::PortId;
use crate::outlet::{Hears, Outlet};
use crate::ports::BoundSocket;
use crate::room::{Room, RoomId};
use crate::settings::{Audio, Remote};
use mio::Waker;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is still to be done for the ports and rooms of one thread.
///
/// A port is in it at most once, and a port that its thread never saw leaves it when it is closed: so it never holds
/// more than two entries per number of the range. Neither do rooms, each of which holds a port while it lasts.
#[derive(Debug)]
pub(crate) struct Inbox {
    orders: Mutex<Orders>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Orders {
    work: Work,
    /// The thread is to end, or has ended.
    stop: bool,
    /// The thread will look without being woken: it was woken already, or looks again by itself.
    looks: bool,
}

/// What a thread has to do.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) ports: HashMap<PortId, Order>,
    /// Rooms to mix from here on, and, where there is none, no more.
    pub(crate) rooms: HashMap<RoomId, Option<Arc<Room>>>,
}

/// What is to be done for one port. What is `None` stays as it is.
#[derive(Debug, Default)]
pub(crate) struct Order {
    pub(crate) opened: Option<(BoundSocket, Arc<Outlet>)>,
    pub(crate) remote: Option<Remote>,
    pub(crate) source: Option<Source>,
    pub(crate) closed: bool,
}

/// Where what a port hears comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Audio(Audio),
    /// The two ports hear each other: what this one receives leaves through the other's outlet.
    Peer(Arc<Outlet>),
    /// The port is in a room.
    Room(Arc<Room>),
}

impl Source {
    pub(crate) fn hears(&self) -> Hears {
        match self {
            Self::Audio(audio) => Hears::Audio(*audio),
            Self::Peer(outlet) => Hears::Port(outlet.id),
            Self::Room(room) => Hears::Room(room.id),
        }
    }
}

impl Work {
    pub(crate) fn is_empty(&self) -> bool {
        self.ports.is_empty() && self.rooms.is_empty()
    }
}

impl Inbox {
    pub(crate) fn new(waker: Waker) -> Self {
        Self { orders: Mutex::default(), waker }
    }

    /// Adds to the order for a port. Without effect once the thread has ended.
    pub(crate) fn order(&self, port: PortId, change: impl FnOnce(&mut Order)) {
        let mut orders = self.lock();
        if orders.stop {
            return;
        }
        let order = orders.work.ports.entry(port).or_default();
        change(order);
        if order.closed && order.opened.is_some() {
            orders.work.ports.remove(&port);
            return;
        }
        self.wake_for(orders);
    }

    /// The order to mix a room from here on.
    pub(crate) fn order_room(&self, room: Arc<Room>) {
        let mut orders = self.lock();
        if !orders.stop {
            orders.work.rooms.insert(room.id, Some(room));
            self.wake_for(orders);
        }
    }

    /// The order to mix a room no more. It waits for the next time the thread looks, for an empty room costs little.
    pub(crate) fn order_room_end(&self, room: RoomId) {
        let mut orders = self.lock();
        if !orders.stop && orders.work.rooms.remove(&room).is_none() {
            orders.work.rooms.insert(room, None);
        }
    }

    fn wake_for(&self, mut orders: MutexGuard<'_, Orders>) {
        let wakes = !std::mem::replace(&mut orders.looks, true);
        drop(orders);
        if wakes {
            self.wake();
        }
    }

    /// The order to open a port. Nothing can be heard there before it has a remote, so the thread may sleep on until
    /// another order; a port that is closed again before costs it nothing.
    pub(crate) fn order_open(&self, port: PortId, bound: BoundSocket, outlet: Arc<Outlet>) {
        let mut orders = self.lock();
        if !orders.stop {
            orders.work.ports.entry(port).or_default().opened = Some((bound, outlet));
        }
    }

    /// Tells the thread to end. What it was still to do is dropped, sockets included.
    pub(crate) fn stop(&self) {
        *self.lock() = Orders { work: Work::default(), stop: true, looks: true };
        self.wake();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stop
    }

    /// Everything ordered since the last time, moved into `taken`, whose room is reused. Whether the thread is to end.
    ///
    /// A thread that found something must look again within [`GATHER`](crate::worker::GATHER): until then nobody wakes it.
    pub(crate) fn take(&self, taken: &mut Work) -> bool {
        let mut orders = self.lock();
        std::mem::swap(&mut orders.work, taken);
        orders.looks = !taken.is_empty();
        orders.stop
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "a media thread cannot be woken");
        }
    }
}
