//! The smallest honest edge between phones and the rules, by the same laws as the switchboard of the server: a call's
//! stage changes with committed records only, its legs follow; wishes may be refused, facts are submitted until they are
//! committed. Audio is a word that the other side hears.

mod arrive;
mod committed;
mod effects;
mod facts;
mod keep;
mod mend;
mod registrar;
mod ring;
mod talk;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use engine::{AgentId, CallId, FailCause, LegKey, OfferId, Timestamp};
use leg::{Input, Leg, LegEvent, Numbers, SessionTimers, Wish};

pub(crate) use facts::{Fact, Topic};
use keep::Kept;
pub(crate) use registrar::BINDING;

use crate::network::{LineId, Side};
use crate::world::{Due, Sound, World};

/// What the edge knows in this life of the process.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    /// Whether messages are taken in.
    pub(crate) is_open: bool,
    pub(crate) legs: BTreeMap<LineId, Slot>,
    pub(crate) calls: BTreeMap<CallId, EdgeCall>,
    arrivals: BTreeMap<LegKey, Arrival>,
    keys: BTreeSet<LegKey>,
    events: VecDeque<(LineId, LegEvent)>,
    touched: VecDeque<CallId>,
    /// Registered phones, and until when.
    pub(crate) bindings: BTreeMap<AgentId, Timestamp>,
    /// What is to be told about each thing, in order; the first is under way.
    pub(crate) facts: BTreeMap<Topic, VecDeque<Fact>>,
}

/// A leg of ours.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) leg: Leg,
    pub(crate) role: Role,
    pub(crate) purpose: Purpose,
    /// We answered it, or it answered us.
    pub(crate) answered: bool,
    rang: bool,
    is_silent: bool,
    /// Whether its other side holds the call.
    holds: bool,
    due: Option<leg::Timestamp>,
}

/// What a line was made for; never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Caller(LegKey),
    Agent(OfferId, AgentId, CallId),
    Outside(CallId),
}

/// What a leg is to the house now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Arriving(LegKey),
    Caller(CallId),
    Ringing(CallId),
    Other(CallId),
    Keeper(CallId),
    Parting,
}

#[derive(Debug)]
struct Arrival {
    /// None once the caller's leg has ended.
    line: Option<LineId>,
    left: Option<Left>,
}

/// A live call.
#[derive(Debug)]
pub(crate) struct EdgeCall {
    key: LegKey,
    pub(crate) caller: Option<LineId>,
    pub(crate) other: Option<LineId>,
    /// The agent who asked for somebody else.
    pub(crate) kept: Option<Kept>,
    pub(crate) ringing: Option<Ringing>,
    pub(crate) stage: Stage,
    heard: (Sound, Sound),
    pub(crate) held: bool,
    caller_is_noted: bool,
    other_note: Option<Arc<str>>,
    hops_dialled: Option<u8>,
}

/// Where the journal says the call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Waiting,
    Offered { offer: OfferId, agent: AgentId },
    Talking { agent: AgentId },
    Outside { address: Arc<str>, hops: u8, answered: bool },
    Ended { is_refusal: u16 },
}

/// A phone that rings for an offer.
#[derive(Debug)]
pub(crate) struct Ringing {
    pub(crate) offer: OfferId,
    line: Option<LineId>,
    winner: Winner,
    note: Option<Arc<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Winner {
    Nobody,
    Waits(LineId),
    Left(Left),
}

/// How a side left a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    HungUp,
    Broke(FailCause),
}

impl World {
    /// Tells a leg of ours something. Without effect for one that is gone.
    pub(crate) fn edge_turn(&mut self, line: LineId, input: Input) {
        let now = self.leg_now();
        let Some(slot) = self.edge.legs.get_mut(&line) else { return };
        let outputs = slot.leg.handle(now, input);
        let purpose = slot.purpose;
        self.check_effects(line, purpose, &outputs);
        let events = self.send_outputs(Side::House, line, outputs);
        self.edge.events.extend(events.into_iter().map(|event| (line, event)));
        self.schedule_edge_leg(line);
    }

    pub(crate) fn schedule_edge_leg(&mut self, line: LineId) {
        let Some(slot) = self.edge.legs.get_mut(&line) else { return };
        let next = slot.leg.next_deadline();
        if next != slot.due {
            slot.due = next;
            if let Some(next) = next {
                self.at(Timestamp(next.0), Due::Leg(Side::House, line));
            }
        }
    }

    pub(crate) fn edge_leg_due(&mut self, line: LineId) {
        let now = self.leg_now();
        let Some(slot) = self.edge.legs.get_mut(&line) else { return };
        if slot.due.is_some_and(|due| due <= now) {
            slot.due = None;
            self.edge_turn(line, Input::Due);
        }
    }

    /// What legs reported, and the calls that were touched by it, until all is quiet.
    pub(crate) fn settle_edge(&mut self) {
        loop {
            if let Some((line, event)) = self.edge.events.pop_front() {
                self.leg_event(line, event);
            } else if let Some(call) = self.edge.touched.pop_front() {
                self.mend(call);
            } else {
                break;
            }
        }
    }

    fn wish(&mut self, line: LineId, wish: Wish) {
        self.edge_turn(line, Input::Wish(wish));
    }

    fn touch(&mut self, call: CallId) {
        if !self.edge.touched.contains(&call) {
            self.edge.touched.push_back(call);
        }
    }

    fn set_role(&mut self, line: LineId, role: Role) {
        if let Some(slot) = self.edge.legs.get_mut(&line) {
            slot.role = role;
        }
    }

    /// Ends a leg's service.
    fn part(&mut self, line: LineId) {
        self.set_role(line, Role::Parting);
        self.wish(line, Wish::HangUp { reason: None });
    }

    fn insert_leg(&mut self, line: LineId, leg: Leg, role: Role, purpose: Purpose) {
        let slot = Slot { leg, role, purpose, answered: false, rang: false, is_silent: false, holds: false, due: None };
        self.edge.legs.insert(line, slot);
        self.schedule_edge_leg(line);
    }
}

/// Short sessions: a talk both of whose phones are gone is over soon.
pub(crate) const TIMERS: SessionTimers = SessionTimers { interval_seconds: 90, min_seconds: 90 };

/// Where the counters of a line's legs start.
pub(crate) fn numbers(line: LineId) -> Numbers {
    Numbers {
        cseq: 1 + line.0 % 1000,
        sdp_session: u64::from(line.0),
        sdp_version: 1,
        chance: u64::from(line.0) * 7919,
    }
}
