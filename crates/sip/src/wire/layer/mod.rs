//! The transaction layer (RFC 3261, 17, with RFC 6026), as a pure state machine: messages, orders and the time go in,
//! messages and events come out.
//!
//! This takes the place of the library's transaction layer, which
//! * holds a queue of 14 KiB and needs a task for each transaction, and keeps finished ones whole for 32 s;
//! * repeats our 2xx by itself, as the leg does, and swallows the other side's repeated ones, which the leg must see;
//! * writes to slow peers from the loop that reads for everybody;
//! * encodes the user part of a Request-URI a second time (`sip:a%20b@…` goes out as `sip:a%2520b@…`).
//!
//! What is kept of a finished transaction is one encoded message, or none.

mod client;
mod print;
mod server;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{ClientTxn, FromWire};
use crate::place::Flow;
use client::Client;
pub(super) use client::Outgoing;
pub(super) use print::top_via;
use print::{Print, Prints};
use server::Server;
pub(super) use server::Standing;

/// The estimate of a round trip (RFC 3261, 17.1.1.1).
const T1: Duration = Duration::from_millis(500);
/// The longest interval between two repetitions.
const T2: Duration = Duration::from_secs(4);
/// For how long the network may hold a message back.
const T4: Duration = Duration::from_secs(5);
/// 64·T1: how long anything is waited for.
const LONG: Duration = Duration::from_secs(32);
/// For how long an INVITE of ours may ring without a final answer or a CANCEL (timer C).
const RINGING_MAX: Duration = Duration::from_secs(600);

/// What is to be done, in this order.
#[derive(Debug)]
pub(super) enum Output {
    /// Send it.
    Send(Flow, Bytes),
    /// Tell the door.
    Tell(FromWire),
}

/// All transactions.
pub(super) struct Layer {
    prints: Prints,
    user_agent: Box<str>,
    /// Requests of others.
    servers: HashMap<u64, Server>,
    /// Their numbers, but for strangers' requests.
    by_print: HashMap<Print, u64>,
    /// INVITEs answered 2xx, by what their ACK shares with them.
    unacknowledged: HashMap<Print, u64>,
    /// Our requests.
    clients: HashMap<Print, Client>,
    ours: HashMap<ClientTxn, Print>,
    /// Our requests that went by a connection.
    by_connection: HashMap<u64, HashSet<Print>>,
    /// When to look at a transaction again. One that is gone, or has nothing to do then, is passed over.
    due: BinaryHeap<Reverse<(Instant, Due)>>,
    last: u64,
    waiting: usize,
    waiting_max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Server(u64),
    Client(Print),
}

impl Layer {
    pub(super) fn new(user_agent: &str, waiting_max: usize) -> Self {
        Self {
            prints: Prints::default(),
            user_agent: user_agent.into(),
            servers: HashMap::new(),
            by_print: HashMap::new(),
            unacknowledged: HashMap::new(),
            clients: HashMap::new(),
            ours: HashMap::new(),
            by_connection: HashMap::new(),
            due: BinaryHeap::new(),
            last: 0,
            waiting: 0,
            waiting_max,
        }
    }

    /// How many requests of others wait for an answer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many transactions are kept: of others, and ours.
    pub(super) fn kept(&self) -> (usize, usize) {
        (self.servers.len(), self.clients.len())
    }

    /// When [`Self::tick`] has something to do.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((when, _))| *when)
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant) -> Vec<Output> {
        let mut out = Vec::new();
        while let Some(Reverse((when, due))) = self.due.peek().copied()
            && when <= now
        {
            self.due.pop();
            match due {
                Due::Server(number) => self.server_due(number, now, &mut out),
                Due::Client(print) => self.client_due(print, now, &mut out),
            }
        }
        out
    }

    fn wake(&mut self, when: Instant, due: Due) {
        self.due.push(Reverse((when, due)));
    }
}

#[cfg(test)]
mod tests;
