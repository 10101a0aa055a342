//! The door of the edge: decides who sends what comes in, answers what is not for the switchboard (REGISTER, OPTIONS,
//! and whatever is refused), and lets the rest in as [`Inbound`].
//!
//! * An initial request over the flow of a live binding, or from a fixed phone's address, is that agent's. It is
//!   challenged; only a fixed phone that has no password is trusted by its address alone.
//! * An initial request from a trunk's address is that trunk's. Its `From` names the caller and never makes an agent.
//! * Any other is a stranger's. All strangers' requests get one and the same answer, whatever they name.
//! * A request inside a dialog is passed on: the switchboard checks dialog and source. ACK and CANCEL are never
//!   challenged (RFC 3261, 22.1).

use std::sync::Arc;

use engine::{AgentId, VdnId};
use leg::{Headers, Request, Response, ServerTxn};

use crate::place::Flow;
use crate::wire::ClientTxn;

/// Who sent an initial request, beyond doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An agent's phone.
    Agent {
        /// Of which VDN.
        vdn: VdnId,
        /// Which agent.
        agent: AgentId,
    },
    /// A trunk.
    Trunk {
        /// Whose calls these are.
        vdn: VdnId,
        /// Its name.
        name: Arc<str>,
    },
}

impl Origin {
    /// The VDN this is for.
    #[must_use]
    pub fn vdn(&self) -> VdnId {
        match self {
            Self::Agent { vdn, .. } | Self::Trunk { vdn, .. } => *vdn,
        }
    }
}

/// An INVITE that wants to be a call, from somebody we know.
#[derive(Debug)]
pub struct Incoming {
    /// What to answer by.
    pub txn: ServerTxn,
    /// The INVITE.
    pub request: Request,
    /// How it came, and how requests of this dialog go back.
    pub flow: Flow,
    /// Who calls.
    pub origin: Origin,
    /// The user part of the Request-URI, percent-encoding undone: the number that was called. Not empty.
    pub called: Arc<str>,
    /// The caller's number: the agent's id, or the user part of a trunk's `From` (empty when it names none).
    pub caller: Arc<str>,
}

/// What the door lets in for the switchboard.
#[derive(Debug)]
pub enum Inbound {
    /// A new call.
    Call(Box<Incoming>),
    /// A request with a tag in `To`. Whether there is such a dialog, and whether it is with this source, is yet to be
    /// found out; 481 when not.
    InDialog {
        /// What to answer by.
        txn: ServerTxn,
        /// The request.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// The ACK of a 2xx.
    Ack {
        /// The ACK.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// An INVITE of [`Inbound::Call`] or [`Inbound::InDialog`] is given up. The CANCEL has been answered.
    Cancel {
        /// The INVITE's transaction.
        txn: ServerTxn,
        /// The CANCEL's headers.
        headers: Headers,
    },
    /// A response to a request of ours, each 2xx to an INVITE included.
    Response {
        /// Our request.
        txn: ClientTxn,
        /// The response.
        response: Response,
        /// How it came.
        flow: Flow,
    },
    /// A request of ours will get no response any more.
    Failed {
        /// Our request.
        txn: ClientTxn,
        /// Why.
        why: leg::Failure,
    },
}
