//! What is counted in each five minutes: named figures of queues, agents and called numbers.
//!
//! Spans are in microseconds. What lasts is counted, whole, in the five minutes in which it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{AgentId, QueueId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::plain;
use crate::words::words;

/// A figure that is kept for each five minutes.
pub trait Figure: Copy + 'static {
    /// All of its kind, in the order of the file.
    const ALL: &'static [Self];

    /// Its place among them.
    fn index(self) -> usize;

    /// Its column in the file.
    fn column(self) -> &'static str;

    /// Whether several five minutes come to the largest of them, not to their sum.
    fn is_longest(self) -> bool {
        false
    }
}

macro_rules! figure {
    ($name:ident $(, longest $longest:ident)?) => {
        impl Figure for $name {
            const ALL: &'static [Self] = Self::ALL;

            fn index(self) -> usize {
                self as usize
            }

            fn column(self) -> &'static str {
                self.name()
            }

            $(fn is_longest(self) -> bool {
                self == Self::$longest
            })?
        }
    };
}

words! {
    /// Of a queue. A **request** is each assignment of a waiting call to an agent, and a call's end while it waited; it is
    /// counted when it is settled, as one of `Connected`, `UserLeft`, `Declined`, `Disconnected` and `SystemLost`.
    QueueFigure {
        /// Calls that came to this queue before any other, let in or not.
        Incoming = "incoming",
        /// Times that a call came to the queue, let in or not; those that came back with their place in the line are not
        /// counted.
        Entered = "entered",
        /// Times that a call was sent elsewhere, or released, at the door.
        TurnedAway = "turned_away",
        /// Calls that were released at the door.
        Refused = "refused",
        /// Calls that an agent answered.
        Connected = "connected",
        /// How long these had waited here, ringing included.
        ConnectedWait = "connected_wait",
        /// Calls whose caller hung up while they waited or rang.
        UserLeft = "user_left",
        /// How long these had waited here.
        UserLeftWait = "user_left_wait",
        /// Assignments that the agent declined.
        Declined = "declined",
        /// Calls that we released, or that failed, while they waited.
        Disconnected = "disconnected",
        /// Assignments that ended without a talk in another way: rang out, unreachable, withdrawn.
        SystemLost = "system_lost",
        /// Assignments that rang and came to no talk, for whatever reason.
        LostRing = "lost_ring",
        /// Calls that waited too long and were sent to another queue.
        TimeoutToQueue = "timeout_to_queue",
        /// Calls that waited too long and were sent to an agent.
        TimeoutToAgent = "timeout_to_agent",
        /// Calls that met a full queue and were sent to another queue.
        OverflowToQueue = "overflow_to_queue",
        /// Calls that met a full queue and were sent to an agent.
        OverflowToAgent = "overflow_to_agent",
        /// Talks with calls from this queue that ended.
        TalksEnded = "talks_ended",
        /// How long these lasted.
        TalkTime = "talk_time",
        /// Wrap-ups after such talks that ended.
        WrapUps = "wrap_ups",
        /// How long these lasted.
        WrapUpTime = "wrap_up_time",
        /// The longest wait of a call that left the queue.
        LongestWait = "longest_wait",
        /// Of `Connected`, those who had waited at most 3 s; and so on.
        ConnectedIn3 = "connected_in_3",
        /// At most 5 s.
        ConnectedIn5 = "connected_in_5",
        /// At most 10 s.
        ConnectedIn10 = "connected_in_10",
        /// At most 15 s.
        ConnectedIn15 = "connected_in_15",
        /// At most 20 s.
        ConnectedIn20 = "connected_in_20",
        /// At most 25 s.
        ConnectedIn25 = "connected_in_25",
        /// At most 30 s.
        ConnectedIn30 = "connected_in_30",
        /// At most 35 s.
        ConnectedIn35 = "connected_in_35",
        /// At most 40 s.
        ConnectedIn40 = "connected_in_40",
        /// At most 45 s.
        ConnectedIn45 = "connected_in_45",
        /// At most 50 s.
        ConnectedIn50 = "connected_in_50",
        /// At most 55 s.
        ConnectedIn55 = "connected_in_55",
        /// At most 60 s.
        ConnectedIn60 = "connected_in_60",
        /// Calls that ended here without an answer: those in `UserLeft`, `Disconnected` and `Refused`, and those that were
        /// ended while they rang.
        Lost = "lost",
        /// Of `Lost`, those who had waited at most 3 s; and so on.
        LostIn3 = "lost_in_3",
        /// At most 5 s.
        LostIn5 = "lost_in_5",
        /// At most 10 s.
        LostIn10 = "lost_in_10",
        /// At most 15 s.
        LostIn15 = "lost_in_15",
        /// At most 20 s.
        LostIn20 = "lost_in_20",
        /// At most 25 s.
        LostIn25 = "lost_in_25",
        /// At most 30 s.
        LostIn30 = "lost_in_30",
        /// At most 35 s.
        LostIn35 = "lost_in_35",
        /// At most 40 s.
        LostIn40 = "lost_in_40",
        /// At most 45 s.
        LostIn45 = "lost_in_45",
        /// At most 50 s.
        LostIn50 = "lost_in_50",
        /// At most 55 s.
        LostIn55 = "lost_in_55",
        /// At most 60 s.
        LostIn60 = "lost_in_60",
    }
}
figure!(QueueFigure, longest LongestWait);

/// Seconds, and the figures of calls that were connected, or lost, after at most so many.
pub const WITHIN: [(u64, QueueFigure, QueueFigure); 13] = [
    (3, QueueFigure::ConnectedIn3, QueueFigure::LostIn3),
    (5, QueueFigure::ConnectedIn5, QueueFigure::LostIn5),
    (10, QueueFigure::ConnectedIn10, QueueFigure::LostIn10),
    (15, QueueFigure::ConnectedIn15, QueueFigure::LostIn15),
    (20, QueueFigure::ConnectedIn20, QueueFigure::LostIn20),
    (25, QueueFigure::ConnectedIn25, QueueFigure::LostIn25),
    (30, QueueFigure::ConnectedIn30, QueueFigure::LostIn30),
    (35, QueueFigure::ConnectedIn35, QueueFigure::LostIn35),
    (40, QueueFigure::ConnectedIn40, QueueFigure::LostIn40),
    (45, QueueFigure::ConnectedIn45, QueueFigure::LostIn45),
    (50, QueueFigure::ConnectedIn50, QueueFigure::LostIn50),
    (55, QueueFigure::ConnectedIn55, QueueFigure::LostIn55),
    (60, QueueFigure::ConnectedIn60, QueueFigure::LostIn60),
];

words! {
    /// Of an agent.
    AgentFigure {
        /// Times signed in.
        SignIns = "sign_ins",
        /// Offers that ended, answered or not.
        Requests = "requests",
        /// Calls answered.
        Answered = "answered",
        /// Offers declined.
        Declined = "declined",
        /// Offers that rang for their whole time.
        Expired = "expired",
        /// Talks with answered calls that ended.
        TalksEnded = "talks_ended",
        /// How long these lasted, from the answer, with all that the call was kept for.
        TalkTime = "talk_time",
        /// Calls to colleagues or queues that the agent dialled.
        Dialled = "dialled",
        /// Of these, calls that were sent to an outside number.
        CallsOut = "calls_out",
        /// Calls the agent dialled that ended for it.
        DialledEnded = "dialled_ended",
        /// How long these lasted.
        DialledTime = "dialled_time",
        /// Wrap-ups that ended, after inbound and internal calls.
        WrapUpsIn = "wrap_ups_in",
        /// Wrap-ups that ended, after outbound calls.
        WrapUpsOut = "wrap_ups_out",
        /// How long wrap-ups lasted.
        WrapUpTime = "wrap_up_time",
        /// Rests begun.
        Rests = "rests",
        /// How long rests lasted that ended.
        RestTime = "rest_time",
        /// Times the agent became busy, by itself or not.
        Busies = "busies",
        /// How long these lasted.
        BusyTime = "busy_time",
        /// Trainings begun.
        Studies = "studies",
        /// How long these lasted.
        StudyTime = "study_time",
        /// Times a side of the agent's talk was put on hold.
        Holds = "holds",
        /// How long holds lasted.
        HoldTime = "hold_time",
        /// Calls given to queues and colleagues.
        TransfersInside = "transfers_inside",
        /// Calls given to outside numbers.
        TransfersOutside = "transfers_outside",
        /// Talks of three that the agent began.
        ThreeParty = "three_party",
        /// Times the agent asked a queue or a colleague for help, to talk with it first.
        Consults = "consults",
        /// Calls that the agent hung up first.
        HungUpFirst = "hung_up_first",
        /// The longest time idle that ended.
        LongestIdle = "longest_idle",
    }
}
figure!(AgentFigure, longest LongestIdle);

words! {
    /// Of calls to one number, from withheld numbers or from others. A call is counted when it has ended.
    CallFigure {
        /// Inbound calls.
        Inbound = "inbound",
        /// Of these, those that somebody answered.
        InboundAnswered = "inbound_answered",
        /// Outbound calls.
        Outbound = "outbound",
        /// Of these, those that somebody answered.
        OutboundAnswered = "outbound_answered",
        /// Internal calls.
        Internal = "internal",
        /// Of these, those that somebody answered.
        InternalAnswered = "internal_answered",
        /// How long all of them waited.
        WaitTime = "wait_time",
        /// How long all of them were talked with.
        TalkTime = "talk_time",
    }
}
figure!(CallFigure);

words! {
    /// Of the agents of one queue with the calls of another, whose further queue theirs is.
    HelpFigure {
        /// Calls answered for it.
        Answered = "answered",
    }
}
figure!(HelpFigure);

/// The length of a slot, in seconds.
pub const SLOT_SECONDS: i64 = 300;

/// The start of five minutes, clock-aligned: seconds since 1970, a multiple of [`SLOT_SECONDS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotStart(pub i64);

impl SlotStart {
    /// The five minutes in which `at` lies.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.seconds().div_euclid(SLOT_SECONDS) * SLOT_SECONDS)
    }

    /// The five minutes before.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0 - SLOT_SECONDS)
    }
}

/// Whose figures.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SlotKey {
    /// A queue's: [`QueueFigure`].
    Queue(#[serde(with = "plain")] QueueId),
    /// An agent's: [`AgentFigure`].
    Agent(#[serde(with = "plain")] AgentId),
    /// Those of calls to a number: [`CallFigure`].
    Calls {
        /// The number that was called.
        #[serde(with = "plain")]
        called: Arc<str>,
        /// Whether the caller's number was withheld.
        anonymous: bool,
    },
    /// Those of the agents of queue `by` with calls of queue `of`: [`HelpFigure`].
    Help {
        /// Whose agents.
        #[serde(with = "plain")]
        by: QueueId,
        /// Whose calls.
        #[serde(with = "plain")]
        of: QueueId,
    },
}

/// Values of the figures of one kind, by their index; what is not there is zero, and the last one is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values(Vec<u64>);

impl Values {
    /// By their index.
    #[must_use]
    pub fn of(mut values: Vec<u64>) -> Self {
        let used = values.iter().rposition(|value| *value != 0).map_or(0, |last| last + 1);
        values.truncate(used);
        Self(values)
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, figure: impl Figure) -> u64 {
        self.0.get(figure.index()).copied().unwrap_or(0)
    }

    fn at(&mut self, index: usize) -> &mut u64 {
        if self.0.len() <= index {
            self.0.resize(index + 1, 0);
        }
        &mut self.0[index]
    }

    /// Adds to a figure; of a longest one keeps the larger.
    pub fn count(&mut self, figure: impl Figure, value: u64) {
        if value == 0 {
            return;
        }
        let here = self.at(figure.index());
        *here = if figure.is_longest() { (*here).max(value) } else { here.saturating_add(value) };
    }

    /// Adds the figures of another time.
    pub fn add<F: Figure>(&mut self, other: &Self) {
        F::ALL.iter().for_each(|figure| self.count(*figure, other.get(*figure)));
    }
}

/// The figures of one key in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRow {
    /// Which five minutes.
    pub start: SlotStart,
    /// Whose.
    pub key: SlotKey,
    /// The figures.
    pub values: Values,
}

/// How many called numbers are told apart in one slot; those beyond count as calls to the empty number. Numbers come from
/// trunks, so that nothing else bounds them.
const NUMBERS_MAX: usize = 10_000;

/// The figures of five minutes that may still change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slot {
    pub(crate) start: SlotStart,
    values: BTreeMap<SlotKey, Values>,
    numbers: usize,
}

impl Slot {
    pub(crate) fn at(start: SlotStart) -> Self {
        Self { start, ..Self::default() }
    }

    pub(crate) fn get(&self, key: &SlotKey) -> Option<&Values> {
        self.values.get(key)
    }

    pub(crate) fn helped(&self, by: QueueId) -> Vec<(QueueId, u64)> {
        let keys = SlotKey::Help { by, of: QueueId(0) }..=SlotKey::Help { by, of: QueueId(u16::MAX) };
        let pair = |(key, values): (&SlotKey, &Values)| match key {
            SlotKey::Help { of, .. } => Some((*of, values.get(HelpFigure::Answered))),
            _ => None,
        };
        self.values.range(keys).filter_map(pair).collect()
    }

    pub(crate) fn of_key(&mut self, key: SlotKey) -> (SlotKey, &mut Values) {
        let key = self.bounded(key);
        (key.clone(), self.values.entry(key).or_default())
    }

    fn bounded(&mut self, key: SlotKey) -> SlotKey {
        let SlotKey::Calls { called, anonymous } = &key else { return key };
        if called.is_empty() || self.values.contains_key(&key) {
            return key;
        }
        if self.numbers >= NUMBERS_MAX {
            return SlotKey::Calls { called: "".into(), anonymous: *anonymous };
        }
        self.numbers += 1;
        key
    }
}
