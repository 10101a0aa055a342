//! An offer rings an agent's phones; what they answer is told to the journal.

use std::sync::Arc;
use std::time::Duration;

use engine::{AgentId, CallId, Command, OfferId};
use leg::End;
use leg::value::Reason;
use node::Note;

use super::board::{Board, Network};
use super::calls::{Left, Ringing, Stage, Winner};
use super::derive;
use super::dial::Invitation;
use super::legs::{LegId, Role};
use super::mend::{elsewhere, left_by};
use super::note::{self, SideV1};
use super::refusals::Verdict;
use crate::registrar::Binding;

/// A phone that says nothing for this long is not there.
const SILENT_AFTER: Duration = Duration::from_secs(4);

/// How many phones of an agent ring at most.
const PHONES_MAX: usize = 5;

impl<N: Network> Board<N> {
    /// Rings for the offer that the call is in; stops what rings for another, or for none.
    pub(super) fn mend_ringing(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let rings_for = call.ringing.as_ref().map(|ringing| ringing.offer);
        match call.stage {
            Stage::Offered { offer, .. } if rings_for == Some(offer) => {}
            Stage::Offered { offer, agent } => {
                self.stop_ringing(id, &elsewhere());
                self.ring(id, offer, agent);
            }
            Stage::Talking { .. } => {}
            _ => self.stop_ringing(id, &elsewhere()),
        }
    }

    fn ring(&mut self, id: CallId, offer: OfferId, agent: AgentId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (vdn, who) = (call.vdn, call.who.clone());
        let (legs, verdict, winner) = (Vec::new(), Verdict::Failed, Winner::Nobody);
        call.ringing = Some(Box::new(Ringing { offer, port: None, legs, verdict, winner, note: None }));
        let mut phones = (self.phones)(vdn, agent);
        phones.truncate(PHONES_MAX);
        tracing::debug!(call = %id, %agent, offer = offer.0, phones = phones.len(), "an agent's phones ring");
        self.meters.offer();
        if phones.is_empty() {
            return self.submit_fact(vdn, Command::FailOffer { offer });
        }
        let Some(port) = self.port_for(id) else { return };
        let (journal, domain) = (self.journal(vdn), self.domain(vdn));
        let ring = |phone: &Binding| {
            let invitation = Invitation {
                names: derive::offer_leg(journal, vdn, offer, &phone.uri, 0),
                who: who.clone(),
                domain: domain.clone(),
                target: (*phone.uri).into(),
                to: format!("sip:{agent}@{domain}").into(),
                destination: phone.destination,
                trunk: None,
                role: Role::Ringing(id),
                media: self.announced(&port, &phone.destination),
                silent_after: Some(SILENT_AFTER),
                // An offer's end is decided by the engine.
                unanswered_after: None,
            };
            self.dial(invitation)
        };
        let legs = phones.iter().map(ring).collect();
        if let Some(ringing) = self.calls.get_mut(&id).and_then(|call| call.ringing.as_mut()) {
            (ringing.port, ringing.legs) = (Some(port.id), legs);
        }
    }

    /// The phones of a call need not ring any more.
    pub(super) fn stop_ringing(&mut self, id: CallId, reason: &Reason) {
        let Some(ringing) = self.calls.get_mut(&id).and_then(|call| call.ringing.take()) else { return };
        for leg in ringing.legs {
            self.part(leg, Some(reason.clone()));
        }
        if let Some(port) = ringing.port {
            self.media.close(port);
        }
        let vdn = self.calls.get(&id).map(|call| call.vdn);
        if let (Some(vdn), Some(key)) = (vdn, ringing.note) {
            self.submit_notes(vdn, vec![Note { key, value: None }]);
        }
    }

    /// A phone said nothing at all.
    pub(super) fn phone_silent(&mut self, id: CallId, leg: LegId) {
        self.part(leg, None);
        self.phone_over(id, leg, Verdict::Failed);
    }

    /// A phone answered: the first of them has the call once the journal knows.
    pub(super) fn phone_answered(&mut self, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(ringing) = call.ringing.as_mut().filter(|ringing| ringing.winner == Winner::Nobody) else {
            return self.part(leg, Some(elsewhere()));
        };
        ringing.winner = Winner::Waits(leg);
        let (vdn, offer) = (call.vdn, ringing.offer);
        let others = std::mem::replace(&mut ringing.legs, vec![leg]);
        for other in others.into_iter().filter(|other| *other != leg) {
            self.part(other, Some(elsewhere()));
        }
        let note = self.note_other(id, leg);
        if let Some(ringing) = self.calls.get_mut(&id).and_then(|call| call.ringing.as_mut()) {
            ringing.note = note.as_ref().map(|note| Arc::clone(&note.key));
        }
        self.submit_fact_with(vdn, Some(Command::AcceptOffer { offer }), note.into_iter().collect());
    }

    /// The note of the leg that serves the call.
    pub(super) fn note_other(&self, call: CallId, leg: LegId) -> Option<Note> {
        let slot = self.legs.get(leg)?;
        Some(slot.note(note::other_key(&slot.tag), SideV1::other(call)))
    }

    /// The leg to a phone ended by itself.
    pub(super) fn phone_ended(&mut self, id: CallId, leg: LegId, end: &End) {
        let rang = self.legs.get(leg).is_some_and(|slot| slot.rang);
        let ringing = self.calls.get_mut(&id).and_then(|call| call.ringing.as_mut());
        if let Some(ringing) = ringing.filter(|ringing| ringing.winner == Winner::Waits(leg)) {
            ringing.winner = Winner::Left(left_by(end).unwrap_or(Left::HungUp));
            ringing.legs.clear();
            return;
        }
        let verdict = match end {
            End::Rejected { status } => Verdict::of_status(*status),
            End::Unreachable(_) if rang => Verdict::Expired,
            _ => Verdict::Failed,
        };
        self.phone_over(id, leg, verdict);
    }

    /// One phone is out of it. The offer is over once all of them are.
    fn phone_over(&mut self, id: CallId, leg: LegId, verdict: Verdict) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(ringing) = call.ringing.as_mut() else { return };
        ringing.legs.retain(|other| *other != leg);
        ringing.verdict = ringing.verdict.max(verdict);
        if !ringing.legs.is_empty() || ringing.winner != Winner::Nobody {
            return;
        }
        let (vdn, offer) = (call.vdn, ringing.offer);
        let command = match ringing.verdict {
            Verdict::Declined => Command::DeclineOffer { offer },
            Verdict::Expired => Command::ExpireOffer { offer },
            Verdict::Failed => Command::FailOffer { offer },
        };
        self.submit_fact(vdn, command);
    }
}
