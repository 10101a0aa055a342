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
//! An agent's phone is rung, and picks up:
//!
//! ```
//! use leg::{ClientTxn, Headers, Input, Leg, LegEvent, Numbers, Outgoing, Output, Response, SessionTimers, Timestamp};
//!
//! let (mut leg, outputs) = Leg::outgoing(
//!     Timestamp(0),
//!     Outgoing {
//!         call_id: "7d3f@anteroom".into(),
//!         local_tag: "a1".into(),
//!         branch: "z9hG4bK-7d3f".into(),
//!         target: "sip:1099@192.0.2.9:5062".into(),
//!         routes: Vec::new(),
//!         from_display: "".into(),
//!         from: "sip:0301@demo.example".into(),
//!         to: "sip:1099@demo.example".into(),
//!         contact: "sip:192.0.2.1:5060".into(),
//!         extra: Headers::new(),
//!         media: "192.0.2.1:20000".parse()?,
//!         numbers: Numbers { cseq: 1, sdp_session: 1, sdp_version: 1, chance: 4 },
//!         timers: SessionTimers::default(),
//!         silent_after: None,
//!         unanswered_after: None,
//!     },
//! );
//! assert!(matches!(&outputs[..], [Output::Send { txn: ClientTxn(0), .. }]));
//!
//! let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
//! let response = Response::new(200)
//!     .with("From", "<sip:0301@demo.example>;tag=a1")
//!     .with("To", "<sip:1099@demo.example>;tag=b2")
//!     .with("Call-ID", "7d3f@anteroom")
//!     .with("CSeq", "1 INVITE")
//!     .with("Contact", "<sip:1099@192.0.2.9:5062>")
//!     .with_body("application/sdp", sdp.into());
//! let outputs = leg.handle(Timestamp(2_500_000), Input::Response { txn: ClientTxn(0), response });
//! assert!(matches!(
//!     &outputs[..],
//!     [Output::Ack { .. }, Output::Event(LegEvent::Media(_)), Output::Event(LegEvent::Answered)]
//! ));
//! # Ok::<(), std::net::AddrParseError>(())
//! ```
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

pub use leg::{Leg, Memory};
pub use message::{Headers, Method, Request, Response};
pub use port::{
    ClientTxn, End, Failure, Incoming, Input, LegEvent, Numbers, Outgoing, Output, Refer, ServerTxn, SessionTimers,
    Wish,
};
pub use time::Timestamp;
