//! The port to the SIP library: transports and transactions below, plain messages above. Nothing of the library's is
//! visible outside this folder.
//!
//! What comes in is one stream of [`FromWire`], in the order of arrival. What goes out never blocks its sender. The
//! wire writes `Via`, `Content-Length`, `User-Agent` and `Server` itself and takes them off what comes in.

use std::net::SocketAddr;
use std::sync::Arc;

use leg::{Headers, Request, Response, ServerTxn};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::place::{Destination, Flow};

/// One of our requests, as its sender numbers it: unique among all that are under way, and for 64·T1 (32 s) after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientTxn(pub u64);

/// What comes in.
#[derive(Debug)]
pub enum FromWire {
    /// A request that wants an answer: neither ACK nor CANCEL, and never the same one twice. An INVITE was answered 100.
    Request {
        /// What to answer by.
        txn: ServerTxn,
        /// The request.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// An ACK of a 2xx, repeated ones too. (Those of other final responses stay here.)
    Ack {
        /// The ACK.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// An INVITE that was not answered finally yet is given up. The CANCEL was answered 200; the INVITE wants its 487.
    Cancel {
        /// The INVITE's transaction.
        txn: ServerTxn,
        /// The CANCEL's headers.
        headers: Headers,
        /// How it came.
        flow: Flow,
    },
    /// A response to a request of ours. Every 2xx to an INVITE is told, also after the first final one, for 64·T1.
    Response {
        /// Our request.
        txn: ClientTxn,
        /// The response.
        response: Response,
        /// How it came.
        flow: Flow,
    },
    /// A request of ours got no final response, and will get none.
    Failed {
        /// Our request.
        txn: ClientTxn,
        /// Why.
        why: leg::Failure,
    },
    /// A connection is gone. What was sent by it and still waits for an answer is told as `Failed`.
    Closed {
        /// The connection.
        flow: Flow,
    },
}

/// The sending side of the port. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wire {
    shared: Arc<()>,
}

impl Wire {
    /// Sends a request and repeats it as its transport asks for. What becomes of it is told by `txn`.
    ///
    /// `branch` is the whole `branch` of its `Via`, magic cookie included; `None` makes a fresh one.
    pub fn send(&self, txn: ClientTxn, branch: Option<&str>, request: Request, to: Destination) {
        let _ = (&self.shared, txn, branch, request, to);
    }

    /// Answers a request. The answers to an unknown transaction, and those after a final one, go nowhere; but a 2xx to
    /// an INVITE may be sent again for 64·T1, which is the sender's business (RFC 3261, 13.3.1.4).
    pub fn respond(&self, txn: ServerTxn, response: Response) {
        let _ = (txn, response);
    }

    /// Sends the ACK of a 2xx, with a fresh branch and in no transaction.
    pub fn ack(&self, request: Request, to: Destination) {
        let _ = (request, to);
    }

    /// Sends a CANCEL for our INVITE `txn`, with these headers on top of those that RFC 3261 9.1 asks for. The INVITE
    /// ends by its final response, or as [`leg::Failure::Timeout`] after 64·T1. Nothing happens when it has ended.
    pub fn cancel(&self, txn: ClientTxn, extra: Headers) {
        let _ = (txn, extra);
    }

    /// Stops repeating a request and tells no more of it, but for a 2xx to an INVITE that may still come.
    pub fn abandon(&self, txn: ClientTxn) {
        let _ = txn;
    }

    /// The address of ours that belongs into `Contact` for messages to `to`.
    #[must_use]
    pub fn local(&self, to: &Destination) -> Option<SocketAddr> {
        match to {
            Destination::Flow(flow) => Some(flow.local),
            Destination::Place(_) => None,
        }
    }
}

/// The receiving side of the port.
pub type Inbox = UnboundedReceiver<FromWire>;
