//! The handle: opens ports and knows which of them hear each other.

use crate::board::{Switchboard, With};
use crate::clock::Clock;
use crate::error::MediaError;
use crate::orders::{Inbox, Source};
use crate::outlet::Outlet;
use crate::ports::PortPool;
use crate::room::{ROOM_MAX, RoomId};
use crate::settings::{Audio, Remote, Settings};
use crate::sounds::Sounds;
use crate::stream::Stream;
use crate::tally::{Stats, Totals};
use crate::worker::Worker;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The most threads ports can be shared out to.
const THREADS_MAX: usize = 64;

/// Names a port. Never used twice in the life of a [`Media`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub(crate) u64);

/// A bound port. It stays open until [`Media::close`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Its name in all further calls.
    pub id: PortId,
    /// What it is bound to: the configured address and an even port.
    pub local: SocketAddr,
}

/// What a port heard of its remote.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MediaEvent {
    /// A key was pressed (RFC 4733, events 0 to 15): once per press, at the first packet of it that arrives, be that
    /// its start, its end or a repeat. Reported whatever the port hears at that time; relayed as well.
    Dtmf {
        /// Where.
        port: PortId,
        /// `0` to `9`, `*`, `#`, `A` to `D`.
        key: char,
    },
}

impl fmt::Debug for MediaEvent {
    /// Without the key, which may be a digit of a card number or a PIN.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Dtmf { port, key: _ } = self;
        formatter.debug_struct("Dtmf").field("port", port).finish_non_exhaustive()
    }
}

/// The audio of all calls. A handle: clones mean the same ports and threads.
///
/// No method waits for the network or for a media thread. Orders for one port take effect in the order in which they
/// were given; an order for a port that is closed has no effect, for a hang-up may cross anything.
#[derive(Debug, Clone)]
pub struct Media {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: Arc<PortPool>,
    clock: Clock,
    totals: Arc<Totals>,
    inboxes: Vec<Arc<Inbox>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    board: Mutex<Switchboard>,
}

impl Media {
    /// Reads the hold audio and starts the threads. `on_event` is called on them, so it must not wait.
    ///
    /// Metrics go to the recorder that is installed by then.
    ///
    /// # Errors
    /// [`MediaError::EmptyRange`], [`MediaError::Threads`], [`MediaError::HoldAudio`], [`MediaError::Ringback`], and
    /// [`MediaError::Thread`] when the operating system refuses.
    pub fn start(settings: Settings, on_event: Box<dyn Fn(MediaEvent) + Send + Sync>) -> Result<Self, MediaError> {
        if !(1..=THREADS_MAX).contains(&settings.threads) {
            return Err(MediaError::Threads(settings.threads));
        }
        let pool = PortPool::new(settings.address, settings.ports.clone())?;
        let sounds = Arc::new(Sounds::new(&settings)?);
        let mut inner = Inner {
            pool,
            clock: Clock::start(),
            totals: Arc::default(),
            inboxes: Vec::new(),
            threads: Mutex::default(),
            board: Mutex::default(),
        };
        let on_event: Arc<dyn Fn(MediaEvent) + Send + Sync> = on_event.into();
        for number in 0..settings.threads {
            let totals = Arc::clone(&inner.totals);
            let worker = Worker::new(inner.clock, Arc::clone(&sounds), Arc::clone(&on_event), totals)
                .map_err(MediaError::Thread)?;
            inner.inboxes.push(worker.inbox());
            let name = format!("media-{number}");
            let thread = std::thread::Builder::new().name(name).spawn(|| worker.run()).map_err(MediaError::Thread)?;
            inner.threads.get_mut().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Binds a free port. It hears [`Audio::Silence`], and receives nothing before it has a remote.
    ///
    /// # Errors
    /// [`MediaError::NoPort`] when the range is exhausted, [`MediaError::Socket`] when the operating system refuses,
    /// [`MediaError::Random`], and [`MediaError::Stopped`].
    pub fn open(&self) -> Result<Port, MediaError> {
        let stream = Stream::new(self.inner.clock.now()).map_err(MediaError::Random)?;
        let bound = self.inner.pool.bind()?;
        let local = bound.local();
        let mut board = self.inner.board();
        let id = board.next_port();
        let inbox = self.inner.inbox(id);
        if inbox.is_stopped() {
            return Err(MediaError::Stopped);
        }
        let outlet = Arc::new(Outlet::new(id, stream));
        board.add(id, Arc::clone(&outlet));
        inbox.order_open(id, bound, outlet);
        Ok(Port { id, local })
    }

    /// Sets or changes the other side of a port.
    pub fn set_remote(&self, port: PortId, remote: Remote) {
        let board = self.inner.board();
        if board.is_open(port) {
            self.inner.inbox(port).order(port, |order| order.remote = Some(remote));
        }
    }

    /// Lets a port hear `audio`. If it was connected or in a room, that ends as by [`Media::disconnect`]. What plays
    /// already plays on.
    pub fn play(&self, port: PortId, audio: Audio) {
        let mut board = self.inner.board();
        if board.is_open(port) {
            self.part(&mut board, port);
            self.source(port, Source::Audio(audio));
        }
    }

    /// Lets two ports hear each other, and nobody else. A port connected to itself hears its own echo. Without effect
    /// when one of them is closed, or when they are connected already.
    pub fn connect(&self, a: PortId, b: PortId) {
        let mut board = self.inner.board();
        let (Some(outlet_a), Some(outlet_b)) = (board.outlet(a), board.outlet(b)) else { return };
        if board.with(a) == With::Peer(b) {
            return;
        }
        self.part(&mut board, a);
        self.part(&mut board, b);
        board.set_peer(a, b);
        board.set_peer(b, a);
        self.source(a, Source::Peer(outlet_b));
        self.source(b, Source::Peer(outlet_a));
    }

    /// Lets up to eight ports hear each other, and nobody else: they are in one room. Each hears the sum of all others, in
    /// its own codec, in packets of 20 ms.
    ///
    /// `ports` is the whole room, so the same method lets somebody in or out. Ports that are in one room already stay in
    /// it and notice nothing; when they come from several rooms, it is the one that most of them are in, or the first such.
    /// Who else is in it hears [`Audio::Silence`] from here on; the rooms that the others left go on without them. Ports that are closed, and repeats, do not count. A room of one port hears
    /// nothing. A room ends when its last port leaves it, by whatever method.
    ///
    /// # Errors
    /// [`MediaError::Room`] when there are more than eight; then nothing changes.
    pub fn join(&self, ports: &[PortId]) -> Result<(), MediaError> {
        let mut board = self.inner.board();
        let mut together: Vec<PortId> = Vec::new();
        for port in ports {
            if board.is_open(*port) && !together.contains(port) {
                together.push(*port);
            }
        }
        if together.len() > ROOM_MAX {
            return Err(MediaError::Room(together.len()));
        }
        if !together.is_empty() {
            self.gather(&mut board, &together);
        }
        Ok(())
    }

    /// Ends the connection of a port: it and the port it was connected to hear [`Audio::Silence`]. From a room only the
    /// port itself parts.
    pub fn disconnect(&self, port: PortId) {
        self.part(&mut self.inner.board(), port);
    }

    /// Closes a port and ends its connection. The number is free again as soon as the thread that owns it sees this,
    /// which is at once unless it is busy.
    pub fn close(&self, port: PortId) {
        let mut board = self.inner.board();
        self.part(&mut board, port);
        if board.remove(port) {
            self.inner.inbox(port).order(port, |order| order.closed = true);
        }
    }

    /// What was counted since the start, all threads together.
    pub fn stats(&self) -> Stats {
        self.inner.totals.stats()
    }

    /// Closes all ports and ends the threads. Other handles remain, but open nothing any more.
    pub fn stop(self) {
        self.inner.stop();
        let threads = std::mem::take(&mut *self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a media thread had panicked");
            }
        }
    }

    /// Makes `together`, which are open, the ports of one room.
    fn gather(&self, board: &mut Switchboard, together: &[PortId]) {
        let room = board.room_of_most(together).unwrap_or_else(|| {
            let room = board.new_room();
            self.inner.inbox_of_room(room.id).order_room(Arc::clone(&room));
            room
        });
        let were = board.ports_in(room.id).to_vec();
        for port in were.iter().filter(|port| !together.contains(port)) {
            self.part(board, *port);
        }
        for port in together.iter().filter(|port| !were.contains(port)) {
            self.part(board, *port);
            board.enter(room.id, *port);
            self.source(*port, Source::Room(Arc::clone(&room)));
        }
    }

    /// Takes a port and its peer apart, if it has one, or out of its room.
    fn part(&self, board: &mut Switchboard, port: PortId) {
        let (was, ended) = board.part(port);
        if was != With::Nobody {
            self.source(port, Source::Audio(Audio::Silence));
        }
        if let With::Peer(peer) = was {
            self.source(peer, Source::Audio(Audio::Silence));
        }
        if let Some(room) = ended {
            self.inner.inbox_of_room(room).order_room_end(room);
        }
    }

    fn source(&self, port: PortId, source: Source) {
        self.inner.inbox(port).order(port, |order| order.source = Some(source));
    }
}

impl Inner {
    fn board(&self) -> MutexGuard<'_, Switchboard> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where orders for a port go: each port belongs to one thread for life.
    fn inbox(&self, port: PortId) -> &Inbox {
        let threads = self.inboxes.len() as u64;
        &self.inboxes[(port.0 % threads) as usize]
    }

    /// Where orders for a room go: the thread that mixes it.
    fn inbox_of_room(&self, room: RoomId) -> &Inbox {
        let threads = self.inboxes.len() as u64;
        &self.inboxes[(room.0 % threads) as usize]
    }

    fn stop(&self) {
        let mut board = self.board();
        board.clear();
        for inbox in &self.inboxes {
            inbox.stop();
        }
    }
}

impl Drop for Inner {
    /// With the last handle the threads end too, though nobody waits for them.
    fn drop(&mut self) {
        self.stop();
    }
}
