//! A media thread: one loop that takes orders, plays what is due and passes on what came in.

use crate::clock::{Clock, PHASES, Step};
use crate::line::{DATAGRAM_MAX, Line, is_passing};
use crate::media::{MediaEvent, PortId};
use crate::orders::{Inbox, Order};
use crate::outlet::Outlet;
use crate::ports::BoundSocket;
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
    /// How many lines play; with none the loop needs no beat.
    playing: usize,
    step: Step,
    /// Lines that had more to read than a burst.
    unread: Vec<usize>,
    orders: HashMap<PortId, Order>,
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
            playing: 0,
            step: Step::of(clock.now()),
            unread: Vec::new(),
            orders: HashMap::new(),
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
            self.play_due();
            self.receive_all(&events);
            self.tally.publish();
        }
        self.lines.iter_mut().flatten().for_each(Line::close);
    }

    /// How long there is nothing to do but wait for packets and orders.
    fn pause(&self) -> Option<Duration> {
        if !self.unread.is_empty() {
            return Some(Duration::ZERO);
        }
        (self.playing > 0).then(|| self.step.after(&self.clock))
    }

    /// Carries out the orders. `false` when the thread is to end.
    fn obey(&mut self) -> bool {
        if self.playing == 0 {
            self.step = Step::of(self.clock.now()).next();
        }
        let mut orders = std::mem::take(&mut self.orders);
        let stop = self.inbox.take(&mut orders);
        for (port, order) in orders.drain() {
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
            self.step = self.step.next();
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
            match taken.relayed {
                Ok(()) => self.tally.now.relayed += 1,
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
