//! A media thread: one loop that takes orders, plays what is due and passes on what came in.

use crate::clock::{Clock, PHASES, Step};
use crate::line::{DATAGRAM_MAX, Line, is_passing};
use crate::media::{MediaEvent, PortId};
use crate::orders::{Inbox, Order, Work};
use crate::outlet::Outlet;
use crate::ports::BoundSocket;
use crate::room::{Mix, Room, RoomId};
use crate::sounds::Sounds;
use crate::tally::{Tally, Totals};
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The token of the inbox; those of lines count from 0.
const WAKE: Token = Token(usize::MAX);
/// How many sockets one turn of the loop looks after.
const EVENTS: usize = 1024;
/// How many packets one socket may have taken from it before the others have their turn.
const BURST: usize = 16;
/// Frames later than this many steps (100 ms) are not made up for: a jitter buffer would drop them anyway.
const LATE_MAX: u64 = 5 * PHASES;
/// How long after orders the thread looks for more of them without being woken. A call begins and ends with several
/// orders; to wake a thread costs more than any of them.
pub(crate) const GATHER: Duration = Duration::from_millis(2);

/// A media thread and all it owns.
pub(crate) struct Worker {
    poll: Poll,
    inbox: Arc<Inbox>,
    clock: Clock,
    sounds: Arc<Sounds>,
    on_event: Arc<dyn Fn(MediaEvent) + Send + Sync>,
    tally: Tally,
    lines: Vec<Option<Line>>,
    vacant: Vec<usize>,
    slots: HashMap<PortId, usize>,
    /// The rooms it mixes, by phase.
    rooms: [Vec<Arc<Room>>; PHASES as usize],
    /// What the ports of one room are to hear; its room is reused.
    mixes: Vec<Mix>,
    /// How many lines play and how many rooms there are; with none the loop needs no beat.
    playing: usize,
    step: Step,
    /// Lines that had more to read than a burst.
    unread: Vec<usize>,
    orders: Work,
    /// There were orders, so there may be more soon.
    gathers: bool,
    buffer: Box<[u8]>,
}

impl Worker {
    pub(crate) fn new(
        clock: Clock,
        sounds: Arc<Sounds>,
        on_event: Arc<dyn Fn(MediaEvent) + Send + Sync>,
        totals: Arc<Totals>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let inbox = Arc::new(Inbox::new(Waker::new(poll.registry(), WAKE)?));
        Ok(Self {
            poll,
            inbox,
            clock,
            sounds,
            on_event,
            tally: Tally::new(totals),
            lines: Vec::new(),
            vacant: Vec::new(),
            slots: HashMap::new(),
            rooms: std::array::from_fn(|_| Vec::new()),
            mixes: Vec::new(),
            playing: 0,
            step: Step::of(clock.now()),
            unread: Vec::new(),
            orders: Work::default(),
            gathers: false,
            // One byte more than we accept, so that a longer datagram is seen to be one.
            buffer: vec![0; DATAGRAM_MAX + 1].into(),
        })
    }

    pub(crate) fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }

    /// Runs until the inbox says stop.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            match self.poll.poll(&mut events, self.pause()) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    tracing::error!(%error, "a media thread ends: it cannot wait for packets");
                    self.inbox.stop();
                    break;
                }
            }
            if !self.obey() {
                break;
            }
            // What has come in is put into the rooms before they are mixed.
            self.receive_all(&events);
            self.play_due();
            self.tally.publish();
        }
        self.lines.iter_mut().flatten().for_each(Line::close);
    }

    /// How long there is nothing to do but wait for packets and orders.
    fn pause(&self) -> Option<Duration> {
        if !self.unread.is_empty() {
            return Some(Duration::ZERO);
        }
        let beat = (self.playing > 0).then(|| self.step.after(&self.clock));
        let gather = self.gathers.then_some(GATHER);
        [beat, gather].into_iter().flatten().min()
    }

    /// Carries out the orders. `false` when the thread is to end.
    fn obey(&mut self) -> bool {
        if self.playing == 0 {
            self.step = Step::of(self.clock.now()).next();
        }
        let mut orders = std::mem::take(&mut self.orders);
        let stop = self.inbox.take(&mut orders);
        self.gathers = !orders.is_empty();
        for (room, order) in orders.rooms.drain() {
            self.carry_out_room(room, order);
        }
        for (port, order) in orders.ports.drain() {
            self.carry_out(port, order);
        }
        self.orders = orders;
        !stop
    }

    fn carry_out(&mut self, port: PortId, order: Order) {
        if let Some((bound, outlet)) = order.opened {
            self.open(bound, outlet);
        }
        let Some(slot) = self.slots.get(&port).copied() else { return };
        let Some(line) = self.lines[slot].as_mut() else { return };
        let played = line.plays;
        if let Some(remote) = order.remote {
            line.set_remote(remote);
        }
        if let Some(source) = order.source {
            line.set_source(source);
        }
        if order.closed {
            line.plays = false;
        }
        self.playing = self.playing + usize::from(line.plays) - usize::from(played);
        if order.closed {
            line.close();
            self.lines[slot] = None;
            self.slots.remove(&port);
            self.vacant.push(slot);
        }
    }

    fn carry_out_room(&mut self, id: RoomId, order: Option<Arc<Room>>) {
        let count = |rooms: &[Vec<Arc<Room>>]| rooms.iter().map(Vec::len).sum::<usize>();
        let before = count(&self.rooms);
        match order {
            Some(room) => {
                if let Some(phase) = self.rooms.iter_mut().min_by_key(|phase| phase.len()) {
                    phase.push(room);
                }
            }
            None => self.rooms.iter_mut().for_each(|phase| phase.retain(|room| room.id != id)),
        }
        self.playing = self.playing + count(&self.rooms) - before;
    }

    fn open(&mut self, mut bound: BoundSocket, outlet: Arc<Outlet>) {
        let slot = self.vacant.pop().unwrap_or(self.lines.len());
        if let Err(error) = self.poll.registry().register(&mut bound.socket, Token(slot), Interest::READABLE) {
            tracing::error!(%error, port = bound.local().port(), "an RTP port will receive nothing");
        }
        self.slots.insert(outlet.id, slot);
        let line = Some(Line::new(Arc::new(bound), outlet));
        match self.lines.get_mut(slot) {
            Some(vacant) => *vacant = line,
            None => self.lines.push(line),
        }
    }

    /// Plays every step that has begun. Each line has its turn in one step of four; what it hears is timed by the
    /// step, so being late changes when packets leave, not what is in them.
    fn play_due(&mut self) {
        if self.playing == 0 {
            return;
        }
        let now = Step::of(self.clock.now());
        self.step = self.step.max(now.before(LATE_MAX));
        while self.step <= now {
            for line in self.lines.iter().skip(self.step.phase()).step_by(PHASES as usize).flatten() {
                if !line.plays {
                    continue;
                }
                match line.outlet.lock().play(self.step, &self.sounds) {
                    Some(Ok(())) => self.tally.now.played += 1,
                    Some(Err(cause)) => self.tally.drop(cause),
                    None => {}
                }
            }
            self.mix_rooms();
            self.step = self.step.next();
        }
    }

    /// Mixes the rooms whose turn it is. Sockets are used only when a room is free again for what other threads receive.
    fn mix_rooms(&mut self) {
        for room in &self.rooms[self.step.phase()] {
            room.mix(&mut self.mixes);
            for mix in self.mixes.drain(..) {
                match mix.send(room.id, self.step) {
                    Some(Ok(())) => self.tally.now.mixed += 1,
                    Some(Err(cause)) => self.tally.drop(cause),
                    None => {}
                }
            }
        }
    }

    fn receive_all(&mut self, events: &Events) {
        let clock = self.clock.now();
        let mut unread = std::mem::take(&mut self.unread);
        for slot in unread.drain(..) {
            self.receive(slot, clock);
        }
        // Its room is reused, unless new ones were added meanwhile.
        if self.unread.is_empty() {
            self.unread = unread;
        }
        for event in events.iter().filter(|event| event.token() != WAKE) {
            self.receive(event.token().0, clock);
        }
    }

    /// Reads a socket until it is empty or has had its share.
    fn receive(&mut self, slot: usize, clock: u64) {
        let Some(line) = self.lines.get_mut(slot).and_then(Option::as_mut) else { return };
        for _ in 0..BURST {
            let (length, from) = match line.bound.socket.recv_from(&mut self.buffer) {
                Ok(received) => received,
                Err(error) if is_passing(&error) => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    tracing::warn!(%error, port = line.bound.local().port(), "an RTP port cannot be read");
                    return;
                }
            };
            self.tally.now.received += 1;
            let taken = line.take_in(&mut self.buffer, length, from, clock);
            match taken.passed {
                Ok(count) => self.tally.now.relayed += count,
                Err(cause) => self.tally.drop(cause),
            }
            if let Some(key) = taken.key {
                self.tally.now.keys += 1;
                (self.on_event)(MediaEvent::Dtmf { port: line.outlet.id, key });
            }
        }
        self.unread.push(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::Source;
    use crate::ports::PortPool;
    use crate::settings::{Audio, Codec, Remote, Settings};
    use crate::stream::Stream;
    use std::net::{IpAddr, Ipv4Addr, UdpSocket};

    const PORT: PortId = PortId(0);

    /// A worker whose loop is turned by hand, and the phone of its only port.
    fn worker(number: u16) -> (Worker, Arc<Totals>, UdpSocket) {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let settings = Settings::new(address, number..=number);
        let totals = Arc::new(Totals::default());
        let sounds = Arc::new(Sounds::new(&settings).expect("the default sounds"));
        let worker = Worker::new(Clock::start(), sounds, Arc::new(|_| ()), Arc::clone(&totals)).expect("a worker");
        let bound = PortPool::new(address, number..=number).expect("range").bind().expect("a port for this test");
        let phone = UdpSocket::bind("127.0.0.1:0").expect("loopback");
        phone.connect(bound.local()).expect("a way");
        let remote = Remote {
            address: phone.local_addr().expect("bound"),
            codec: Codec::Pcma,
            payload_type: 8,
            telephone_event: None,
            send: true,
            receive: true,
        };
        let outlet = Arc::new(Outlet::new(PORT, Stream::new(0).expect("chance")));
        worker.inbox.order(PORT, |order| {
            order.opened = Some((bound, outlet));
            order.remote = Some(remote);
        });
        (worker, totals, phone)
    }

    fn play(worker: &mut Worker, audio: Audio) {
        worker.inbox.order(PORT, |order| order.source = Some(Source::Audio(audio)));
        obey_all(worker);
    }

    /// Carries out what was ordered, and looks once more.
    fn obey_all(worker: &mut Worker) {
        assert!(worker.obey());
        assert!(worker.pause().is_some_and(|pause| pause <= GATHER), "more may come");
        assert!(worker.obey());
    }

    #[test]
    fn the_loop_has_a_beat_only_while_something_plays() {
        let (mut worker, ..) = worker(21_110);
        obey_all(&mut worker);
        assert_eq!(worker.pause(), None);
        for (audio, plays) in
            [(Audio::Hold, true), (Audio::Ringback, true), (Audio::Silence, false), (Audio::Hold, true)]
        {
            play(&mut worker, audio);
            assert_eq!(worker.pause().is_some(), plays, "{audio:?}");
        }
        worker.inbox.order(PORT, |order| order.closed = true);
        obey_all(&mut worker);
        assert_eq!(worker.pause(), None);
    }

    #[test]
    fn after_a_long_delay_only_the_last_frames_are_made_up_for() {
        let (mut worker, totals, _phone) = worker(21_112);
        play(&mut worker, Audio::Hold);
        worker.clock = Clock::started_ago(Duration::from_secs(60));
        worker.play_due();
        worker.tally.publish();
        let played = totals.stats().played;
        assert!((5..=6).contains(&played), "100 ms of a minute: {played}");
    }

    #[test]
    fn a_full_socket_is_read_to_its_end_in_several_turns() {
        let (mut worker, totals, phone) = worker(21_114);
        obey_all(&mut worker);
        let packets = BURST as u64 * 2 + 3;
        for _ in 0..packets {
            phone.send(&[0x80; 172]).expect("sent");
        }
        let mut events = Events::with_capacity(8);
        let mut turns = Vec::new();
        while turns.last() != Some(&packets) {
            worker.poll.poll(&mut events, worker.pause().or(Some(Duration::from_secs(10)))).expect("packets wait");
            worker.receive_all(&events);
            worker.tally.publish();
            assert_ne!(turns.last(), Some(&totals.stats().received), "a turn without a packet, and still some unread");
            turns.push(totals.stats().received);
        }
        assert_eq!(turns, [BURST as u64, BURST as u64 * 2, packets]);
        assert_eq!(worker.pause(), None, "nothing is left to read");
    }

    #[test]
    fn a_port_closed_before_its_thread_saw_it_leaves_nothing_behind() {
        let (mut worker, ..) = worker(21_116);
        assert!(UdpSocket::bind("127.0.0.1:21116").is_err());
        worker.inbox.order(PORT, |order| order.closed = true);
        assert!(UdpSocket::bind("127.0.0.1:21116").is_ok(), "its socket is closed at once");
        worker.inbox.take(&mut worker.orders);
        assert!(worker.orders.is_empty());
    }
}
