//! What a day brought from outside, whatever the floor made of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::{
    AgentId, AgentSettings, CallId, Caller, Command, Engine, Event, FailCause, Line, QueueId, Sender, State, Target,
    Timestamp,
};

use crate::offers::Response;

/// A day, taken apart: arrivals, what agents did by themselves, and for each call what its caller and its agents did,
/// counted from where each part of its life began.
#[derive(Debug)]
pub struct Day {
    /// Where it begins: the state then is known, and all that follows.
    pub begin: Timestamp,
    /// Where it ends.
    pub end: Timestamp,
    pub(crate) start: Engine,
    pub(crate) stimuli: Vec<Stimulus>,
    pub(crate) lives: Vec<Life>,
    /// The calls that were there at the beginning.
    pub(crate) there_before: BTreeMap<CallId, usize>,
    /// How each agent answered its offers, by time.
    pub(crate) responses: BTreeMap<AgentId, Vec<Response>>,
    /// Wrap-ups, by the talk that they followed: whose, the life, and which of its talks.
    pub(crate) wrap_ups: BTreeMap<(AgentId, usize, usize), WrapUp>,
    /// All agents that the day's floors had, as they were last.
    pub(crate) agents: BTreeMap<AgentId, Arc<AgentSettings>>,
}

impl Day {
    /// What was true at its beginning.
    #[must_use]
    pub fn start(&self) -> &State {
        self.start.state()
    }

    /// When its first and its last call arrived.
    #[must_use]
    pub fn busy_hours(&self) -> Option<(Timestamp, Timestamp)> {
        let arrivals = || self.lives.iter().filter(|life| life.arrival.is_some()).map(|life| life.arrived);
        Some((arrivals().min()?, arrivals().max()?))
    }

    /// How many calls arrived.
    #[must_use]
    pub fn arrivals(&self) -> usize {
        self.lives.iter().filter(|life| life.arrival.is_some()).count()
    }
}

/// Something that happened by itself, at its time of the day.
#[derive(Debug)]
pub(crate) struct Stimulus {
    pub(crate) at: Timestamp,
    /// Its place among all that was recorded, for what happened at the same time.
    pub(crate) order: u64,
    pub(crate) what: Happening,
}

#[derive(Debug)]
pub(crate) enum Happening {
    /// The call of this life arrives.
    Arrival(usize),
    /// What agents, supervisors and phones did, and what was configured.
    Command {
        command: Box<Command>,
        /// Whether an agent signed in by it.
        signs_in: bool,
    },
}

/// What one caller met with, and did.
#[derive(Debug)]
pub(crate) struct Life {
    /// None: the call was there before the day began.
    pub(crate) arrival: Option<Arrival>,
    pub(crate) arrived: Timestamp,
    /// From the arrival, or a transfer of any kind, until somebody answered or the call was over.
    pub(crate) waits: Vec<Part>,
    pub(crate) talks: Vec<Part>,
    /// Each time that it was sent to an outside number.
    pub(crate) outsides: Vec<Part>,
}

#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) key: engine::LegKey,
    pub(crate) caller: Caller,
    pub(crate) called: Arc<str>,
    pub(crate) priority: u8,
    pub(crate) target: Target,
}

/// A part of a life, and what was done in it.
#[derive(Debug)]
pub(crate) struct Part {
    /// Of a wait: the first queue that the call met. Of a talk: that of the wait before it.
    pub(crate) queue: Option<QueueId>,
    pub(crate) began: Timestamp,
    /// As far as it is known.
    pub(crate) lasted: Duration,
    pub(crate) acts: Vec<Act>,
}

impl Part {
    pub(crate) fn new(queue: Option<QueueId>, began: Timestamp) -> Self {
        Self { queue, began, lasted: Duration::ZERO, acts: Vec::new() }
    }

    /// Whether somebody ended it; else the day did, or it went on elsewhere.
    pub(crate) fn is_ended(&self) -> bool {
        self.acts.iter().any(|act| act.what.ends())
    }

    /// Whether the caller gave up.
    pub(crate) fn is_left(&self) -> bool {
        self.acts.iter().any(|act| matches!(act.what, Deed::CallerLeft))
    }
}

/// What somebody did, so long after the part began.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) after: Duration,
    pub(crate) order: u64,
    pub(crate) what: Deed,
}

#[derive(Clone, Debug)]
pub(crate) enum Deed {
    CallerLeft,
    AgentLeft,
    Failed(FailCause),
    Released,
    Cancelled,
    Moved(Target),
    Transferred(Target),
    Held(bool),
    /// What an agent asked for about a call that it talks with or keeps: by whatever call and agent it is addressed.
    Asked(Box<Command>),
    OutsideAnswered,
    OutsideLeft,
}

impl Deed {
    const fn ends(&self) -> bool {
        matches!(
            self,
            Self::CallerLeft
                | Self::AgentLeft
                | Self::Failed(_)
                | Self::Released
                | Self::Transferred(_)
                | Self::OutsideLeft
        )
    }
}

/// A wrap-up, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrapUp {
    pub(crate) at: Timestamp,
    pub(crate) after: Duration,
    pub(crate) order: u64,
    /// Whether somebody ended it; else its time, a sign-out or the day did.
    pub(crate) by_hand: bool,
}

/// The queue that an event brings a call to, for whoever counts by queue: where it waits, or where it is turned away or
/// sent on at the door.
pub(crate) fn queue_met(event: &Event) -> Option<(CallId, QueueId)> {
    match event {
        Event::CallQueued { call, line: Line::Queue(queue), .. }
        | Event::CallQueued { call, sender: Sender::Queue(queue), .. }
        | Event::TreatmentApplied { call, queue, .. } => Some((*call, *queue)),
        _ => None,
    }
}
