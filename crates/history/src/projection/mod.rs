//! From the journal's entries to rows and figures. Pure: the same entries give the same rows, whenever they are applied.
//!
//! It keeps what is open: live calls, agents, and the figures of five minutes. What is finished goes into [`Changes`],
//! which whoever applies takes away.

mod agent;
mod books;
mod call;
mod calls;
mod ends;
mod people;
mod seed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::{AgentId, CallId, Entry, Event, QueueId, Timestamp};
use node::{Position, Record};
use serde::{Deserialize, Serialize};

use crate::figures::{SlotKey, SlotRow, SlotStart, Values};
use crate::plain;
use crate::rows::{CallRow, OperationRow, PlaceRow};
use crate::words::Doing;
use agent::AgentBook;
use books::Books;
use call::{LiveCall, Phase};

/// Call records, figures and agents' operations of one VDN, as far as its journal was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Projection {
    #[serde(with = "plain")]
    calls: BTreeMap<CallId, LiveCall>,
    #[serde(with = "plain")]
    agents: BTreeMap<AgentId, AgentBook>,
    /// The further queues of each queue, whose agents may take its calls.
    #[serde(with = "plain")]
    further: BTreeMap<QueueId, Vec<QueueId>>,
    books: Books,
    /// The live calls of each called number; made anew from `calls` when a state is read.
    #[serde(skip)]
    numbers: BTreeMap<Arc<str>, NumberNow>,
    /// Agents whom the events of this entry were about; empty between two entries.
    #[serde(skip)]
    touched: BTreeSet<AgentId>,
    /// Calls that ended in this entry, whose later events may be about them; empty between two entries.
    #[serde(skip)]
    over: Vec<CallId>,
}

/// What was finished or changed since it was last taken away. Each row stands for its key: written twice, it is the same
/// row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Calls that ended.
    pub calls: Vec<CallRow>,
    /// Places that calls left.
    pub places: Vec<PlaceRow>,
    /// Operations that began, and those that ended, once more.
    pub operations: Vec<OperationRow>,
    /// Figures that changed.
    pub slots: Vec<SlotRow>,
}

/// An agent, as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentNow {
    /// What it does.
    pub doing: Doing,
    /// Since when.
    pub since: Timestamp,
    /// What it did before, and for how long; none when that is not known.
    pub before: Option<(Doing, Duration)>,
    /// When it signed in; none: it is not signed in.
    pub signed_in: Option<Timestamp>,
    /// How many calls it has hung up first since it signed in.
    pub hung_up_first: u32,
}

/// The live calls to one number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberNow {
    talking: usize,
    /// Since when nobody has talked with them.
    waiting: BTreeSet<(Timestamp, CallId)>,
}

impl NumberNow {
    /// Calls that somebody talks with, or keeps.
    #[must_use]
    pub const fn talking(&self) -> usize {
        self.talking
    }

    /// All others, ringing ones among them.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Since when nobody has talked with the one of them that has waited longest.
    #[must_use]
    pub fn waits_since(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(since, _)| *since)
    }
}

impl Projection {
    /// Goes on by one record.
    pub fn apply(&mut self, record: &Record) {
        match &record.entry {
            Some(entry) => self.entry(record.position, entry),
            None => self.books.turn_to(record.position, record.at),
        }
    }

    /// Goes on by one entry, which stands at `position`.
    pub fn entry(&mut self, position: Position, entry: &Entry) {
        self.books.turn_to(position, entry.at);
        for event in &entry.events {
            self.event(entry.at, event);
        }
        for id in std::mem::take(&mut self.over) {
            self.calls.remove(&id);
        }
        for id in std::mem::take(&mut self.touched) {
            let Some(agent) = self.agents.get_mut(&id) else { continue };
            agent.settle(&mut self.books, id, entry.at);
            if agent.is_gone() {
                self.agents.remove(&id);
            }
        }
    }

    /// The last record that was applied.
    #[must_use]
    pub fn position(&self) -> Position {
        self.books.position()
    }

    /// That record's time.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.books.at()
    }

    /// Takes away what was finished or changed since the last time.
    pub fn take_changes(&mut self) -> Changes {
        self.books.take_changes()
    }

    /// How many rows of calls, places and operations wait to be taken away.
    #[must_use]
    pub fn rows_waiting(&self) -> usize {
        self.books.rows_waiting()
    }

    /// A live call, with the places in which it is; those that it has left are rows already.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<(CallRow, Vec<PlaceRow>)> {
        let call = self.calls.get(&id)?;
        Some((call.row_at(self.at()), call.open_places()))
    }

    /// All live calls, by id, as they are.
    pub fn calls(&self) -> impl Iterator<Item = CallRow> {
        self.calls.values().map(|call| call.row_at(self.at()))
    }

    /// An agent, as it is.
    #[must_use]
    pub fn agent(&self, id: AgentId) -> Option<AgentNow> {
        self.agents.get(&id).map(AgentBook::now)
    }

    /// The live calls to a number; none when there are none.
    #[must_use]
    pub fn number(&self, called: &str) -> Option<&NumberNow> {
        self.numbers.get(called)
    }

    /// The figures of a slot, as long as it is the last one that there was a record in, or the one before that; zeros for
    /// any other, and for a key of which nothing is counted.
    #[must_use]
    pub fn figures(&self, start: SlotStart, key: &SlotKey) -> Values {
        self.books.figures(start, key)
    }

    /// For which other queues the agents of a queue answered calls in a slot, by queue, and how many; as
    /// [`Projection::figures`].
    #[must_use]
    pub fn helped(&self, start: SlotStart, by: QueueId) -> Vec<(QueueId, u64)> {
        self.books.helped(start, by)
    }

    /// Sees to it that live calls can be found by their number.
    pub(crate) fn list_numbers(&mut self) {
        self.numbers.clear();
        for call in self.calls.values() {
            list(&mut self.numbers, call);
        }
    }

    fn event(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::QueueDefined(queue) => drop(self.further.insert(queue.id, queue.also.clone())),
            Event::QueueRemoved(queue) => drop(self.further.remove(queue)),
            Event::AgentDefined(settings) => self.define_agent(at, settings),
            Event::AgentRemoved(agent) => self.remove_agent(*agent),
            Event::AgentSignedIn { agent, by } => self.sign_in(at, *agent, *by),
            Event::AgentSignedOut { agent, by } => self.sign_out(at, *agent, *by),
            Event::PresenceChanged { agent, presence, by, .. } => self.change_presence(at, *agent, *presence, *by),
            Event::PresenceForced { agent, presence, order } => self.force(at, *agent, *presence, order),
            Event::WrapUpStarted { agent, call, until } => self.start_wrap_up(at, *agent, *call, until.is_some()),
            Event::WrapUpEnded { agent, .. } => self.end_wrap_up(at, *agent),
            Event::CallArrived { call, caller, called, .. } => self.arrive(at, *call, caller, called),
            Event::TreatmentApplied { call, queue, situation, action } => {
                self.treat(*call, *queue, *situation, action.as_ref());
            }
            Event::CallQueued { call, line, cause, .. } => self.queue_call(at, *call, *line, *cause),
            Event::CallSentOutside { call, address, situation, .. } => {
                self.send_outside(at, *call, address, (*situation).into(), (*situation).into());
            }
            Event::CallTransferredOutside { call, address, .. } => self.transfer_outside(at, *call, address),
            Event::OutsideAnswered { call } => self.answer_outside(at, *call),
            Event::OfferMade { call, agent, line, .. } => self.make_offer(at, *call, *agent, *line),
            Event::OfferAccepted { call, agent, .. } => self.accept_offer(at, *call, *agent),
            Event::OfferEnded { call, agent, how, .. } => self.end_offer(at, *call, *agent, *how),
            Event::HeldChanged { call, held } => self.hold(at, *call, *held),
            Event::CallTransferred { call, agent } => self.transfer(at, *call, *agent),
            Event::CallKept { call, agent, keeping } => self.keep(at, *call, *agent, *keeping),
            Event::KeepingChanged { call, keeping } => self.change_keeping(at, *call, *keeping),
            Event::CallGivenAway { call, agent } => self.give_away(at, *call, *agent),
            Event::CallTakenBack { call, why, .. } => self.take_back(at, *call, *why),
            Event::CallEnded { call, outcome, by } => self.end_call(at, *call, *outcome, *by),
            // How long a rest shall be, whose phone is found, what is chosen for later and what was tried in vain is nobody's
            // time.
            Event::VdnNamed(_)
            | Event::SettingsDefined(_)
            | Event::QueueClosed { .. }
            | Event::QueueOpened { .. }
            | Event::PresenceChosen { .. }
            | Event::RestAsked { .. }
            | Event::RestGranted { .. }
            | Event::RestDenied { .. }
            | Event::RestCancelled { .. }
            | Event::RestProlonged { .. }
            | Event::RestOverdue { .. }
            | Event::AgentFound { .. }
            | Event::AgentLost { .. }
            | Event::TreatmentRefused { .. }
            | Event::PrivateActionRefused { .. }
            | Event::WaitExtended { .. }
            | Event::SkillWidened { .. }
            | Event::ReofferAllowed { .. } => {}
        }
    }

    /// Changes a live call, and all that follows from where it is then.
    fn change_call<T>(
        &mut self,
        at: Timestamp,
        id: CallId,
        change: impl FnOnce(&mut LiveCall, &mut Books) -> T,
    ) -> Option<T> {
        let call = self.calls.get_mut(&id)?;
        unlist(&mut self.numbers, call);
        let changed = change(call, &mut self.books);
        call.turn_phase(at);
        if !call.is_over() {
            list(&mut self.numbers, call);
        }
        Some(changed)
    }

    /// Changes an agent; what it does from now on is compared when the entry is over.
    fn change_agent<T>(&mut self, id: AgentId, change: impl FnOnce(&mut AgentBook, &mut Books) -> T) -> Option<T> {
        let agent = self.agents.get_mut(&id)?;
        self.touched.insert(id);
        Some(change(agent, &mut self.books))
    }
}

fn list(numbers: &mut BTreeMap<Arc<str>, NumberNow>, call: &LiveCall) {
    let now = numbers.entry(Arc::clone(&call.row.called)).or_default();
    match call.phase {
        Phase::Talked => now.talking += 1,
        Phase::Waited | Phase::Rang => drop(now.waiting.insert((call.untalked_since, call.row.call))),
    }
}

fn unlist(numbers: &mut BTreeMap<Arc<str>, NumberNow>, call: &LiveCall) {
    let Some(now) = numbers.get_mut(&call.row.called) else { return };
    match call.phase {
        Phase::Talked => now.talking -= 1,
        Phase::Waited | Phase::Rang => drop(now.waiting.remove(&(call.untalked_since, call.row.call))),
    }
    if now.talking == 0 && now.waiting.is_empty() {
        numbers.remove(&call.row.called);
    }
}
