//! Callers and agents with habits, whom a real engine serves; all of it follows from a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use engine::{
    Action, AgentId, AgentQueue, AgentSettings, CallId, Caller, ChangedBy, Command, Engine, Entry, Event, Floor,
    LegKey, NotReady, NotReadyKind, OfferId, Queue, QueueId, SignIn, Target, Timestamp, Transfer, TransferMode,
    TransferTo, Treatment, VdnId, VdnSettings, Work,
};

pub(crate) const SALES: QueueId = QueueId(1);
pub(crate) const SUPPORT: QueueId = QueueId(2);

/// When the crowd's day begins: 2026-11-26, 08:00 in a place one hour ahead of UTC.
pub(crate) const BEGIN: Timestamp = Timestamp::from_seconds(1_795_676_400);
/// The longest pause between two callers, in seconds, by the hour.
const PAUSES: [u64; 10] = [60, 48, 34, 42, 58, 66, 40, 44, 60, 80];

/// Agents from 1001 on, by turns of Sales and Support; every fourth serves both, and signs in by phone.
pub(crate) fn floor(agents: u32) -> Floor {
    let agents = (0..agents).map(|nth| {
        let (queues, sign_in) = match nth % 4 {
            0 => (&[SALES][..], SignIn::Person),
            1 => (&[SALES, SUPPORT][..], SignIn::Person),
            2 => (&[SUPPORT][..], SignIn::Register),
            _ => (&[SALES, SUPPORT][..], SignIn::Register),
        };
        let part = |queue: &QueueId| AgentQueue { queue: *queue, agent_weight: 1, queue_weight: 1 };
        let queues = queues.iter().map(part).collect();
        let idle_automatically = nth % 4 != 1;
        AgentSettings { queues, sign_in, idle_automatically, ..AgentSettings::new(AgentId(1001 + nth), "") }
    });
    let agents = agents.collect();
    let mut sales = Queue { wrap_up: Duration::from_secs(15), ..Queue::new(SALES, "Sales") };
    sales.treatments.timeout = Treatment {
        action: Action::External("+49555".into()),
        fallback: Some(Box::new(Treatment { action: Action::Queue(SUPPORT), fallback: None })),
    };
    sales.wait_max = Duration::from_secs(150);
    let support = Queue { waiting_max: Some(6), ..Queue::new(SUPPORT, "Support") };
    Floor {
        vdn: VdnId(170),
        settings: VdnSettings { utc_offset_minutes: 60, ..VdnSettings::default() },
        queues: vec![sales, support],
        agents,
    }
}

pub(crate) struct Crowd {
    engine: Engine,
    chance: u64,
    agents: u32,
    /// Unique times: whatever is planned for the same moment is put off by a microsecond.
    agenda: BTreeMap<Timestamp, Planned>,
    entries: Vec<Entry>,
    callers: u64,
}

#[derive(Clone, Copy)]
enum Planned {
    Arrival,
    Break(AgentId),
    Answer(OfferId, u64),
    Leave(CallId),
    End(CallId, AgentId, u64),
    Hold(CallId, bool),
    Decide(CallId, AgentId, u64),
    Outside(CallId, bool),
    Do(Deed),
}

#[derive(Clone, Copy)]
enum Deed {
    Ready(AgentId),
    SignIn(AgentId),
    EndWrapUp(AgentId),
    Dial(AgentId),
}

impl Crowd {
    pub(crate) fn new(seed: u64, floor: Floor) -> Self {
        let agents = u32::try_from(floor.agents.len()).expect("a few");
        let chance = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let (engine, agenda, entries) = (Engine::default(), BTreeMap::new(), Vec::new());
        let mut crowd = Self { engine, chance, agents, agenda, entries, callers: 0 };
        let begin = BEGIN;
        crowd.handle(begin, Command::Configure(floor));
        for nth in 0..agents {
            let agent = AgentId(1001 + nth);
            crowd.plan(begin, 10 + u64::from(nth), Planned::Do(Deed::SignIn(agent)));
            crowd.plan(begin, 900 + 600 * u64::from(nth), Planned::Break(agent));
        }
        crowd.plan(begin, 20, Planned::Arrival);
        crowd
    }

    /// Lives for so many seconds. What was refused is not among the entries, nor what changed nothing.
    pub(crate) fn live(mut self, seconds: i64) -> Vec<Entry> {
        let end = Timestamp(self.entries[0].at.0 + seconds * 1_000_000);
        loop {
            let planned = self.agenda.first_key_value().map(|(at, _)| *at);
            let due = self.engine.next_deadline().map(|(at, _)| at);
            let Some(at) = planned.into_iter().chain(due).min().filter(|at| *at < end) else { return self.entries };
            if due == Some(at) {
                self.handle(at, Command::Tick);
            } else if let Some((at, planned)) = self.agenda.pop_first() {
                self.act(at, planned);
            }
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance % bound
    }

    fn plan(&mut self, now: Timestamp, seconds: u64, what: Planned) {
        let mut at = Timestamp(now.0 + i64::try_from(seconds * 1_000_000 + 1 + self.below(999_983)).expect("soon"));
        while self.agenda.contains_key(&at) {
            at.0 += 1;
        }
        self.agenda.insert(at, what);
    }

    fn handle(&mut self, at: Timestamp, command: Command) -> bool {
        let Ok(entry) = self.engine.handle(at, command) else { return false };
        for event in entry.events.clone() {
            self.react(at, &event);
        }
        if !entry.events.is_empty() {
            self.entries.push(entry);
        }
        true
    }

    fn act(&mut self, at: Timestamp, planned: Planned) {
        match planned {
            Planned::Arrival => self.arrival(at),
            Planned::Break(agent) => self.take_a_break(at, agent),
            Planned::Answer(offer, habit) => {
                let command = match habit {
                    0 => Command::DeclineOffer { offer },
                    1 => Command::FailOffer { offer },
                    2 => Command::ExpireOffer { offer },
                    _ => Command::AcceptOffer { offer },
                };
                self.handle(at, command);
            }
            Planned::Leave(call) => {
                let talks = matches!(
                    self.engine.state().call(call).map(|call| &call.place),
                    Some(engine::Place::Talking { .. })
                );
                if !talks {
                    self.handle(at, Command::CallerLeft { call });
                }
            }
            Planned::End(call, agent, how) => self.end(at, call, agent, how),
            Planned::Decide(call, agent, how) => self.decide(at, call, agent, how),
            Planned::Hold(call, held) => {
                self.handle(at, Command::SetHeld { call, held });
            }
            Planned::Outside(call, true) => {
                self.handle(at, Command::OutsideAnswered { call });
            }
            Planned::Outside(call, false) => {
                self.handle(at, Command::OutsideLeft { call });
            }
            Planned::Do(deed) => self.deed(at, deed),
        }
    }

    fn arrival(&mut self, at: Timestamp) {
        self.callers += 1;
        let mut key = [0; 16];
        key[..8].copy_from_slice(&self.callers.to_le_bytes());
        let (called, target) = match self.below(10) {
            0 => ("1002", Target::Agent(AgentId(1002))),
            1..=5 => ("8001", Target::Queue(SALES)),
            _ => ("8002", Target::Queue(SUPPORT)),
        };
        let (caller, called) = (Caller::Outside("+4930123456".into()), called.into());
        let priority = 1 + u8::try_from(self.below(3)).expect("small");
        self.handle(at, Command::Arrive { key: LegKey(key), caller, called, priority, target });
        let hour = usize::try_from(at.since(BEGIN).as_secs() / 3600).expect("a few");
        let next = self.below(PAUSES[hour % PAUSES.len()]);
        self.plan(at, next, Planned::Arrival);
    }

    fn take_a_break(&mut self, at: Timestamp, agent: AgentId) {
        let (by, why) = (ChangedBy::Agent, NotReady { kind: NotReadyKind::Rest, reason: 1 });
        match self.below(3) {
            0 => self.handle(at, Command::SignOut { agent, by }),
            1 => self.handle(at, Command::PhoneLost { agent }),
            _ => self.handle(at, Command::BecomeNotReady { agent, why, by }),
        };
        let length = 100 + self.below(200);
        self.plan(at, length, Planned::Do(Deed::SignIn(agent)));
        self.plan(at, length + 5, Planned::Do(Deed::Dial(agent)));
        let next = 1500 + self.below(600);
        self.plan(at, next, Planned::Break(agent));
    }

    fn deed(&mut self, at: Timestamp, deed: Deed) {
        let by = ChangedBy::Agent;
        match deed {
            Deed::Ready(agent) => {
                self.handle(at, Command::BecomeReady { agent, by });
            }
            Deed::SignIn(agent) => {
                self.handle(at, Command::SignIn { agent, by: ChangedBy::Phone });
                if !self.handle(at, Command::SignIn { agent, by }) {
                    self.handle(at, Command::BecomeReady { agent, by });
                }
            }
            Deed::EndWrapUp(agent) => {
                self.handle(at, Command::EndWrapUp { agent, by });
            }
            Deed::Dial(agent) => {
                let mut key = [1; 16];
                self.callers += 1;
                key[..8].copy_from_slice(&self.callers.to_le_bytes());
                let (caller, called, target) = (Caller::Agent(agent), "8002".into(), Target::Queue(SUPPORT));
                self.handle(at, Command::Arrive { key: LegKey(key), caller, called, priority: 1, target });
            }
        }
    }

    fn end(&mut self, at: Timestamp, call: CallId, agent: AgentId, how: u64) {
        let target = match how {
            0 | 1 => Target::Agent(AgentId(1001 + u32::try_from(self.below(u64::from(self.agents))).expect("few"))),
            2 => Target::Queue(SUPPORT),
            3 => return self.ask_somebody(at, call, agent),
            _ => {
                let is_over = if how.is_multiple_of(2) {
                    self.handle(at, Command::CallerLeft { call })
                } else {
                    self.handle(at, Command::AgentLeft { call, agent })
                };
                // Whoever was asked for its call has it now, or it is over.
                if !is_over && self.engine.state().call(call).is_some() {
                    self.plan(at, 60, Planned::End(call, agent, 4));
                }
                return;
            }
        };
        if !self.handle(at, Command::Transfer { call, agent, target }) {
            self.plan(at, 2, Planned::End(call, agent, 5));
        }
    }

    /// Asks a colleague or a queue, or somebody outside, and keeps the call meanwhile; later makes up its mind.
    fn ask_somebody(&mut self, at: Timestamp, call: CallId, agent: AgentId) {
        let to = match self.below(4) {
            0 => TransferTo::Outside("+49777".into()),
            1 => TransferTo::Queue(SUPPORT),
            _ => TransferTo::Agent(AgentId(1001 + u32::try_from(self.below(u64::from(self.agents))).expect("few"))),
        };
        let mode = [TransferMode::Success, TransferMode::Consult, TransferMode::ThreeParty, TransferMode::Release];
        let mode = mode[usize::try_from(self.below(4)).expect("few")];
        let wish = Transfer { call, agent, to, mode, expected_wait_max: None };
        if !self.handle(at, Command::TransferBy(wish)) {
            return self.plan(at, 2, Planned::End(call, agent, 5));
        }
        let (delay, decides) = (10 + self.below(40), self.below(3));
        self.plan(at, delay, Planned::Decide(call, agent, decides));
    }

    fn decide(&mut self, at: Timestamp, call: CallId, agent: AgentId, how: u64) {
        self.handle(
            at,
            match how {
                0 => Command::CompleteTransfer { call, agent },
                1 => Command::JoinTalk { call, agent },
                _ => Command::TakeBack { call, agent },
            },
        );
    }

    fn react(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::CallArrived { call, .. } => {
                let patience = if self.below(4) == 0 { self.below(120) } else { 200 + self.below(400) };
                self.plan(at, patience, Planned::Leave(*call));
            }
            Event::OfferMade { offer, .. } => {
                let (delay, habit) = (2 + self.below(6), self.below(25));
                // Now and then nobody answers at all.
                if habit != 24 {
                    self.plan(at, delay, Planned::Answer(*offer, habit));
                }
            }
            Event::OfferAccepted { call, agent, .. } => {
                let (length, how) = (15 + self.below(90), self.below(12));
                self.plan(at, length, Planned::End(*call, *agent, how));
                self.plan(at, 5, Planned::Hold(*call, true));
                self.plan(at, 9, Planned::Hold(*call, false));
            }
            Event::CallTakenBack { call, agent, .. } => {
                let length = 5 + self.below(40);
                self.plan(at, length, Planned::End(*call, *agent, 5));
            }
            Event::CallSentOutside { call, .. } | Event::CallTransferredOutside { call, .. } => {
                let answers = self.below(2) == 0;
                self.plan(at, 8, Planned::Outside(*call, answers));
                if answers {
                    self.plan(at, 70, Planned::Outside(*call, false));
                }
            }
            Event::WrapUpStarted { agent, .. } => {
                let delay = self.below(40);
                self.plan(at, delay, Planned::Do(Deed::EndWrapUp(*agent)));
            }
            Event::PresenceChanged { agent, presence: engine::Presence::NotReady(_), by: ChangedBy::Rule, .. } => {
                let delay = 20 + self.below(40);
                let is_idle =
                    matches!(self.engine.state().agent(*agent).map(|agent| agent.work), Some(Work::Idle { .. }));
                if is_idle {
                    self.plan(at, delay, Planned::Do(Deed::Ready(*agent)));
                }
            }
            _ => {}
        }
    }
}
