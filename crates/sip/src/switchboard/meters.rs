//! Figures of the switchboard.

use engine::Outcome;
use metrics::{Counter, Gauge, counter, gauge};

/// Counters looked up once; those of rare answers are looked up as they come.
pub(super) struct Meters {
    invites: Counter,
    offers: Counter,
    answered: Counter,
    abandoned: Counter,
    released: Counter,
    failed: Counter,
    live: Gauge,
    legs: Gauge,
    facts: Gauge,
}

impl Default for Meters {
    fn default() -> Self {
        let over = |outcome: &'static str| counter!("anteroom_sip_calls_total", "outcome" => outcome);
        Self {
            invites: counter!("anteroom_sip_invites_total"),
            offers: counter!("anteroom_sip_offers_rung_total"),
            answered: over("answered"),
            abandoned: over("abandoned"),
            released: over("released"),
            failed: over("failed"),
            live: gauge!("anteroom_sip_calls_live"),
            legs: gauge!("anteroom_sip_legs"),
            facts: gauge!("anteroom_sip_facts_pending"),
        }
    }
}

impl Meters {
    /// An INVITE came.
    pub(super) fn invite(&self) {
        self.invites.increment(1);
    }

    /// An INVITE was refused by this final response.
    pub(super) fn refused(&self, status: u16) {
        counter!("anteroom_sip_invites_refused_total", "status" => status.to_string()).increment(1);
    }

    /// An agent's phones ring for an offer.
    pub(super) fn offer(&self) {
        self.offers.increment(1);
    }

    /// A call is over.
    pub(super) fn ended(&self, outcome: Outcome) {
        match outcome {
            Outcome::Answered => &self.answered,
            Outcome::Abandoned => &self.abandoned,
            Outcome::Released(_) => &self.released,
            Outcome::Failed(_) => &self.failed,
        }
        .increment(1);
    }

    /// What there is now.
    pub(super) fn now(&self, calls: usize, legs: usize, facts: usize) {
        self.live.set(calls as f64);
        self.legs.set(legs as f64);
        self.facts.set(facts as f64);
    }
}
