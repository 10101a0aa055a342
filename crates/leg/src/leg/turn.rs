//! One turn: the time it happens at, and what it says is to be done.

use crate::message::{Request, Response};
use crate::port::{ClientTxn, LegEvent, Output, ServerTxn};
use crate::time::Timestamp;

/// The time and the outputs of one turn.
pub(super) struct Turn {
    pub(super) now: Timestamp,
    pub(super) out: Vec<Output>,
}

impl Turn {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self { now, out: Vec::new() }
    }

    pub(super) fn respond(&mut self, txn: ServerTxn, response: Response) {
        self.out.push(Output::Respond { txn, response });
    }

    pub(super) fn send(&mut self, txn: ClientTxn, request: Request) {
        self.out.push(Output::Send { txn, branch: None, request });
    }

    pub(super) fn ack(&mut self, request: Request) {
        self.out.push(Output::Ack { request });
    }

    pub(super) fn event(&mut self, event: LegEvent) {
        self.out.push(Output::Event(event));
    }
}
