//! What the floor decides, in plain words.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{
    AgentId, CallId, Caller, Cause, Engine, Entry, Event, Line, OfferEnd, Outcome, Place, Presence, QueueId, State,
    Timestamp,
};

/// Follows the floor, and counts what it told.
#[derive(Debug)]
pub(super) struct Narrator {
    engine: Engine,
    callers: BTreeMap<CallId, Known>,
    pub(super) told: Told,
}

/// A live call, as it is spoken of.
#[derive(Clone, Debug)]
struct Known {
    who: String,
    since: Timestamp,
}

/// What was told, in figures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) calls: usize,
    pub(super) talks: usize,
    pub(super) transfers: usize,
    pub(super) private_waits: usize,
}

impl Narrator {
    pub(super) fn new(state: State) -> Self {
        Self { engine: Engine::new(state), callers: BTreeMap::new(), told: Told::default() }
    }

    pub(super) fn state(&self) -> &State {
        self.engine.state()
    }

    /// The sentences that an entry is worth.
    pub(super) fn tell(&mut self, entry: &Entry) -> Vec<String> {
        self.engine.apply(entry);
        let transferred_by = entry.events.iter().find_map(|event| match event {
            Event::CallTransferred { agent, .. } => Some(*agent),
            _ => None,
        });
        entry.events.iter().filter_map(|event| self.sentence(entry.at, event, transferred_by)).collect()
    }

    fn sentence(&mut self, at: Timestamp, event: &Event, transferred_by: Option<AgentId>) -> Option<String> {
        match event {
            Event::AgentSignedIn { agent, .. } => Some(format!("agent {agent} is there: its phone has registered")),
            Event::PresenceChanged { agent, presence, .. } => Some(match presence {
                Presence::Ready => format!("agent {agent} is ready again"),
                Presence::NotReady(_) | Presence::SignedOut => format!("agent {agent} gets no more calls for a while"),
            }),
            Event::CallArrived { call, caller, .. } => {
                self.told.calls += 1;
                self.callers.insert(*call, Known { who: who(caller), since: at });
                None
            }
            Event::CallQueued { call, line, cause, .. } => Some(self.queued(*call, *line, *cause, transferred_by)),
            Event::OfferMade { call, agent, line, .. } => Some(match line {
                Line::Private(_) => format!("  agent {agent} is rung for call {call}, which is for this agent alone"),
                Line::Queue(_) => format!("  agent {agent} is rung for call {call}"),
            }),
            Event::OfferAccepted { call, agent, .. } => {
                self.told.talks += 1;
                Some(format!("  agent {agent} answers and talks with {}", self.who(*call)))
            }
            Event::OfferEnded { call, agent, how, .. } => match how {
                OfferEnd::Declined => Some(format!("  agent {agent} declines call {call}: it keeps its place")),
                OfferEnd::Expired => Some(format!("  agent {agent} lets it ring: call {call} keeps its place")),
                OfferEnd::Failed => {
                    Some(format!("  agent {agent}'s phone cannot be rung: call {call} keeps its place"))
                }
                OfferEnd::Withdrawn(_) => None,
            },
            Event::CallTransferred { agent: _, .. } => {
                self.told.transfers += 1;
                None
            }
            Event::CallEnded { call, outcome, .. } => Some(self.ended(at, *call, *outcome)),
            _ => None,
        }
    }

    fn who(&self, call: CallId) -> String {
        self.callers.get(&call).map_or_else(|| "somebody".to_owned(), |known| known.who.clone())
    }

    fn queued(&mut self, call: CallId, line: Line, cause: Cause, transferred_by: Option<AgentId>) -> String {
        let who = self.who(call);
        let does = match (cause, transferred_by) {
            (Cause::Transfer, Some(agent)) => format!("agent {agent} transfers {who} to {}", self.aim(line)),
            (Cause::Dialled, _) => format!("{who} calls {}", self.aim(line)),
            _ => format!("{who} goes to {}", self.aim(line)),
        };
        let Some(place) = self.place(call, line) else { return format!("{does}: call {call}") };
        match line {
            Line::Private(agent) => {
                self.told.private_waits += 1;
                format!("{does}, who is engaged: call {call} waits in agent {agent}'s private queue (place {place})")
            }
            Line::Queue(queue) => format!("{does}: call {call} waits in {} (place {place})", self.queue(queue)),
        }
    }

    /// Its place in a line, if it waits there.
    fn place(&self, call: CallId, line: Line) -> Option<usize> {
        let state = self.state();
        let waits = state.call(call).is_some_and(|call| matches!(call.place, Place::Waiting(_)));
        let nth = match line {
            Line::Private(agent) => state.private_queue(agent).position(|other| other.id == call),
            Line::Queue(queue) => state.waiting(queue).position(|other| other.id == call),
        };
        nth.filter(|_| waits).map(|nth| nth + 1)
    }

    fn aim(&self, line: Line) -> String {
        match line {
            Line::Private(agent) => format!("agent {agent}"),
            Line::Queue(queue) => self.queue(queue),
        }
    }

    fn queue(&self, queue: QueueId) -> String {
        self.state().queue(queue).map_or_else(|| format!("queue {queue}"), |queue| queue.name.to_string())
    }

    fn ended(&mut self, at: Timestamp, call: CallId, outcome: Outcome) -> String {
        let (who, since) =
            self.callers.remove(&call).map_or(("somebody".to_owned(), at), |known| (known.who, known.since));
        let after = seconds(at.since(since));
        match outcome {
            Outcome::Answered => format!("  call {call} is over: {who} was served, {after} after calling"),
            Outcome::Abandoned => format!("{who} gives up after {after}: call {call} is over"),
            Outcome::Released(_) | Outcome::Failed(_) => format!("call {call} of {who} is over: {outcome:?}"),
        }
    }
}

fn who(caller: &Caller) -> String {
    match caller {
        Caller::Outside(number) => crate::command::masked(number),
        Caller::Agent(agent) => format!("agent {agent}"),
    }
}

fn seconds(span: Duration) -> String {
    format!("{} s", span.as_secs())
}
