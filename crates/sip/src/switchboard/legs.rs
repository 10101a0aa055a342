//! The legs of the board: who each of them is, and how its turns reach the wire.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use engine::{CallId, LegKey};
use leg::sdp::Agreed;
use leg::{Leg, ServerTxn, Timestamp};
use media::PortId;
use node::Note;
use std::net::SocketAddr;

use super::note::{self, SideV1};
use crate::admission::Admission;
use crate::place::{Destination, Flow};
use crate::wire::ClientTxn;

/// Names a leg; never used twice in the life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LegId(u64);

/// How many bits of a [`ClientTxn`] number the requests within a leg: 16 million of them.
const TXN_BITS: u32 = 24;

impl LegId {
    /// What the wire knows a request of this leg by.
    pub(super) fn on_wire(self, txn: leg::ClientTxn) -> ClientTxn {
        ClientTxn(self.0 << TXN_BITS | u64::from(txn.0 & ((1 << TXN_BITS) - 1)))
    }

    /// Which request of which leg that is.
    pub(super) fn of_wire(txn: ClientTxn) -> (Self, leg::ClientTxn) {
        let within = u32::try_from(txn.0 & ((1 << TXN_BITS) - 1)).unwrap_or_default();
        (Self(txn.0 >> TXN_BITS), leg::ClientTxn(within))
    }
}

/// What a leg is to the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its call is being decided.
    Arriving(LegKey),
    /// The caller's.
    Caller(CallId),
    /// A phone that rings for the call, or has answered without the journal knowing.
    Ringing(CallId),
    /// The agent's who talks, or the outside number's.
    Other(CallId),
    /// The agent's who keeps the call while it has asked for somebody else.
    Keeper(CallId),
    /// The one by which an agent's phone asked for somebody during its talk.
    Second(CallId),
    /// An agent's, who dialled a feature code.
    Code,
    /// It serves no call any more, and has its last messages to exchange.
    Parting,
}

/// One leg and what belongs to it.
pub(super) struct Slot {
    pub(super) leg: Leg,
    pub(super) role: Role,
    /// Where its messages go, and come from.
    pub(super) to: Destination,
    /// The trunk on its other side; none: a phone.
    pub(super) trunk: Option<Arc<str>>,
    /// Our tag, under which it is found.
    pub(super) tag: Box<str>,
    pub(super) port: Option<PortId>,
    /// Where we receive its RTP: stands in our session descriptions.
    pub(super) media: SocketAddr,
    pub(super) agreed: Option<Agreed>,
    /// Whether we have asked the leg to answer, or it has answered us.
    pub(super) answered: bool,
    /// Whether its phone said that it rings.
    pub(super) rang: bool,
    /// When it is due, as the timers know it.
    due: Option<Timestamp>,
}

impl Slot {
    /// What must be remembered of the leg.
    pub(super) fn note(&self, key: Arc<str>, side: SideV1) -> Note {
        note::note(key, side, &self.leg.memory(), &self.to, self.trunk.as_deref(), self.media)
    }
}

/// All legs, by number, by tag, by pending INVITE and by when they are due.
pub(super) struct Legs {
    /// Keeps the phones of live legs known.
    admission: Arc<Admission>,
    slots: HashMap<LegId, Box<Slot>>,
    tags: HashMap<Box<str>, LegId>,
    /// INVITEs and re-INVITEs of the other side without a final answer: what a CANCEL names.
    invites: HashMap<ServerTxn, LegId>,
    due: BTreeSet<(Timestamp, LegId)>,
    /// How many legs each trunk has.
    trunks: HashMap<Arc<str>, u32>,
    last: u64,
}

/// What a new leg is made of.
pub(super) struct NewSlot {
    pub(super) leg: Leg,
    pub(super) role: Role,
    pub(super) to: Destination,
    pub(super) trunk: Option<Arc<str>>,
    pub(super) tag: Box<str>,
    pub(super) port: Option<PortId>,
    pub(super) media: SocketAddr,
}

impl Legs {
    pub(super) fn new(admission: Arc<Admission>) -> Self {
        Self {
            admission,
            slots: HashMap::new(),
            tags: HashMap::new(),
            invites: HashMap::new(),
            due: BTreeSet::new(),
            trunks: HashMap::new(),
            last: 0,
        }
    }

    /// Takes up a leg.
    pub(super) fn insert(&mut self, new: NewSlot) -> LegId {
        self.last += 1;
        let id = LegId(self.last);
        let NewSlot { leg, role, to, trunk, tag, port, media } = new;
        self.tags.insert(tag.clone(), id);
        match &trunk {
            Some(trunk) => *self.trunks.entry(Arc::clone(trunk)).or_default() += 1,
            None => self.admission.hold(to.place()),
        }
        let (agreed, due) = (None, None);
        let slot = Slot { leg, role, to, trunk, tag, port, media, agreed, answered: false, rang: false, due };
        self.slots.insert(id, Box::new(slot));
        self.schedule(id);
        id
    }

    /// Drops a leg for good.
    pub(super) fn remove(&mut self, id: LegId) -> Option<Box<Slot>> {
        let slot = self.slots.remove(&id)?;
        if let Some(due) = slot.due {
            self.due.remove(&(due, id));
        }
        self.tags.remove(&slot.tag);
        match &slot.trunk {
            Some(trunk) => {
                if let Some(legs) = self.trunks.get_mut(trunk) {
                    *legs = legs.saturating_sub(1);
                }
            }
            None => self.admission.release(slot.to.place()),
        }
        Some(slot)
    }

    /// A phone that called or registered by a flow is reached by the one it used last: connections are opened anew, and
    /// address translators change ports.
    pub(super) fn follow(&mut self, id: LegId, flow: &Flow) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let now = Destination::Flow(*flow);
        if slot.trunk.is_none() && matches!(slot.to, Destination::Flow(_)) && slot.to != now {
            self.admission.hold(now.place());
            self.admission.release(slot.to.place());
            slot.to = now;
        }
    }

    pub(super) fn get(&self, id: LegId) -> Option<&Slot> {
        self.slots.get(&id).map(|slot| &**slot)
    }

    pub(super) fn get_mut(&mut self, id: LegId) -> Option<&mut Slot> {
        self.slots.get_mut(&id).map(|slot| &mut **slot)
    }

    /// The leg whose dialog has this tag of ours.
    pub(super) fn by_tag(&self, tag: &str) -> Option<LegId> {
        self.tags.get(tag).copied()
    }

    /// Remembers whose INVITE this is, for a CANCEL.
    pub(super) fn expect_cancel(&mut self, txn: ServerTxn, id: LegId) {
        self.invites.insert(txn, id);
    }

    /// The INVITE has its final answer.
    pub(super) fn answered(&mut self, txn: ServerTxn) {
        self.invites.remove(&txn);
    }

    /// Whose INVITE that is.
    pub(super) fn by_invite(&self, txn: ServerTxn) -> Option<LegId> {
        self.invites.get(&txn).copied()
    }

    /// Brings the timers in line with when the leg wants to be woken.
    pub(super) fn schedule(&mut self, id: LegId) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let next = slot.leg.next_deadline();
        if next == slot.due {
            return;
        }
        if let Some(due) = slot.due {
            self.due.remove(&(due, id));
        }
        if let Some(next) = next {
            self.due.insert((next, id));
        }
        slot.due = next;
    }

    /// When the first leg is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// A leg that is due at `now`; its turn schedules it anew.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<LegId> {
        let (at, id) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.due = None;
        }
        Some(id)
    }

    /// How many legs a trunk has.
    pub(super) fn of_trunk(&self, trunk: &str) -> u32 {
        self.trunks.get(trunk).copied().unwrap_or(0)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn ids(&self) -> Vec<LegId> {
        self.slots.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::LegId;

    #[test]
    fn a_request_on_the_wire_names_its_leg() {
        for (leg, txn) in [(1, 0), (1, 7), (123_456_789, (1 << 24) - 1)] {
            let wire = LegId(leg).on_wire(leg::ClientTxn(txn));
            assert_eq!(LegId::of_wire(wire), (LegId(leg), leg::ClientTxn(txn)));
        }
    }
}
