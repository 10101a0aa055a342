//! Counts a day, recorded or played.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::{
    AgentId, AgentSettings, Call, CallId, Caller, Entry, Event, Line, Outcome, Place, Presence, QueueId, Reach, State,
    Timestamp,
};

use crate::day::queue_met;
use crate::figures::Figures;

/// Whose figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Of calls that met this queue first in their wait, and of the agents who serve it.
    Queue(QueueId),
    /// Of calls that went to an agent without any queue.
    Directed,
    /// Of everybody.
    All,
}

/// Counts what each decision leads to.
#[derive(Debug)]
pub struct Tally {
    figures: BTreeMap<Key, Figures>,
    calls: BTreeMap<CallId, Seen>,
    agents: BTreeMap<AgentId, Busy>,
    now: Timestamp,
}

/// A live call.
#[derive(Debug)]
struct Seen {
    queue: Option<QueueId>,
    /// When its wait began; none: it does not wait, or did so before the day.
    waits_since: Option<Timestamp>,
    /// When it joined the private queue that it is in.
    private_since: Option<Timestamp>,
    /// Whether it was ever seen waiting there.
    waits_in_private: bool,
    /// Who talks with it, or keeps it, and since when.
    talk: Option<(AgentId, Timestamp)>,
    /// Who else may be engaged by it.
    others: Vec<AgentId>,
}

/// What an agent does, for its occupancy.
#[derive(Clone, Debug, Default)]
struct Busy {
    settings: Option<Arc<AgentSettings>>,
    does: Does,
    since: Timestamp,
    engaged: Duration,
    idle: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Does {
    #[default]
    Nothing,
    Idle,
    Engaged,
}

impl Tally {
    /// Begins with what is there at `begin`: calls that are there already are not counted, their talks are.
    #[must_use]
    pub fn new(state: &State, begin: Timestamp) -> Self {
        let mut tally = Self { figures: BTreeMap::new(), calls: BTreeMap::new(), agents: BTreeMap::new(), now: begin };
        for call in state.calls() {
            tally.calls.insert(call.id, Seen::there_before(call, begin));
        }
        let agents: Vec<AgentId> = state.agents().map(|agent| agent.settings.id).collect();
        agents.into_iter().for_each(|agent| tally.look_at(state, agent));
        tally
    }

    /// What was decided, and the state after it.
    pub fn entry(&mut self, state: &State, entry: &Entry) {
        self.now = entry.at;
        for event in &entry.events {
            self.event(state, event);
        }
        for event in &entry.events {
            if let Event::CallQueued { call, .. } | Event::OfferEnded { call, .. } = event {
                self.look_whether_it_waits(state, *call);
            }
        }
    }

    /// A call that was refused at the door of a queue, and left no trace in the journal.
    pub fn turned_away(&mut self, queue: Option<QueueId>, count: u64) {
        self.count(queue, |figures| {
            figures.offered += count;
            figures.turned_away += count;
        });
    }

    /// The figures at the end of the day; an agent's occupancy counts for each of the queues that it serves.
    #[must_use]
    pub fn finish(mut self, end: Timestamp) -> BTreeMap<Key, Figures> {
        self.now = end;
        for seen in std::mem::take(&mut self.calls).into_values() {
            if seen.waits_since.is_some() {
                self.count(seen.queue, |figures| {
                    figures.offered += 1;
                    figures.still_there += 1;
                });
            }
        }
        for mut busy in std::mem::take(&mut self.agents).into_values() {
            busy.turn_to(Does::Nothing, end);
            let queues = busy.settings.iter().flat_map(|settings| &settings.queues);
            for key in queues.map(|part| Key::Queue(part.queue)).chain([Key::All]) {
                let figures = self.figures.entry(key).or_default();
                figures.engaged += busy.engaged;
                figures.idle += busy.idle;
            }
        }
        self.figures
    }

    fn count(&mut self, queue: Option<QueueId>, change: impl Fn(&mut Figures)) {
        change(self.figures.entry(queue.map_or(Key::Directed, Key::Queue)).or_default());
        change(self.figures.entry(Key::All).or_default());
    }

    fn event(&mut self, state: &State, event: &Event) {
        if let Event::CallArrived { call, caller, .. } = event {
            self.calls.insert(*call, Seen::arrives(caller, self.now));
        }
        if let Some((call, queue)) = queue_met(event)
            && let Some(seen) = self.calls.get_mut(&call).filter(|seen| seen.waits_since.is_some())
        {
            seen.queue.get_or_insert(queue);
        }
        match event {
            Event::CallQueued { call, line, .. } => self.joins(*call, *line),
            Event::CallSentOutside { call, .. } => self.leaves_private(*call),
            Event::OutsideAnswered { call } => {
                self.ends_wait(*call, |figures, _, _| figures.sent_outside += 1);
            }
            Event::OfferAccepted { call, agent, .. } => self.answered(state, *call, *agent),
            Event::CallTransferred { call, .. } | Event::CallTransferredOutside { call, .. } => {
                self.ends_talk(state, *call);
                if let Some(seen) = self.calls.get_mut(call) {
                    (seen.queue, seen.waits_since) = (None, Some(self.now));
                }
            }
            Event::CallEnded { call, outcome, .. } => self.ends(state, *call, *outcome),
            _ => {}
        }
        if let Some(agent) = agent_of(event) {
            self.look_at(state, agent);
        }
    }

    fn joins(&mut self, call: CallId, line: Line) {
        self.leaves_private(call);
        if let Some(seen) = self.calls.get_mut(&call) {
            seen.private_since = matches!(line, Line::Private(_)).then_some(self.now);
        }
    }

    fn leaves_private(&mut self, call: CallId) {
        let now = self.now;
        let Some(seen) = self.calls.get_mut(&call) else { return };
        let waited = std::mem::take(&mut seen.waits_in_private);
        let (since, queue) = (seen.private_since.take(), seen.queue);
        if let Some(since) = since.filter(|_| waited) {
            self.count(queue, |figures| figures.private_waits.push(now.since(since)));
        }
    }

    /// A call that is offered at once never waits in private.
    fn look_whether_it_waits(&mut self, state: &State, call: CallId) {
        let waits = state.call(call).is_some_and(|call| matches!(call.place, Place::Waiting(_)));
        if let Some(seen) = self.calls.get_mut(&call).filter(|seen| waits && seen.private_since.is_some()) {
            seen.waits_in_private = true;
        }
    }

    fn answered(&mut self, state: &State, call: CallId, agent: AgentId) {
        self.leaves_private(call);
        let queue = self.calls.get(&call).and_then(|seen| seen.queue).and_then(|queue| state.queue(queue));
        let in_time = queue.map_or(engine::Queue::new(QueueId(0), "").service_level, |queue| queue.service_level);
        self.ends_wait(call, |figures, began, wait| {
            figures.answered += 1;
            figures.in_time += u64::from(wait <= in_time);
            figures.waits.push((began, wait));
        });
        let now = self.now;
        if let Some(seen) = self.calls.get_mut(&call) {
            // Whom a keeper asked answers the keeper, who goes on with the call.
            seen.talk.get_or_insert((agent, now));
            seen.others.push(agent);
        }
    }

    fn ends(&mut self, state: &State, call: CallId, outcome: Outcome) {
        self.leaves_private(call);
        self.ends_talk(state, call);
        let queue = self.calls.get(&call).and_then(|seen| seen.queue).and_then(|queue| state.queue(queue));
        let soon = queue.map_or(engine::Queue::new(QueueId(0), "").short_abandon, |queue| queue.short_abandon);
        self.ends_wait(call, |figures, began, wait| match outcome {
            Outcome::Abandoned if wait < soon => figures.abandoned_soon += 1,
            Outcome::Abandoned => {
                figures.abandoned += 1;
                figures.waits.push((began, wait));
            }
            Outcome::Released(_) => figures.turned_away += 1,
            Outcome::Failed(_) | Outcome::Answered => figures.failed += 1,
        });
        let others = self.calls.remove(&call).map(|seen| seen.others);
        others.into_iter().flatten().for_each(|agent| self.look_at(state, agent));
    }

    fn ends_talk(&mut self, state: &State, call: CallId) {
        let now = self.now;
        let Some(seen) = self.calls.get_mut(&call) else { return };
        let (talk, queue) = (seen.talk.take(), seen.queue);
        let Some((agent, since)) = talk else { return };
        self.count(queue, |figures| {
            figures.talks += 1;
            figures.talked += now.since(since);
        });
        self.look_at(state, agent);
    }

    /// The wait is over; how, `change` says.
    fn ends_wait(&mut self, call: CallId, change: impl Fn(&mut Figures, Timestamp, Duration)) {
        let now = self.now;
        let Some(seen) = self.calls.get_mut(&call) else { return };
        let (since, queue) = (seen.waits_since.take(), seen.queue);
        let Some(since) = since else { return };
        self.count(queue, |figures| {
            figures.offered += 1;
            change(figures, since, now.since(since));
        });
    }

    fn look_at(&mut self, state: &State, id: AgentId) {
        let now = self.now;
        let busy = self.agents.entry(id).or_insert_with(|| Busy { since: now, ..Busy::default() });
        let Some(agent) = state.agent(id) else { return busy.turn_to(Does::Nothing, now) };
        busy.settings = Some(Arc::clone(&agent.settings));
        let does = if agent.work.is_engaged() {
            Does::Engaged
        } else if agent.presence == Presence::Ready && agent.reach == Reach::Reachable {
            Does::Idle
        } else {
            Does::Nothing
        };
        busy.turn_to(does, now);
    }
}

impl Seen {
    fn arrives(caller: &Caller, now: Timestamp) -> Self {
        let others = if let Caller::Agent(agent) = caller { vec![*agent] } else { Vec::new() };
        Self { queue: None, waits_since: Some(now), private_since: None, waits_in_private: false, talk: None, others }
    }

    fn there_before(call: &Call, begin: Timestamp) -> Self {
        let talk = if let Place::Talking { agent, .. } = call.place { Some((agent, begin)) } else { None };
        Self { queue: call.origin_queue, waits_since: None, talk, ..Self::arrives(&call.caller, begin) }
    }
}

impl Busy {
    fn turn_to(&mut self, does: Does, now: Timestamp) {
        let span = now.since(self.since);
        match self.does {
            Does::Nothing => {}
            Does::Idle => self.idle += span,
            Does::Engaged => self.engaged += span,
        }
        (self.does, self.since) = (does, now);
    }
}

/// Whose presence or work an event changes.
fn agent_of(event: &Event) -> Option<AgentId> {
    match event {
        Event::AgentSignedIn { agent, .. }
        | Event::AgentSignedOut { agent, .. }
        | Event::PresenceChanged { agent, .. }
        | Event::AgentFound { agent }
        | Event::AgentLost { agent, .. }
        | Event::WrapUpStarted { agent, .. }
        | Event::WrapUpEnded { agent, .. }
        | Event::OfferMade { agent, .. }
        | Event::OfferAccepted { agent, .. }
        | Event::OfferEnded { agent, .. }
        | Event::CallTransferred { agent, .. }
        | Event::CallTransferredOutside { agent, .. }
        | Event::CallKept { agent, .. }
        | Event::CallGivenAway { agent, .. }
        | Event::CallTakenBack { agent, .. }
        | Event::AgentRemoved(agent)
        | Event::CallArrived { caller: Caller::Agent(agent), .. } => Some(*agent),
        Event::AgentDefined(settings) => Some(settings.id),
        _ => None,
    }
}
