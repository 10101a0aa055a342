//! Calls, legs, audio and the journal, connected: the engine decides, the switchboard acts.
//!
//! One task owns all of it. Whatever may wake it is a [`Wake`], and each is handled without waiting for anything:
//! commands go to the node and answers come back as wakes, legs are pure values, the wire and the media threads take
//! orders without blocking.
//!
//! A call's *stage* changes with committed entries only, and after each turn every call touched is *mended*: its legs
//! and what they hear are made what its stage asks for. So nothing rings, nobody is put through and nobody is hung up
//! but by a decision that is durable.

mod arrive;
mod ask;
mod board;
mod calls;
mod committed;
mod derive;
mod dial;
mod facts;
mod identity;
mod keep;
mod legs;
mod mend;
mod meters;
mod note;
mod outside;
mod refusals;
mod ring;
mod talk;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use leg::{Headers, Request, Response, ServerTxn, Timestamp};
use media::{Media, MediaEvent};
use node::Node;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

pub use board::{Network, Phones, Wake};
pub use note::forget_legs;

use crate::admission::Admission;
use crate::directory::Directory;
use crate::door::Inbound;
use crate::place::Destination;
use crate::vitals::Vitals;
use crate::wire::{ClientTxn, Wire, answer_to};
use board::Board;
use refusals::Refusal;

/// How long legs have to say goodbye when the switchboard stops.
const GOODBYE: Duration = Duration::from_secs(4);

/// What a switchboard is made of.
pub struct Parts<N> {
    /// The settings it starts with.
    pub directory: Arc<Directory>,
    /// The VDNs whose calls it serves.
    pub nodes: Vec<Node>,
    /// Where agents' phones are.
    pub phones: Phones,
    /// The way out: the wire.
    pub network: N,
    /// The audio of all calls, started with [`Channel::media_events`].
    pub media: Media,
    /// Who is told which phones are in a dialog, and so no strangers.
    pub admission: Arc<Admission>,
    /// 16 bytes nobody can guess, drawn for this start.
    pub secret: [u8; 16],
}

impl<N> fmt::Debug for Parts<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("nodes", &self.nodes).field("media", &self.media).finish_non_exhaustive()
    }
}

/// The switchboard's one channel, made before it, for media must know where to report keys to. It holds no more than
/// what the wire admits, the nodes have room for and the callers press, so it is as bounded as these are.
#[derive(Debug)]
pub struct Channel {
    wakes: UnboundedSender<Wake>,
    inbox: UnboundedReceiver<Wake>,
}

impl Default for Channel {
    fn default() -> Self {
        let (wakes, inbox) = unbounded_channel();
        Self { wakes, inbox }
    }
}

impl Channel {
    /// Where media reports what it hears: for [`Media::start`].
    #[must_use]
    pub fn media_events(&self) -> Box<dyn Fn(MediaEvent) + Send + Sync> {
        let wakes = self.wakes.clone();
        Box::new(move |event| drop(wakes.send(Wake::Media(event))))
    }
}

/// The running switchboard.
#[derive(Debug)]
pub struct Switchboard {
    wakes: UnboundedSender<Wake>,
    calls: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Switchboard {
    /// Starts it: from now on it acts on what the nodes commit. Must be called inside a Tokio runtime.
    #[must_use]
    pub fn start<N: Network + Send + 'static>(channel: Channel, parts: Parts<N>, vitals: &Vitals) -> Self {
        let Channel { wakes, inbox } = channel;
        for node in &parts.nodes {
            let (wakes, vdn) = (wakes.clone(), node.vdn());
            node.on_commit(move |record| {
                if record.entry.is_some() {
                    drop(wakes.send(Wake::Committed(vdn, Arc::clone(record))));
                }
            });
        }
        let calls = Arc::<AtomicUsize>::default();
        let board = Board::new(parts, wakes.clone());
        let task = vitals.run("switchboard", run(board, inbox, Arc::clone(&calls)));
        Self { wakes, calls, task }
    }

    /// Hands on what the door let in. Never blocks.
    pub fn inbound(&self, inbound: Inbound) {
        self.wake(Wake::Inbound(inbound));
    }

    /// The same for who outlives this handle: calls end in order only while answers still come in.
    #[must_use]
    pub fn entrance(&self) -> Box<dyn Fn(Inbound) + Send> {
        let wakes = self.wakes.clone();
        Box::new(move |inbound| drop(wakes.send(Wake::Inbound(inbound))))
    }

    /// Swaps the settings. Legs keep what they were made with.
    pub fn reload(&self, directory: Arc<Directory>) {
        self.wake(Wake::Settings(directory));
    }

    /// How many calls there are.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Takes no new calls, hangs up all legs, and waits until they have said goodbye, for 4 s at most.
    pub async fn stop(self) {
        self.wake(Wake::Shutdown);
        if self.task.await.is_err_and(|error| error.is_panic()) {
            tracing::error!("the switchboard had panicked");
        }
    }

    fn wake(&self, wake: Wake) {
        // When the task is gone, nobody is left to be woken.
        drop(self.wakes.send(wake));
    }
}

/// The one loop.
async fn run<N: Network>(mut board: Board<N>, mut inbox: UnboundedReceiver<Wake>, calls: Arc<AtomicUsize>) {
    let clock = Clock::start();
    let mut batch = Vec::with_capacity(BATCH);
    let mut deadline = None;
    loop {
        let due = [board.next_due(), deadline].into_iter().flatten().min();
        tokio::select! {
            biased;
            _ = inbox.recv_many(&mut batch, BATCH) => {}
            () = clock.until(due) => {}
        }
        for wake in batch.drain(..) {
            if matches!(wake, Wake::Shutdown) {
                deadline = Some(clock.now() + GOODBYE);
            }
            board.handle(clock.now(), wake);
        }
        let now = clock.now();
        if board.next_due().is_some_and(|due| due <= now) {
            board.handle(now, Wake::Timer);
        }
        calls.store(board.publish(), Ordering::Relaxed);
        if deadline.is_some_and(|deadline| board.is_quiet() || now >= deadline) {
            return;
        }
    }
}

/// How many wakes are handled before timers and figures are looked at.
const BATCH: usize = 64;

/// The time legs are told: microseconds since the start of the switchboard.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn now(&self) -> Timestamp {
        Timestamp(0) + self.0.elapsed()
    }

    /// Waits until then; for ever when there is nothing to wait for.
    async fn until(&self, due: Option<Timestamp>) {
        match due.and_then(|due| u64::try_from(due.0).ok()) {
            Some(micros) => tokio::time::sleep_until((self.0 + Duration::from_micros(micros)).into()).await,
            None => std::future::pending().await,
        }
    }
}

impl Network for Wire {
    fn send(&self, txn: ClientTxn, branch: Option<&str>, request: Request, to: Destination) {
        Self::send(self, txn, branch, request, to);
    }

    fn respond(&self, txn: ServerTxn, response: &Response) {
        Self::respond(self, txn, response);
    }

    fn ack(&self, request: &Request, to: Destination) {
        Self::ack(self, request, to);
    }

    fn cancel(&self, txn: ClientTxn, extra: Headers) {
        Self::cancel(self, txn, extra);
    }

    fn local(&self, to: &Destination) -> Option<SocketAddr> {
        Self::local(self, to)
    }
}

/// A final answer to a request that no leg answers; `tag` stands in for a leg's.
fn reply(request: &Request, refusal: Refusal, tag: &str) -> Response {
    let mut response = answer_to(request, refusal.status, tag);
    if let Some(pause) = refusal.retry_after {
        response.headers.push("Retry-After", &pause.as_secs().to_string());
    }
    response
}
