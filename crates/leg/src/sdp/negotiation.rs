//! The state of offer and answer on one leg.

use std::net::SocketAddr;

use super::{Agreed, Description, Direction, Ours};

/// What stands between the two sides, and the version that our descriptions have come to.
#[derive(Clone, Debug)]
pub(crate) struct Negotiation {
    session_id: u64,
    version: u64,
    /// Whether anything was said yet.
    spoken: bool,
    /// Whether what was said last is not (or not yet) what stands.
    unsettled: bool,
    /// Our side of what stands.
    ours: Option<Ours>,
    agreed: Option<Agreed>,
}

impl Negotiation {
    pub(crate) const fn new(session_id: u64, first_version: u64) -> Self {
        Self { session_id, version: first_version, spoken: false, unsettled: false, ours: None, agreed: None }
    }

    /// The session id of our descriptions.
    pub(crate) const fn session_id(&self) -> u64 {
        self.session_id
    }

    /// The version of the last description.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// What is agreed on now.
    pub(crate) const fn agreed(&self) -> Option<Agreed> {
        self.agreed
    }

    /// Our side of what is agreed on now: said again, it changes nothing.
    pub(crate) const fn ours(&self) -> Option<&Ours> {
        self.ours.as_ref()
    }

    /// A new offer of ours; what is agreed on stays until its answer comes.
    pub(crate) fn offer(&self, address: SocketAddr, direction: Direction) -> Ours {
        Ours::offer(address, direction, self.ours.as_ref(), self.agreed.as_ref())
    }

    /// The body that says this. Its version grows by one unless it says what stands (RFC 3264, 8).
    pub(crate) fn say(&mut self, ours: &Ours) -> Vec<u8> {
        if self.spoken && (self.unsettled || self.ours.as_ref() != Some(ours)) {
            self.version = self.version.saturating_add(1);
        }
        self.spoken = true;
        self.unsettled = true;
        ours.body(self.session_id, self.version)
    }

    /// Answers an offer from this address: the body, and what is now agreed on.
    pub(crate) fn answer(&mut self, offer: &Description, address: SocketAddr) -> Option<(Vec<u8>, Agreed)> {
        let agreed = offer.agreed_if_answered()?;
        let ours = Ours::answer(offer, address);
        let body = self.say(&ours);
        self.settle(ours, agreed);
        Some((body, agreed))
    }

    /// Takes the answer to an offer of ours; `None` when it shares no codec with it, and then nothing changes.
    pub(crate) fn accept(&mut self, ours: Ours, answer: &Description) -> Option<Agreed> {
        let agreed = ours.meets(answer)?;
        self.settle(ours, agreed);
        Some(agreed)
    }

    fn settle(&mut self, ours: Ours, agreed: Agreed) {
        self.ours = Some(ours);
        self.agreed = Some(agreed);
        self.unsettled = false;
    }
}
