//! The books: what is on the disk, and what people and phones have really done, kept apart from all that is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engine::{AgentId, CallId, Command, Event, LegKey, OfferEnd, OfferId, Outcome, SignIn, Timestamp};
use node::{Note, Record, Replay};

use crate::checks::Breach;
use crate::floors::VDN;
use crate::sometimes::Situation;
use crate::world::World;

/// What is known to the house must be in the journal after this time, if nothing is wrong with the disk.
const PROMPT: Duration = Duration::from_millis(1500);

/// How long after the last fault nothing is late because of it.
const SETTLED: Duration = Duration::from_secs(20);

/// What is known of an offer.
#[derive(Debug)]
struct Offer {
    call: CallId,
    agent: AgentId,
    until: Timestamp,
    rung: u32,
    /// The phone's final answer.
    said: Option<u16>,
    was_silent: bool,
    had_no_phone: bool,
    /// When the house learned what the phone had to say, and in which of its lives.
    heard: Option<(Timestamp, u32)>,
}

/// What is durable, and what was done.
#[derive(Debug)]
pub(crate) struct Books {
    truth: Replay,
    offers: BTreeMap<OfferId, Offer>,
    outcomes: BTreeMap<CallId, Option<Outcome>>,
    calls: BTreeMap<LegKey, CallId>,
    callers: BTreeMap<LegKey, usize>,
    transfers: BTreeSet<(CallId, AgentId)>,
    /// Phones whose registration was confirmed.
    bound: BTreeSet<AgentId>,
    /// Cancel keys that were heard and not decided yet: whose, when, and in which life of the house.
    keys: Vec<(CallId, Timestamp, u32)>,
    /// Agents who ever had a fixed phone, or were taken out of the configuration: what the rules think of their phones
    /// may be older than what the edge knows.
    fixed: BTreeSet<AgentId>,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            truth: Replay::new(VDN),
            offers: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            calls: BTreeMap::new(),
            callers: BTreeMap::new(),
            transfers: BTreeSet::new(),
            bound: BTreeSet::new(),
            keys: Vec::new(),
            fixed: BTreeSet::new(),
        }
    }
}

impl Books {
    /// What the disk comes to.
    pub(crate) const fn truth(&self) -> &Replay {
        &self.truth
    }

    /// The call of a caller's leg, if it is durable.
    pub(crate) fn call_of(&self, key: LegKey) -> Option<CallId> {
        self.calls.get(&key).copied()
    }

    pub(crate) fn caller(&mut self, key: LegKey, caller: usize) {
        self.callers.insert(key, caller);
    }

    pub(crate) fn was_transferred(&self, call: CallId, agent: AgentId) -> bool {
        self.transfers.contains(&(call, agent))
    }

    pub(crate) fn phone_said(&mut self, offer: OfferId, status: u16) {
        if let Some(offer) = self.offers.get_mut(&offer) {
            offer.said.get_or_insert(status);
        }
    }

    pub(crate) fn was_silent(&mut self, offer: OfferId) {
        if let Some(offer) = self.offers.get_mut(&offer) {
            offer.was_silent = true;
        }
    }

    /// The house has learned what the phone had to say.
    pub(crate) fn heard(&mut self, offer: OfferId, now: Timestamp, life: u32) {
        if let Some(offer) = self.offers.get_mut(&offer) {
            offer.heard.get_or_insert((now, life));
        }
    }

    pub(crate) fn no_phone(&mut self, offer: OfferId) {
        if let Some(offer) = self.offers.get_mut(&offer) {
            offer.had_no_phone = true;
        }
    }

    pub(crate) fn is_pending(&self, offer: OfferId) -> bool {
        self.truth.state().offered(offer).is_some()
    }

    pub(crate) fn is_second_ring(&self, offer: OfferId) -> bool {
        self.offers.get(&offer).is_some_and(|offer| offer.rung > 1)
    }

    /// An offer rings a phone: once, and only when it is durable.
    pub(crate) fn rings(&mut self, id: OfferId, agent: AgentId, call: CallId) -> Result<(), Breach> {
        let Some(offer) = self.offers.get_mut(&id) else {
            return Err(("I10", format!("offer {id} rings and is not durable")));
        };
        offer.rung += 1;
        if offer.agent != agent || offer.call != call {
            return Err(("I3", format!("offer {id} rings {agent} for {call}, and is {offer:?}")));
        }
        if offer.rung > 1 {
            return Err(("R11", format!("offer {id} rings a second time")));
        }
        Ok(())
    }

    pub(crate) fn binding_told(&mut self, agent: AgentId, notes: &[Note]) {
        for note in notes.iter().filter(|note| note.key.starts_with("sip/binding/")) {
            if note.value.is_some() {
                self.bound.insert(agent);
            } else {
                self.bound.remove(&agent);
            }
        }
    }

    pub(crate) fn key_pressed(&mut self, call: CallId, now: Timestamp, life: u32) {
        self.keys.push((call, now, life));
    }

    pub(crate) fn key_decided(&mut self, call: CallId) {
        self.keys.retain(|(pressed, ..)| *pressed != call);
    }

    /// A cancel key of this life that nobody decided on.
    pub(crate) fn key_ignored(&self, now: Timestamp, life: u32) -> Option<CallId> {
        let is_old =
            |(_, at, when): &&(CallId, Timestamp, u32)| *when == life && now.since(*at) > Duration::from_secs(20);
        self.keys.iter().find(is_old).map(|(call, ..)| *call)
    }

    /// A registration whose end is on the disk need not be there after a restart.
    fn bindings_over(&mut self, notes: &[Note]) {
        let removed = notes.iter().filter(|note| note.value.is_none());
        for agent in removed.filter_map(|note| note.key.strip_prefix("sip/binding/")?.parse().ok()) {
            self.bound.remove(&AgentId(agent));
        }
    }

    pub(crate) fn may_have_no_phone(&self, agent: AgentId) -> bool {
        self.fixed.contains(&agent)
    }

    pub(crate) fn bound(&mut self, agent: AgentId) {
        self.bound.insert(agent);
    }

    pub(crate) const fn bound_agents(&self) -> &BTreeSet<AgentId> {
        &self.bound
    }

    /// R8: no gaps, no way back.
    fn check_place(&self, record: &Record) -> Result<(), Breach> {
        let is_next = record.position == self.truth.position().next();
        if is_next && record.epoch >= self.truth.epoch() && record.at >= self.truth.at() {
            return Ok(());
        }
        Err((
            "R8",
            format!(
                "record {} of epoch {} at {} follows {} of {} at {}",
                record.position,
                record.epoch,
                record.at,
                self.truth.position(),
                self.truth.epoch(),
                self.truth.at()
            ),
        ))
    }

    /// I7: each call arrives once and ends once.
    fn count(&mut self, event: &Event) -> Result<(), Breach> {
        match event {
            Event::CallArrived { call, key, .. } => {
                self.calls.insert(*key, *call);
                match self.outcomes.insert(*call, None) {
                    None => Ok(()),
                    Some(_) => Err(("I7", format!("{call} arrives a second time"))),
                }
            }
            Event::CallEnded { call, outcome, .. } => match self.outcomes.insert(*call, Some(*outcome)) {
                Some(None) => Ok(()),
                before => Err(("I7", format!("{call} ends as {outcome:?}, and was {before:?}"))),
            },
            Event::AgentDefined(settings) if settings.sign_in == SignIn::Always => {
                self.fixed.insert(settings.id);
                Ok(())
            }
            Event::AgentRemoved(agent) => {
                self.fixed.insert(*agent);
                Ok(())
            }
            Event::CallTransferred { call, agent } => {
                self.transfers.insert((*call, *agent));
                Ok(())
            }
            Event::OfferMade { offer, call, agent, until, .. } => {
                let (call, agent, until) = (*call, *agent, *until);
                let new = Offer {
                    call,
                    agent,
                    until,
                    rung: 0,
                    said: None,
                    was_silent: false,
                    had_no_phone: false,
                    heard: None,
                };
                match self.offers.insert(*offer, new) {
                    None => Ok(()),
                    Some(_) => Err(("R11", format!("offer {offer} is made a second time"))),
                }
            }
            _ => Ok(()),
        }
    }

    /// I7: whatever is not ended is live.
    pub(crate) fn check_conservation(&self) -> Result<(), Breach> {
        let open = self.outcomes.iter().filter(|(_, outcome)| outcome.is_none()).map(|(call, _)| *call);
        let live = self.truth.state().calls().map(|call| call.id);
        if open.eq(live) { Ok(()) } else { Err(("I7", "accepted is not ended and live".to_owned())) }
    }
}

impl World {
    /// A record is on the disk.
    pub(crate) fn books_durable(&mut self, record: &Record) -> Result<(), Breach> {
        self.books.check_place(record)?;
        let events = record.entry.as_ref().map_or(&[][..], |entry| &entry.events);
        if record.entry.as_ref().is_some_and(|entry| matches!(entry.command, Command::OutsideLeft { .. })) {
            self.meet(Situation::OutsideLeft);
        }
        for event in events {
            self.books.count(event)?;
            self.check_against_people(event, record.at)?;
            self.witness(event, record.at);
        }
        self.books.bindings_over(&record.notes);
        self.books.truth.apply(record).map_err(|error| ("R8", error.to_string()))?;
        self.books.check_conservation()
    }

    /// What the journal says happened is what people and phones did.
    fn check_against_people(&self, event: &Event, at: Timestamp) -> Result<(), Breach> {
        match event {
            Event::OfferAccepted { offer, .. } => {
                let said = self.books.offers.get(offer).and_then(|offer| offer.said);
                if said == Some(200) {
                    Ok(())
                } else {
                    Err(("facts", format!("offer {offer} was accepted, the phone said {said:?}")))
                }
            }
            Event::OfferEnded { offer, how, .. } => self.check_offer_end(*offer, *how, at),
            Event::CallEnded { call, outcome: Outcome::Abandoned, .. } => {
                let key = self.books.truth.state().call(*call).map(|call| call.key);
                let caller = key.and_then(|key| self.books.callers.get(&key)).map(|caller| &self.callers[*caller]);
                let left = caller.is_some_and(|caller| caller.left_at.is_some() || caller.over_at.is_some());
                if left { Ok(()) } else { Err(("facts", format!("{call} was abandoned, and its caller is there"))) }
            }
            _ => Ok(()),
        }
    }

    fn check_offer_end(&self, id: OfferId, how: OfferEnd, at: Timestamp) -> Result<(), Breach> {
        let Some(offer) = self.books.offers.get(&id) else {
            return Err(("facts", format!("offer {id} ends and was never made")));
        };
        let is_clean = self.faults.loss + self.faults.late == 0 || self.is_calm_for(Duration::from_secs(35));
        let phone_stayed = self
            .workers
            .get(&offer.agent)
            .is_some_and(|worker| worker.is_phone_on && self.now.since(worker.phone_changed) > Duration::from_secs(40));
        let is_so = match how {
            OfferEnd::Declined => matches!(offer.said, Some(486 | 600 | 603)),
            OfferEnd::Expired => {
                let gave_up = matches!(offer.said, Some(408 | 480 | 487));
                gave_up || (at >= offer.until && !self.should_be_told(offer)) || !phone_stayed
            }
            OfferEnd::Failed => {
                let refused = offer.said.is_some_and(|said| said >= 300 && !matches!(said, 486 | 600 | 603));
                refused || offer.was_silent || offer.had_no_phone || !phone_stayed || !is_clean
            }
            OfferEnd::Withdrawn(_) => true,
        };
        if is_so { Ok(()) } else { Err(("facts", format!("offer {id} {how:?}, and it is {offer:?}"))) }
    }

    /// Whether the house has known for a while what the journal was not told, without a reason to be late.
    fn should_be_told(&self, offer: &Offer) -> bool {
        let is_disk_well = self.faults.full_every.is_none() && self.faults.slow_disk == 0 || self.is_calm_for(SETTLED);
        offer.heard.is_some_and(|(at, life)| life == self.life && is_disk_well && self.now.since(at) > PROMPT)
    }

    /// Whether a call of the journal still has its caller.
    pub(crate) fn caller_of(&self, key: LegKey) -> Option<&crate::people::Caller> {
        self.books.callers.get(&key).map(|caller| &self.callers[*caller])
    }
}
