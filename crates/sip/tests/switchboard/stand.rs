//! A whole edge on loopback, with a journal in memory; phones are [`Phone`]s.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use engine::{
    AgentId, AgentQueue, AgentSettings, CallId, Command, Floor, Line, Place, Queue, QueueId, SignIn, State, Target,
    Treatment, VdnId,
};
use node::{Journal, Node, NodeOptions, Submission};
use sip::Edge;
use sip::settings::{Listen, Number, Phone as PhoneSettings, Secret, Settings, Transport, Trunk, VdnSettings};

use crate::phone::{Dialog, Message, Phone};

pub(crate) const VDN: VdnId = VdnId(170);
pub(crate) const SALES: QueueId = QueueId(1);
pub(crate) const SUPPORT: QueueId = QueueId(2);

/// What a test may want otherwise, before the edge is started.
pub(crate) struct Plan {
    pub(crate) floor: Floor,
    pub(crate) settings: Settings,
    agents: Vec<AgentId>,
    has_phones: bool,
}

impl Plan {
    /// Queue 1 "Sales" (8001) with the given agents, always signed in; queue 2 "Support" (8002) with nobody.
    pub(crate) fn new(agents: &[u32]) -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let listen = Listen { transport: Transport::Udp, address: (loopback, 0).into() };
        let mut settings = Settings::new(vec![listen], media::Settings::new(loopback, 36_000..=41_998));
        let mut vdn = VdnSettings::new(VDN, "demo.example");
        for (number, queue) in [("8001", SALES), ("8002", SUPPORT)] {
            vdn.numbers.insert(number.into(), Number { target: Target::Queue(queue), priority: 1 });
        }
        settings.vdns.push(vdn);
        let agents: Vec<_> = agents.iter().map(|agent| AgentId(*agent)).collect();
        let of_sales = AgentQueue { queue: SALES, agent_weight: 1, queue_weight: 1 };
        let queues = vec![Queue::new(SALES, "Sales"), Queue::new(SUPPORT, "Support")];
        let agents_settings = agents.iter().map(|agent| AgentSettings {
            queues: vec![of_sales],
            sign_in: SignIn::Always,
            ..AgentSettings::new(*agent, "")
        });
        let floor =
            Floor { vdn: VDN, settings: engine::VdnSettings::default(), queues, agents: agents_settings.collect() };
        Self { floor, settings, agents, has_phones: true }
    }

    /// The agents have no fixed phones: theirs are to register.
    pub(crate) fn with_phones_that_register(&mut self) {
        self.has_phones = false;
    }

    pub(crate) fn sales(&mut self) -> &mut Queue {
        &mut self.floor.queues[0]
    }

    pub(crate) fn support(&mut self) -> &mut Queue {
        &mut self.floor.queues[1]
    }
}

/// A running edge with a phone for each agent, and one for the caller.
pub(crate) struct Stand {
    pub(crate) node: Node,
    pub(crate) caller: Phone,
    pub(crate) agents: Vec<Phone>,
    pub(crate) edge: SocketAddr,
    _house: Edge,
    _journal: Journal,
}

impl Stand {
    pub(crate) async fn new(agents: &[u32]) -> Self {
        Self::start(Plan::new(agents)).await
    }

    pub(crate) async fn start(plan: Plan) -> Self {
        Self::start_with(plan, |_, _| {}).await
    }

    /// `settle` may still change settings that need the phones' addresses.
    pub(crate) async fn start_with(mut plan: Plan, settle: impl FnOnce(&mut Settings, &[Phone])) -> Self {
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
        let mut agents = Vec::new();
        for agent in &plan.agents {
            let phone = Phone::new(&agent.to_string(), nowhere).await;
            let fixed = plan.has_phones.then(|| phone.uri());
            let password = (!plan.has_phones).then(|| Secret::new(&password(*agent)));
            plan.settings.vdns[0].phones.push(PhoneSettings { agent: *agent, password, fixed });
            agents.push(phone);
        }
        let mut caller = Phone::new("+4930123456", nowhere).await;
        plan.settings.trunks.push(Trunk {
            name: "carrier".into(),
            sources: vec!["127.0.0.1".parse().unwrap()],
            vdn: VDN,
            max_calls: None,
            outbound: Vec::new(),
        });
        settle(&mut plan.settings, &agents);
        let journal = Journal::memory();
        let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).unwrap();
        node.submit(Submission::wish(Command::Configure(plan.floor))).await.unwrap();
        let house = Edge::start(plan.settings, vec![node.clone()]).await.unwrap();
        let edge = house.status().listening[0].1;
        caller.stand_at(edge);
        agents.iter_mut().for_each(|phone| phone.stand_at(edge));
        Self { node, caller, agents, edge, _house: house, _journal: journal }
    }

    pub(crate) async fn phone(&self, user: &str) -> Phone {
        Phone::new(user, self.edge).await
    }

    /// Waits until the floor is as described.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        for _ in 0..800 {
            if self.node.read(|state, _| is_so(state)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never so: {what}");
    }

    /// The private queue of an agent.
    pub(crate) fn private(&self, agent: u32) -> Vec<CallId> {
        self.node.read(|state, _| state.private_queue(AgentId(agent)).map(|call| call.id).collect())
    }

    pub(crate) async fn until_no_calls(&self) {
        self.until("no call is live", |state| state.calls().next().is_none()).await;
    }

    /// The caller dials a number and is answered.
    pub(crate) async fn dial(&mut self, number: &str) -> (Dialog, Message) {
        dial(&mut self.caller, number).await
    }

    /// An agent's phone is rung and answers.
    pub(crate) async fn pick_up(&mut self, agent: usize) -> (Dialog, Message) {
        pick_up(&mut self.agents[agent]).await
    }

    /// The caller talks with an agent it dialled.
    pub(crate) async fn talk(&mut self, number: &str, agent: usize) -> Talk {
        let (caller, answer) = self.dial(number).await;
        let id = AgentId(self.agents[agent].user.parse().unwrap());
        let (agent, invite) = self.pick_up(agent).await;
        self.until("they talk", |state| {
            state.calls().any(|call| matches!(call.place, Place::Talking { agent, .. } if agent == id))
        })
        .await;
        Talk { caller, agent, to_caller_port: answer.audio(), to_agent_port: invite.audio() }
    }
}

/// Two sides, and where the house hears each of them.
pub(crate) struct Talk {
    pub(crate) caller: Dialog,
    pub(crate) agent: Dialog,
    pub(crate) to_caller_port: SocketAddr,
    pub(crate) to_agent_port: SocketAddr,
}

pub(crate) async fn dial(phone: &mut Phone, number: &str) -> (Dialog, Message) {
    let mut dialog = phone.call(number).await;
    let answer = phone.expect(&mut dialog, 200).await;
    phone.ack(&dialog).await;
    (dialog, answer)
}

pub(crate) async fn pick_up(phone: &mut Phone) -> (Dialog, Message) {
    let invite = phone.asked("INVITE").await;
    phone.answer(&invite, 180, "").await;
    let sdp = phone.sdp("sendrecv");
    let dialog = phone.answer(&invite, 200, &sdp).await;
    phone.asked("ACK").await;
    (dialog, invite)
}

/// The password of an agent whose phone registers.
pub(crate) fn password(agent: AgentId) -> String {
    format!("demo-{agent}")
}

pub(crate) fn is_waiting_in(state: &State, line: Line) -> bool {
    state.calls().any(|call| matches!(&call.place, Place::Waiting(wait) if wait.line == line))
}

pub(crate) fn treatment(action: engine::Action) -> Treatment {
    Treatment { action, fallback: None }
}
