//! A floor with life, whose time stands still: VDN 170 with queues 1 (Sales), 2 (Support) and 3 (Spanish, whose calls
//! Sales takes too), and an agent in every state.

use std::net::SocketAddr;
use std::time::Duration;

use engine::{
    AgentId, AgentQueue, AgentSettings, CallId, Caller, ChangedBy, Command, Engine, Event, Floor, LegKey, NotReady,
    NotReadyKind, OfferId, Queue, QueueId, RestMax, State, Target, Timestamp, Transfer, TransferMode, TransferTo,
    VdnId, VdnSettings, Work,
};
use history::History;

use crate::cms::desk::{Asker, Desk, Floors};
use crate::cms::interface::{Entry, Refused, Written};
use crate::{AccessCode, InternalSettings, Limits, PublicSettings, Settings, TlsSettings};

pub(super) const VDN: VdnId = VdnId(170);

/// One VDN, at one moment.
pub(super) struct Still {
    pub(super) engine: Engine,
    pub(super) now: Timestamp,
    history: History,
    legs: u32,
}

impl Floors for Still {
    fn vdns(&self) -> Vec<VdnId> {
        vec![VDN]
    }

    fn can_answer(&self, vdn: VdnId) -> Option<bool> {
        (vdn == VDN).then_some(true)
    }

    fn look(&self, _: VdnId, look: &mut dyn FnMut(&State, Timestamp)) {
        look(self.engine.state(), self.now);
    }

    fn history(&self, vdn: VdnId) -> Option<&History> {
        (vdn == VDN).then_some(&self.history)
    }
}

impl Still {
    /// An empty floor, in the morning.
    pub(super) fn new(floor: Floor) -> Self {
        let history = History::still(VDN).unwrap();
        let now = Timestamp::from_seconds(1_605_492_000);
        let mut still = Self { engine: Engine::default(), now, history, legs: 0 };
        still.does(Command::Configure(floor));
        still
    }

    /// The floor of the golden replies.
    pub(super) fn with_life() -> Self {
        let mut still = Self::new(floor());
        for agent in [1001, 1002, 1003, 1004, 1005, 1006, 1008, 1009, 1010, 1099] {
            still.later(7);
            still.sign_in(agent);
        }
        still.has_agents_at_work();
        still.has_calls_that_wait();
        still.later(5);
        still
    }

    /// Everybody does something else; 1007 is not here.
    fn has_agents_at_work(&mut self) {
        self.later(60);
        self.choose(1003, NotReadyKind::Busy, 200);
        self.does(Command::AskRest {
            agent: AgentId(1004),
            length: Duration::from_secs(900),
            cause: 3,
            by: ChangedBy::Agent,
        });
        self.choose(1005, NotReadyKind::Study, 0);
        self.talk(1006, "+4930100");
        self.talk(1009, "+4930101");
        self.later(5);
        for agent in [1008, 1009] {
            let (agent, length) = (AgentId(agent), Duration::from_secs(600));
            self.does(Command::AskRest { agent, length, cause: 4, by: ChangedBy::Agent });
        }
        let talk = self.talk(1099, "+4930102");
        self.does(Command::GrantRest { agent: AgentId(1009) });
        self.later(30);
        let ended = self.call_of(1006);
        self.does(Command::CallerLeft { call: ended });
        self.later(3);
        self.does(Command::SetHeld { call: talk, held: true });
        let dialled = self.call_by(Caller::Agent(AgentId(1008)), "1001", Target::Agent(AgentId(1001)));
        assert_eq!(self.call_of(1001), dialled, "it rings");
        self.accept(1001);
    }

    /// Two for 1099 alone, one that rings, and three in queues.
    fn has_calls_that_wait(&mut self) {
        self.later(20);
        self.call("+4930104", Target::Queue(QueueId(1)));
        assert!(matches!(self.engine.state().agent(AgentId(1002)).map(|agent| agent.work), Some(Work::Offered { .. })));
        self.later(2);
        self.call("+4930105", Target::Agent(AgentId(1099)));
        let moved = self.call_of(1001);
        self.later(4);
        let transfer = Transfer {
            call: moved,
            agent: AgentId(1001),
            to: TransferTo::Agent(AgentId(1099)),
            mode: TransferMode::Consult,
            expected_wait_max: None,
        };
        self.does(Command::TransferBy(transfer));
        self.call("+4930106", Target::Queue(QueueId(1)));
        self.later(6);
        self.call("", Target::Queue(QueueId(1)));
        self.later(1);
        self.call("+34910107", Target::Queue(QueueId(3)));
    }

    pub(super) fn later(&mut self, seconds: i64) {
        let then = Timestamp(self.now.0 + seconds * 1_000_000);
        while let Some((at, _)) = self.engine.state().next_deadline().filter(|(at, _)| *at <= then) {
            self.now = at.max(self.now);
            self.does(Command::Tick);
        }
        self.now = then;
    }

    pub(super) fn does(&mut self, command: Command) -> Vec<Event> {
        let entry = self.engine.handle(self.now, command).unwrap();
        self.history.feed(&entry).unwrap();
        entry.events
    }

    /// Does it, unless the floor refuses.
    pub(super) fn tries(&mut self, command: Command) {
        if let Ok(entry) = self.engine.handle(self.now, command) {
            self.history.feed(&entry).unwrap();
        }
    }

    /// A call arrives from outside, or an agent makes one; the floor may refuse it.
    pub(super) fn arrives(&mut self, who: usize, how: u8, target: Target) {
        let key = self.key();
        let is_colleague = how.is_multiple_of(7);
        let caller = if is_colleague {
            Caller::Agent(AgentId(1001 + (who as u32 + 1) % 6))
        } else {
            Caller::Outside("0".into())
        };
        let priority = how % 3 + 1;
        self.tries(Command::Arrive { key, caller, called: "8001".into(), priority, target });
    }

    pub(super) fn sign_in(&mut self, agent: u32) {
        self.does(Command::PhoneFound { agent: AgentId(agent) });
        self.does(Command::SignIn { agent: AgentId(agent), by: ChangedBy::Agent });
    }

    fn choose(&mut self, agent: u32, kind: NotReadyKind, reason: u8) {
        let why = NotReady { kind, reason };
        self.does(Command::BecomeNotReady { agent: AgentId(agent), why, by: ChangedBy::Agent });
    }

    /// A caller calls the agent, who answers.
    fn talk(&mut self, agent: u32, caller: &str) -> CallId {
        let call = self.call(caller, Target::Agent(AgentId(agent)));
        self.accept(agent);
        call
    }

    fn accept(&mut self, agent: u32) {
        let offer = self.offer(agent);
        self.does(Command::AcceptOffer { offer });
    }

    fn offer(&self, agent: u32) -> OfferId {
        match self.engine.state().agent(AgentId(agent)).unwrap().work {
            Work::Offered { offer, .. } => offer,
            work => panic!("{agent} has no offer but {work:?}"),
        }
    }

    pub(super) fn call_of(&self, agent: u32) -> CallId {
        match self.engine.state().agent(AgentId(agent)).unwrap().work {
            Work::Offered { call, .. } | Work::Talking { call, .. } => call,
            work => panic!("{agent} has no call but {work:?}"),
        }
    }

    pub(super) fn call(&mut self, caller: &str, target: Target) -> CallId {
        self.call_by(Caller::Outside(caller.into()), "8001", target)
    }

    fn call_by(&mut self, caller: Caller, called: &str, target: Target) -> CallId {
        let key = self.key();
        let events = self.does(Command::Arrive { key, caller, called: called.into(), priority: 1, target });
        let arrived = events.iter().find_map(|event| match event {
            Event::CallArrived { call, .. } => Some(*call),
            _ => None,
        });
        arrived.unwrap()
    }

    /// A leg's that was never there.
    fn key(&mut self) -> LegKey {
        self.legs += 1;
        let mut key = [0; 16];
        key[..4].copy_from_slice(&self.legs.to_be_bytes());
        LegKey(key)
    }

    /// The interface's answer to a body, or to a path if it takes no body.
    pub(super) fn answer(&self, entry: &Entry, question: &str) -> Result<Written, Refused> {
        let settings = settings();
        let desk = Desk { floors: self, settings: &settings, asker: Asker::Client(&[VDN]) };
        let values =
            if question.starts_with('{') { entry.read_body(question.as_bytes())? } else { entry.read_path(question) };
        (entry.find)(&desk, values)
    }

    /// The data of the interface's answer.
    pub(super) fn data(&self, name: &str, question: &str) -> serde_json::Value {
        let entry = crate::cms::interfaces().iter().find(|entry| entry.about.name == name).unwrap();
        serde_json::from_slice(&self.answer(entry, question).unwrap().data).unwrap()
    }
}

fn floor() -> Floor {
    let part = |queue| AgentQueue { queue: QueueId(queue), agent_weight: 1, queue_weight: 1 };
    let agent = |id: u32, queues: &[u16]| AgentSettings {
        queues: queues.iter().map(|queue| part(*queue)).collect(),
        ..AgentSettings::new(AgentId(id), &format!("Agent {id}"))
    };
    let queue = |id, name, also: &[u16]| Queue {
        wrap_up: Duration::from_secs(120),
        rest_max: (id == 1).then_some(RestMax::Agents(1)),
        also: also.iter().copied().map(QueueId).collect(),
        ..Queue::new(QueueId(id), name)
    };
    let mut agents: Vec<_> = (1001..=1009).map(|id| agent(id, &[1])).collect();
    agents.extend([agent(1010, &[2]), agent(1099, &[1, 2])]);
    Floor {
        vdn: VDN,
        settings: VdnSettings { wrap_up: Duration::from_secs(300), rest_wait: true, ..VdnSettings::default() },
        queues: vec![queue(1, "Sales", &[]), queue(2, "Support", &[]), queue(3, "Spanish", &[1])],
        agents,
    }
}

pub(super) fn settings() -> Settings {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let code = |number: &str, queue| AccessCode { vdn: VDN, number: number.into(), queue: QueueId(queue) };
    Settings {
        cc: 1,
        public: PublicSettings {
            listen: any,
            tls: TlsSettings { certificate: Vec::new(), key: "".into() },
            access_keys: Vec::new(),
            signature_window: Duration::from_secs(900),
            refuse_replays: false,
            lock: None,
        },
        internal: InternalSettings { listen: any },
        passwords: Vec::new(),
        api_keys: Vec::new(),
        access_codes: vec![code("8001", 1), code("8002", 2)],
        limits: Limits::default(),
    }
}
