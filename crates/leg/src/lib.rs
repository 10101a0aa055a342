//! One SIP leg as a pure state machine: messages, time-outs and wishes go in; messages and events come out.
//!
//! A [`Leg`] is one dialog of a call, the caller's or an agent's. It owns tags, CSeq, route sets, offer and answer, the
//! repetition of its 2xx until the ACK, the ACK of the other side's 2xx, re-INVITE and UPDATE, REFER with its NOTIFY,
//! and session timers. It has no clock, no chance, no sockets and no threads: every turn is
//! [`Leg::handle`]`(now, input)`, and its answer says all that is to be done.
//!
//! What lies below a leg, the *shell*, owns transports and transactions (RFC 3261, 17): it repeats requests, absorbs
//! repeated ones, repeats final refusals of an INVITE and takes their ACK, answers CANCEL, sends 100, and writes `Via`,
//! `Content-Length` and `User-Agent`.
//!
//! Specifications: RFC 3261 (SIP), 3264 (offer/answer), 3311 (UPDATE), 3326 (Reason), 3515 and 4488 (REFER), 4028
//! (session timers), 6026 (2xx handling), 8866 (SDP), 4733 (telephone-event).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod answerable;
mod dialog;
mod headers;
mod leg;
pub mod message;
mod port;
pub mod sdp;
mod time;
pub mod value;

pub use leg::Leg;
pub use message::{Headers, Method, Request, Response};
pub use port::{
    ClientTxn, End, Failure, Incoming, Input, LegEvent, Numbers, Outgoing, Output, Refer, ServerTxn, SessionTimers,
    Wish,
};
pub use time::Timestamp;
