//! What goes into a leg and what comes out of it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::message::{Headers, Request, Response};
use crate::sdp::{Agreed, Direction};
use crate::value::Reason;

/// A request of the other side that wants an answer. The shell makes the number and maps it to the library's
/// transaction; it must be unique within the leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerTxn(pub u64);

/// A request of ours. The leg makes the number: 0 for the first INVITE of an outgoing leg, then counting up. The shell
/// maps (leg, number) to the library's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientTxn(pub u32);

/// What a leg is told. See [`crate::Leg::handle`].
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A request in this leg's dialog, found by Call-ID and local tag. Neither ACK nor CANCEL.
    Request {
        /// The transaction that wants the answer.
        txn: ServerTxn,
        /// The request.
        request: Request,
    },
    /// An ACK in this leg's dialog. The ACK of a refused INVITE is the transaction's and does not come here.
    Ack(Request),
    /// A CANCEL for the INVITE or re-INVITE `txn`. The transport has answered the CANCEL itself (200).
    Cancel {
        /// The INVITE's transaction.
        txn: ServerTxn,
        /// The CANCEL's headers; read for `Reason`.
        headers: Headers,
    },
    /// A response to a request of ours. Each 2xx to an INVITE is handed in, the repeated ones too, also after the
    /// transaction was over.
    Response {
        /// Our request.
        txn: ClientTxn,
        /// The response.
        response: Response,
    },
    /// A request of ours got no final response in time, or could not be sent.
    Failed {
        /// Our request.
        txn: ClientTxn,
        /// What went wrong.
        why: Failure,
    },
    /// [`crate::Leg::next_deadline`] has passed. Harmless when it has not.
    Due,
    /// Something the house wants.
    Wish(Wish),
}

/// Why a request of ours got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Timer B or F fired.
    Timeout,
    /// The transport could not deliver it.
    Transport,
}

/// What the house wants of a leg. A wish that no longer fits (an answer after the caller's CANCEL, say) does nothing:
/// the event that made it pointless has been or is being reported.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// Incoming, unanswered: 180.
    Ring,
    /// Incoming, unanswered: 200 with our session description. When the INVITE carried an offer, [`LegEvent::Media`]
    /// follows in the same turn, else with the ACK. The 200 is repeated until the ACK.
    Answer {
        /// Where we receive RTP; goes into the description.
        media: SocketAddr,
    },
    /// Incoming, unanswered: a final refusal.
    Reject {
        /// 300 to 699; anything else becomes 500.
        status: u16,
        /// Put into a `Reason` header.
        reason: Option<Reason>,
        /// Put into a `Retry-After` header.
        retry_after: Option<Duration>,
    },
    /// Ends the leg in whatever way its state asks for: 480 to an unanswered INVITE; CANCEL of a ringing one (as soon
    /// as a provisional response allows it; a late 200 is acknowledged and hung up); BYE, after the ACK where one is
    /// still due. [`LegEvent::Ended`] follows in the same turn, [`LegEvent::Gone`] when nothing is left to do.
    HangUp {
        /// Put into a `Reason` header of the CANCEL or BYE.
        reason: Option<Reason>,
    },
    /// Answers [`LegEvent::Offered`].
    AnswerOffer {
        /// Where we receive RTP.
        media: SocketAddr,
    },
    /// Refuses [`LegEvent::Offered`]; the session stays as it was.
    RefuseOffer {
        /// 488 in most cases; 300 to 699, anything else becomes 500.
        status: u16,
    },
    /// Answered legs: sends a re-INVITE with this description, as soon as no other exchange is under way. A later one
    /// replaces one that waits. Ends in [`LegEvent::Media`] or [`LegEvent::OfferRefused`].
    Offer {
        /// Where we receive RTP.
        media: SocketAddr,
        /// What we are willing to do; `SendOnly` or `Inactive` put the other side on hold.
        direction: Direction,
    },
    /// Accepts [`LegEvent::Refer`]: 202. At least one [`Wish::NotifyRefer`] must follow, the last with `final`.
    AcceptRefer,
    /// Refuses [`LegEvent::Refer`] by a final response.
    RefuseRefer {
        /// 300 to 699; anything else becomes 500.
        status: u16,
        /// Put into a `Reason` header.
        reason: Option<Reason>,
    },
    /// After [`Wish::AcceptRefer`]: tells the other side how the transfer goes, by NOTIFY with a `message/sipfrag`
    /// body (RFC 3515, 2.4.5).
    NotifyRefer {
        /// The status of the referred attempt: 100, 180, 200, 486 …
        status: u16,
        /// Whether this ends the implicit subscription.
        last: bool,
    },
}

/// What a leg asks the shell to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Answer a request. A repeated 2xx to an INVITE comes as another `Respond` of the same transaction (RFC 3261,
    /// 13.3.1.4: the repetition is ours on every transport). The response lacks `Via` only.
    Respond {
        /// The request's transaction.
        txn: ServerTxn,
        /// What to answer.
        response: Response,
    },
    /// Send a request in a transaction of its own. The request lacks `Via` only; it goes to the leg's flow, or else
    /// to [`crate::Leg::next_hop`].
    Send {
        /// The number responses will be told by.
        txn: ClientTxn,
        /// The `branch` the `Via` must carry, the whole of it with its magic cookie; `None`: any fresh one. Only the
        /// first INVITE has one, so that a repeat after a crash is recognised as a retransmission.
        branch: Option<Box<str>>,
        /// The request.
        request: Request,
    },
    /// Send the ACK of a 2xx: in no transaction, with a fresh branch, to the leg's flow or [`crate::Leg::next_hop`].
    Ack {
        /// The ACK.
        request: Request,
    },
    /// Send a CANCEL for the INVITE `txn`: its Request-URI, branch, From, To, Call-ID, Route and CSeq number are
    /// those of the INVITE (RFC 3261, 9.1).
    Cancel {
        /// The INVITE.
        txn: ClientTxn,
        /// Put into a `Reason` header.
        reason: Option<Reason>,
    },
    /// Tell the house.
    Event(LegEvent),
}

/// What happened on a leg.
#[derive(Clone, Debug, PartialEq)]
pub enum LegEvent {
    /// Outgoing: a provisional response above 100. 180 means that the phone rings.
    Progress {
        /// 101 to 199.
        status: u16,
    },
    /// Outgoing: no provisional response within the time that [`crate::Outgoing`] set. Told once; the leg goes on
    /// until it is hung up.
    Silent,
    /// Outgoing: no final response within the time that [`crate::Outgoing`] set. Told once; the leg goes on until it is
    /// hung up.
    Unanswered,
    /// Outgoing: a 2xx came and was acknowledged. [`LegEvent::Media`] came before it in the same turn.
    Answered,
    /// Incoming: the ACK of our 200 came.
    Acknowledged,
    /// A session description was agreed on, the first or another one. From now on audio goes this way.
    Media(Agreed),
    /// The other side offers another session by re-INVITE or UPDATE: hold, retrieve, another address. Waits for
    /// [`Wish::AnswerOffer`] or [`Wish::RefuseOffer`]. An offer that changes nothing is answered by the
    /// leg itself, and so is a re-INVITE that asks us to offer.
    Offered {
        /// What will be agreed on if it is accepted.
        agreed: Agreed,
    },
    /// The pending offer was taken back by CANCEL; its wish is no longer due.
    OfferWithdrawn,
    /// Our [`Wish::Offer`] failed; the session stays as it was.
    OfferRefused {
        /// The other side's final status; 408 when none came, 488 when its answer was of no use.
        status: u16,
    },
    /// The other side asks for a transfer. Waits for [`Wish::AcceptRefer`] or [`Wish::RefuseRefer`]; a second REFER
    /// meanwhile is refused by the leg (491).
    Refer(Refer),
    /// A key was pressed, told by INFO (`application/dtmf-relay` or `application/dtmf`): `0`-`9`, `*`, `#`, `A`-`D`.
    Dtmf(char),
    /// CSeq numbers and session versions below these may be in use from now on: note them. A leg taken up after a
    /// restart starts with these. Told every 100 numbers, 50 before they are needed.
    Reserve {
        /// For [`Numbers::cseq`].
        cseq: u32,
        /// For [`Numbers::sdp_version`].
        sdp_version: u64,
    },
    /// The leg serves the call no more. Told exactly once.
    Ended(End),
    /// Nothing is left to do: drop the leg. Told exactly once, after [`LegEvent::Ended`]; the last output of all.
    Gone,
}

/// A REFER (RFC 3515), as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refer {
    /// The URI of `Refer-To`, without angle brackets, parameters and headers included.
    pub target: Box<str>,
    /// Its user part, percent-encoding undone; empty for none.
    pub user: Box<str>,
    /// Its host with port as written; empty for a `tel` URI.
    pub host: Box<str>,
    /// The dialog that the call shall take the place of (`Replaces`, RFC 3891): an attended transfer. Call-ID, then the
    /// two tags as parameters, percent-encoding undone.
    pub replaces: Option<Box<str>>,
}

impl Refer {
    /// Whether it would take the place of a dialog with this tag of ours, on whichever side the phone puts it.
    #[must_use]
    pub fn replaces_tag(&self, ours: &str) -> bool {
        let params = self.replaces.iter().flat_map(|value| value.split(';').skip(1));
        params.filter_map(|param| param.split_once('=')).any(|(name, tag)| {
            let name = name.trim();
            tag.trim() == ours && (name.eq_ignore_ascii_case("to-tag") || name.eq_ignore_ascii_case("from-tag"))
        })
    }
}

/// How a leg ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Incoming: the caller's CANCEL.
    Cancelled {
        /// From the CANCEL's `Reason` header.
        reason: Option<Reason>,
    },
    /// Incoming: we refused it, by wish or because the request itself left no choice.
    Refused {
        /// What we answered.
        status: u16,
    },
    /// Outgoing: the other side's final answer, 300 to 699.
    Rejected {
        /// Its status.
        status: u16,
    },
    /// The other side's BYE.
    PeerHungUp {
        /// From the BYE's `Reason` header.
        reason: Option<Reason>,
    },
    /// Our BYE or CANCEL, by [`Wish::HangUp`].
    HungUp,
    /// Incoming: our 200 was not acknowledged within 64·T1 (RFC 3261, 13.3.1.4); a BYE was sent.
    NoAck,
    /// No refresh of the session in time (RFC 4028, 10); a BYE was sent.
    SessionExpired,
    /// The other side no longer knows the dialog (481), or does not answer in it (408, time-out).
    PeerLost,
    /// Outgoing: the INVITE got no final response, or could not be sent.
    Unreachable(Failure),
    /// The other side's answer has no session description we can use; a BYE was sent.
    NoCommonMedia,
}

/// How a leg's counters start. A leg that is taken up after a restart starts them at what [`LegEvent::Reserve`] said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The CSeq of our first request, 1 to 2³¹-1.
    pub cseq: u32,
    /// The session id of our descriptions (`o=`, RFC 8866 5.2): unique for this leg.
    pub sdp_session: u64,
    /// The version of our first description.
    pub sdp_version: u64,
    /// Any number drawn by chance: source of the back-off after glare, so that two sides do not retry together.
    pub chance: u64,
}

/// Session timers (RFC 4028).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimers {
    /// The interval we propose, in seconds; at least `min_seconds`. 1800 is usual.
    pub interval_seconds: u32,
    /// The shortest interval we agree to, in seconds, at least 90 (RFC 4028, 5).
    pub min_seconds: u32,
}

impl Default for SessionTimers {
    fn default() -> Self {
        Self { interval_seconds: 1800, min_seconds: 90 }
    }
}

/// What an incoming leg is made of, besides the INVITE.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Our tag: a token, unique and hard to guess.
    pub local_tag: Box<str>,
    /// Our `Contact`, as a URI.
    pub contact: Box<str>,
    /// Where the counters start.
    pub numbers: Numbers,
    /// The session timers we ask for.
    pub timers: SessionTimers,
}

/// What an outgoing leg is made of. The values that identify its INVITE (`call_id`, `local_tag`, `branch`,
/// `numbers.cseq`) derive from the offer it serves, so that the same leg made again after a crash sends the same
/// INVITE.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The Call-ID.
    pub call_id: Box<str>,
    /// Our tag: a token.
    pub local_tag: Box<str>,
    /// The branch of the first INVITE, with its magic cookie `z9hG4bK`.
    pub branch: Box<str>,
    /// The Request-URI: the phone's registered contact, or a number at a trunk.
    pub target: Box<str>,
    /// Routes to take, each a name-addr (`<sip:proxy;lr>`): a registered `Path`, an outbound proxy.
    pub routes: Vec<Box<str>>,
    /// The display name in `From`; empty for none.
    pub from_display: Box<str>,
    /// The URI in `From`.
    pub from: Box<str>,
    /// The URI in `To`.
    pub to: Box<str>,
    /// Our `Contact`, as a URI.
    pub contact: Box<str>,
    /// More headers for the INVITE: `P-Asserted-Identity`, `Alert-Info` …
    pub extra: Headers,
    /// Where we receive RTP.
    pub media: SocketAddr,
    /// Where the counters start.
    pub numbers: Numbers,
    /// The session timers we ask for.
    pub timers: SessionTimers,
    /// When to tell [`LegEvent::Silent`]; `None`: never.
    pub silent_after: Option<Duration>,
    /// When to tell [`LegEvent::Unanswered`]; `None`: never.
    pub unanswered_after: Option<Duration>,
}
