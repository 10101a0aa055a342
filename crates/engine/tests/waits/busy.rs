//! A floor at work: callers, talks and breaks of fixed chance, and books of what calls were told and what came of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use engine::{
    AgentId, CallId, Caller, ChangedBy, Command, Engine, Entry, Event, ExpectedWait, Floor, LegKey, Line, NotReady,
    NotReadyKind, OfferId, Place, QueueId, Target, Timestamp, WaitFor,
};

pub const START: Timestamp = Timestamp::from_seconds(1_605_484_800);

/// What a floor is like. Times are means, in seconds.
#[derive(Clone, Debug)]
pub struct Day {
    pub floor: Floor,
    /// For each queue: how many calls an hour, and how long a talk with one lasts.
    pub queues: Vec<(QueueId, f64, f64)>,
    /// How much longer than others the slowest agent talks; the quickest is as much quicker.
    pub unlike: f64,
    /// Of a hundred calls, how many are transferred to an agent when their talk is over.
    pub transferred: u64,
    /// How long callers wait before they leave; none: for ever.
    pub patience: Option<f64>,
    /// How long until an agent takes a break of five minutes; none: never.
    pub breaks: Option<f64>,
    pub hours: u64,
}

/// What calls were told, and what came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub checked_p50: u32,
    pub held_p50: u32,
    pub checked_p90: u32,
    pub held_p90: u32,
    /// Who left before it could be known.
    pub censored: u32,
}

impl Told {
    pub fn percent(self) -> (f64, f64) {
        let percent = |held: u32, of: u32| 100.0 * f64::from(held) / f64::from(of.max(1));
        (percent(self.held_p50, self.checked_p50), percent(self.held_p90, self.checked_p90))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Arrival(QueueId),
    Answer(OfferId),
    HangUp(CallId, AgentId),
    CallerLeaves(CallId),
    Break(AgentId),
    Back(AgentId),
}

pub struct Busy {
    day: Day,
    engine: Engine,
    now: Timestamp,
    chance: u64,
    arrivals: u128,
    things: BinaryHeap<Reverse<(Timestamp, u64, Thing)>>,
    things_made: u64,
    waits: BTreeMap<CallId, (Timestamp, Line, ExpectedWait)>,
    pub public: Told,
    pub private: Told,
}

impl Busy {
    pub fn new(day: Day, seed: u64) -> Self {
        let mut busy = Self {
            engine: Engine::default(),
            now: START,
            chance: seed,
            arrivals: 0,
            things: BinaryHeap::new(),
            things_made: 0,
            waits: BTreeMap::new(),
            public: Told::default(),
            private: Told::default(),
            day,
        };
        busy.handle(Command::Configure(busy.day.floor.clone()));
        for (queue, ..) in busy.day.queues.clone() {
            busy.arrive_later(queue);
        }
        let agents: Vec<AgentId> = busy.day.floor.agents.iter().map(|agent| agent.id).collect();
        for agent in agents {
            busy.break_later(agent);
        }
        busy
    }

    pub fn state(&self) -> &engine::State {
        self.engine.state()
    }

    /// The first hour is for getting to know the agents.
    pub fn play(&mut self) {
        let end = START + Duration::from_secs(3600 * self.day.hours);
        let learnt = START + Duration::from_secs(3600);
        let mut is_learnt = false;
        while self.step(end) {
            if !is_learnt && self.now > learnt {
                is_learnt = true;
                (self.public, self.private) = Default::default();
            }
        }
    }

    /// The next thing that happens, if it is before `end`.
    pub fn step(&mut self, end: Timestamp) -> bool {
        let deadline = self.engine.next_deadline().map_or(Timestamp::MAX, |(at, _)| at);
        let next = self.things.peek().map_or(Timestamp::MAX, |Reverse((at, ..))| *at);
        if deadline.min(next) > end {
            return false;
        }
        if deadline <= next {
            self.now = deadline;
            self.handle(Command::Tick);
            return true;
        }
        let Some(Reverse((at, _, thing))) = self.things.pop() else { return false };
        self.now = at;
        self.happen(thing);
        true
    }

    fn happen(&mut self, thing: Thing) {
        match thing {
            Thing::Arrival(queue) => {
                self.arrive_later(queue);
                self.arrivals += 1;
                let priority = if self.percent() < 10 { 5 } else { 1 };
                self.handle(Command::Arrive {
                    key: LegKey(self.arrivals.to_le_bytes()),
                    caller: Caller::Outside("".into()),
                    called: "8001".into(),
                    priority,
                    target: Target::Queue(queue),
                });
            }
            Thing::Answer(offer) => self.handle(Command::AcceptOffer { offer }),
            Thing::HangUp(call, agent) => {
                let target = AgentId(1001 + self.below(self.day.floor.agents.len() as u64) as u32);
                let goes_on = self.percent() < self.day.transferred && target != agent;
                let is_long = self.state().call(call).is_some_and(|call| call.hops > 2);
                if goes_on && !is_long {
                    self.handle(Command::Transfer { call, agent, target: Target::Agent(target) });
                }
                // Refused, or not to be transferred, it is over.
                self.handle(Command::AgentLeft { call, agent });
            }
            Thing::CallerLeaves(call) => {
                let talks = self.state().call(call).is_none_or(|call| matches!(call.place, Place::Talking { .. }));
                if !talks {
                    self.handle(Command::CallerLeft { call });
                }
            }
            Thing::Break(agent) => {
                let why = NotReady { kind: NotReadyKind::Rest, reason: 0 };
                self.handle(Command::BecomeNotReady { agent, why, by: ChangedBy::Agent });
                self.later(300.0, Thing::Back(agent));
            }
            Thing::Back(agent) => {
                self.handle(Command::BecomeReady { agent, by: ChangedBy::Agent });
                self.break_later(agent);
            }
        }
    }

    fn handle(&mut self, command: Command) {
        let Ok(entry) = self.engine.handle(self.now, command) else { return };
        self.settle_books(&entry);
        for event in &entry.events {
            match event {
                Event::CallArrived { call, .. } => {
                    if let Some(patience) = self.day.patience {
                        let left = self.exponential(patience);
                        self.later(left, Thing::CallerLeaves(*call));
                    }
                }
                Event::OfferMade { offer, .. } => {
                    let rings = 2.0 + self.below(40) as f64 / 10.0;
                    self.later(rings, Thing::Answer(*offer));
                }
                Event::OfferAccepted { call, agent, .. } => {
                    let talk = self.talk(*call, *agent);
                    self.later(talk, Thing::HangUp(*call, *agent));
                }
                _ => {}
            }
        }
        self.tell_waits(&entry);
    }

    /// Asks for whoever waits from now on.
    fn tell_waits(&mut self, entry: &Entry) {
        for event in &entry.events {
            let Event::CallQueued { call, line, .. } = event else { continue };
            let waits = matches!(self.state().call(*call).map(|call| &call.place), Some(Place::Waiting(_)));
            if waits {
                let told = self.state().expected_wait(self.now, WaitFor::Call(*call)).unwrap();
                self.waits.insert(*call, (self.now, *line, told));
            }
        }
    }

    fn settle_books(&mut self, entry: &Entry) {
        for event in &entry.events {
            let (call, is_served) = match event {
                Event::OfferMade { call, .. } => (*call, true),
                Event::CallEnded { call, .. } => (*call, false),
                _ => continue,
            };
            let Some((since, line, told)) = self.waits.remove(&call) else { continue };
            let books = if matches!(line, Line::Private(_)) { &mut self.private } else { &mut self.public };
            let ExpectedWait::Span { p50, p90 } = told else { continue };
            let waited = self.now.since(since);
            if is_served || waited > p50 {
                books.checked_p50 += 1;
                books.held_p50 += u32::from(waited <= p50);
            }
            if is_served || waited > p90 {
                books.checked_p90 += 1;
                books.held_p90 += u32::from(waited <= p90);
            } else {
                books.censored += 1;
            }
        }
    }

    fn arrive_later(&mut self, queue: QueueId) {
        let (_, an_hour, _) = *self.day.queues.iter().find(|(id, ..)| *id == queue).unwrap();
        let after = self.exponential(3600.0 / an_hour);
        self.later(after, Thing::Arrival(queue));
    }

    fn break_later(&mut self, agent: AgentId) {
        if let Some(breaks) = self.day.breaks {
            let after = self.exponential(breaks);
            self.later(after, Thing::Break(agent));
        }
    }

    /// Most talks are short, some are long: the product of three chances.
    fn talk(&mut self, call: CallId, agent: AgentId) -> f64 {
        let queue = self.state().call(call).and_then(|call| call.origin_queue);
        let mean = self.day.queues.iter().find(|(id, ..)| Some(*id) == queue).map_or(180.0, |(.., talk)| *talk);
        let agents = self.day.floor.agents.len() as f64;
        let slow = (f64::from(agent.0 - 1001) / agents - 0.5) * 2.0;
        let spread = (0..3).map(|_| 0.5 + self.below(1000) as f64 / 1000.0).product::<f64>();
        mean * (1.0 + self.day.unlike * slow) * spread
    }

    fn later(&mut self, seconds: f64, thing: Thing) {
        self.things_made += 1;
        self.things.push(Reverse((self.now + Duration::from_secs_f64(seconds), self.things_made, thing)));
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        let chance = (self.below(1_000_000) as f64 + 1.0) / 1_000_000.0;
        -mean * chance.ln()
    }

    fn percent(&mut self) -> u64 {
        self.below(100)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.chance = self.chance.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.chance >> 33) % end
    }
}
