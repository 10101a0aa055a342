//! Sends INVITEs of ours: to agents' phones, and outside.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use engine::{CallId, Command, FailCause, VdnId};
use leg::{Leg, Outgoing};
use node::{JournalId, Node};

use super::board::{Board, Network};
use super::derive::Names;
use super::identity::Identity;
use super::legs::{LegId, NewSlot, Role};
use crate::place::Destination;

/// What an INVITE of ours is made of.
pub(super) struct Invitation {
    pub(super) names: Names,
    /// Who calls, as the other side is told.
    pub(super) who: Identity,
    /// The domain the caller's number is put in.
    pub(super) domain: Box<str>,
    /// The Request-URI.
    pub(super) target: Box<str>,
    /// The URI in `To`.
    pub(super) to: Box<str>,
    pub(super) destination: Destination,
    pub(super) trunk: Option<Arc<str>>,
    pub(super) role: Role,
    /// Where we receive RTP.
    pub(super) media: SocketAddr,
    /// After how long without a provisional response the other side is not there.
    pub(super) silent_after: Option<Duration>,
    /// After how long without a final response nobody answers there.
    pub(super) unanswered_after: Option<Duration>,
}

impl<N: Network> Board<N> {
    /// Sends an INVITE.
    pub(super) fn dial(&mut self, invitation: Invitation) -> LegId {
        let Invitation { names, who, domain, target, to, destination, trunk, role, media, .. } = invitation;
        let outgoing = Outgoing {
            call_id: names.call_id,
            local_tag: names.tag.clone(),
            branch: names.branch,
            target,
            routes: Vec::new(),
            from_display: who.display_name().into(),
            from: who.uri(&domain).into(),
            to,
            contact: self.contact(&destination).into(),
            extra: who.headers(&domain),
            media,
            numbers: self.numbers(names.cseq, names.sdp_session),
            timers: self.session_timers(),
            silent_after: invitation.silent_after,
            unanswered_after: invitation.unanswered_after,
        };
        let (leg, outputs) = Leg::outgoing(self.now, outgoing);
        let new = NewSlot { leg, role, to: destination, trunk, tag: names.tag, port: None, media };
        let leg = self.legs.insert(new);
        self.carry_out(leg, outputs);
        leg
    }

    /// A port for the other side of the call. Without one the call cannot go on, for which no agent is to blame.
    pub(super) fn port_for(&mut self, id: CallId) -> Option<media::Port> {
        let vdn = self.calls.get(&id)?.vdn;
        let opened = self.media.open();
        if let Err(error) = &opened {
            tracing::warn!(call = %id, %error, "a call finds no port for its other side");
            self.submit_fact(vdn, Command::FailCall { call: id, cause: FailCause::Resources });
        }
        opened.ok()
    }

    /// The journal whose decisions the VDN's INVITEs derive from.
    pub(super) fn journal(&self, vdn: VdnId) -> JournalId {
        self.nodes.get(&vdn).map_or(JournalId([0; 16]), Node::journal_id)
    }

    /// The VDN's SIP domain.
    pub(super) fn domain(&self, vdn: VdnId) -> Box<str> {
        self.directory.vdn(vdn).map_or_else(Box::default, |settings| settings.domain.as_str().into())
    }
}
