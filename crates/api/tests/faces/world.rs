//! A contact centre with two VDNs, all faces, and people who call and answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use api::auth::{EmptyQuery, SignatureTime, ToSign, sign};
use api::{
    AccessCode, AccessKey, AgentPassword, ApiKey, Check, Faces, InternalSettings, Limits, PublicSettings, Readiness,
    Role, Settings, TlsSettings,
};
use engine::{
    AgentId, AgentQueue, AgentSettings, CallId, Caller, ChangedBy, Command, Event, Floor, LegKey, Queue, QueueId,
    Target, VdnId, VdnSettings,
};
use history::{Archive, History, Options};
use node::{Journal, Node, NodeOptions, Receipt, Refused, Submission};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::runtime::{Builder, Runtime};

use crate::client::{Answer, Client, trusting};

pub(crate) const AK: &str = "demo";
pub(crate) const SUPERVISOR: &str = "supervisor-key-0001";
pub(crate) const MONITOR: &str = "monitor-key-000001";
pub(crate) const PATH: &str = "/rest/cmsapp/v1/openapi/agent/agentprivatecall";
pub(crate) const JSON: (&str, &str) = ("Content-Type", "application/json; charset=UTF-8");

/// VDN 170 with queues 1 and 2 and agents 1001 to 1003 and 1099; VDN 200 with agent 2001.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) faces: Option<Faces>,
    pub(crate) node: Node,
    pub(crate) other: Node,
    pub(crate) settings: Settings,
    certificate: CertificateDer<'static>,
    legs: AtomicU32,
}

impl World {
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self::on(runtime, NodeOptions::default(), change)
    }

    pub(crate) fn on(runtime: Runtime, options: NodeOptions, change: impl FnOnce(&mut Settings)) -> Self {
        let journal = Journal::memory();
        let (node, _) = Node::start(&journal, VdnId(170), options).unwrap();
        let (other, _) = Node::start(&journal, VdnId(200), NodeOptions::default()).unwrap();
        let mut settings = settings();
        change(&mut settings);
        let certificate = CertificateDer::from_pem_slice(&settings.public.tls.certificate).unwrap();
        let render = Arc::new(|| "anteroom_calls_waiting 0\n".to_owned());
        let ready = Arc::new(|| Readiness {
            checks: vec![Check { name: "journal".into(), is_met: true, says: "it is written".into() }],
        });
        let nodes = vec![node.clone(), other.clone()];
        let archive = Archive::memory(journal.id()).unwrap();
        let follow =
            |node: &Node| History::start(&archive, node.clone(), Options::default(), runtime.handle()).unwrap();
        let histories: Vec<History> = nodes.iter().map(follow).collect();
        let faces = Faces::start(settings.clone(), nodes, histories, render, ready);
        let faces = runtime.block_on(faces).unwrap();
        let world = Self { runtime, faces: Some(faces), node, other, settings, certificate, legs: AtomicU32::new(0) };
        world.submit(Command::Configure(floor(170, &[1001, 1002, 1003, 1099])));
        let configure = Command::Configure(floor(200, &[2001]));
        let receipt = world.runtime.block_on(world.other.submit(Submission::wish(configure))).unwrap();
        assert!(world.runtime.block_on(world.other.reached(receipt.position)));
        world
    }

    pub(crate) fn faces(&self) -> &Faces {
        self.faces.as_ref().unwrap()
    }

    pub(crate) fn public(&self) -> SocketAddr {
        self.faces().public_address()
    }

    pub(crate) fn tls(&self, protocols: &[&[u8]]) -> Arc<ClientConfig> {
        trusting(&self.certificate, protocols)
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    /// A connection to the public listener.
    pub(crate) fn outside(&self) -> Client {
        Client::tls(self.public(), self.tls(&[]))
    }

    /// A connection to the internal listener.
    pub(crate) fn inside(&self) -> Client {
        Client::plain(self.faces().internal_address())
    }

    /// Has a command decided, and waits until views show it.
    pub(crate) fn try_submit(&self, command: Command) -> Result<Receipt, Refused> {
        self.runtime.block_on(async {
            let receipt = self.node.submit(Submission::wish(command)).await?;
            assert!(self.node.reached(receipt.position).await);
            Ok(receipt)
        })
    }

    pub(crate) fn submit(&self, command: Command) -> Vec<Event> {
        let receipt = self.try_submit(command).unwrap();
        receipt.record.entry.as_ref().unwrap().events.clone()
    }

    /// The agent is here, its phone can be rung, and it takes calls.
    pub(crate) fn sign_in(&self, agent: u32) {
        self.find_phone(agent);
        self.submit(Command::SignIn { agent: AgentId(agent), by: ChangedBy::Agent });
    }

    /// The agent's phone can be rung.
    pub(crate) fn find_phone(&self, agent: u32) {
        self.submit(Command::PhoneFound { agent: AgentId(agent) });
    }

    /// Changes the floor.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut Floor)) {
        let mut floor = self.node.read(|state, _| state.floor().unwrap());
        change(&mut floor);
        self.submit(Command::Configure(floor));
    }

    /// A call arrives.
    pub(crate) fn call(&self, caller: &str, target: Target) -> CallId {
        let leg = self.legs.fetch_add(1, Ordering::Relaxed);
        let mut key = [0; 16];
        key[..4].copy_from_slice(&leg.to_be_bytes());
        let caller = Caller::Outside(caller.into());
        let called = "8001".into();
        let events = self.submit(Command::Arrive { key: LegKey(key), caller, called, priority: 1, target });
        let arrived = events.iter().find_map(|event| match event {
            Event::CallArrived { call, .. } => Some(*call),
            _ => None,
        });
        arrived.unwrap()
    }

    /// The agent takes a call and talks.
    pub(crate) fn talk(&self, agent: u32, caller: &str) -> CallId {
        let call = self.call(caller, Target::Agent(AgentId(agent)));
        self.answer(agent);
        call
    }

    /// The agent takes the call that rings.
    pub(crate) fn answer(&self, agent: u32) {
        let offer = self.node.read(|state, _| match state.agent(AgentId(agent)).unwrap().work {
            engine::Work::Offered { offer, .. } => offer,
            work => panic!("no offer but {work:?}"),
        });
        self.submit(Command::AcceptOffer { offer });
    }

    /// Asks for an agent's private calls with a signature over `host` and the content headers.
    pub(crate) fn private_calls(&self, body: &str) -> Answer {
        let authorization = self.signature(body);
        self.outside().ask("POST", PATH, &[JSON, ("Authorization", &authorization)], body.as_bytes())
    }

    pub(crate) fn signature(&self, body: &str) -> String {
        self.signature_at(body, SystemTime::now())
    }

    pub(crate) fn signature_at(&self, body: &str, at: SystemTime) -> String {
        signature(AK, PATH, None, body.as_bytes(), at)
    }

    /// By another access key with the same secret.
    pub(crate) fn signature_as(&self, ak: &str, body: &str) -> String {
        signature(ak, PATH, None, body.as_bytes(), SystemTime::now())
    }

    /// Of any method.
    pub(crate) fn signature_by(&self, method: &str, path: &str, body: &[u8]) -> String {
        signature_of(method, AK, path, None, body, SystemTime::now())
    }

    pub(crate) fn signature_of(&self, path: &str, query: Option<&str>, body: &[u8]) -> String {
        signature(AK, path, query, body, SystemTime::now())
    }

    /// Asks `v1` with a bearer token.
    pub(crate) fn v1(&self, token: &str, method: &str, target: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.outside().ask(method, target, &headers, body.as_bytes())
    }

    /// Opens a session.
    pub(crate) fn session(&self, agent: u32) -> String {
        let body = format!(r#"{{"vdn":170,"agent":{agent},"password":"demo-{agent}"}}"#);
        let answer = self.outside().ask("POST", "/api/v1/sessions", &[JSON], body.as_bytes());
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().to_owned()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let faces = self.faces.take();
        self.runtime.block_on(async {
            if let Some(faces) = faces {
                faces.stop(Duration::from_millis(100)).await;
            }
        });
        // Their histories follow them to the end.
        self.node.clone().stop();
        self.other.clone().stop();
    }
}

fn signature(ak: &str, path: &str, query: Option<&str>, body: &[u8], at: SystemTime) -> String {
    signature_of("POST", ak, path, query, body, at)
}

fn signature_of(method: &str, ak: &str, path: &str, query: Option<&str>, body: &[u8], at: SystemTime) -> String {
    let length = body.len().to_string();
    let headers = [("host", "localhost"), ("content-type", JSON.1), ("content-length", &length)];
    let headers = if method == "GET" { &headers[..1] } else { &headers[..] };
    let request = ToSign { method, path, query, headers, body, empty_query: EmptyQuery::NoLine };
    let time = SignatureTime::from(at).to_string();
    sign(&request, ak, &"demo-secret-key".into(), &time).unwrap().authorization
}

/// What was asked for in the body of a question about agent 1099.
pub(crate) fn question(agent: u32) -> String {
    format!(r#"{{"ccId":1,"vdn":170,"agentId":{agent}}}"#)
}

fn settings() -> Settings {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = TlsSettings {
        certificate: certified.cert.pem().into_bytes(),
        key: certified.signing_key.serialize_pem().into(),
    };
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let key = |name: &str, key: &str, role| ApiKey { name: name.into(), key: key.into(), vdns: vec![VdnId(170)], role };
    let password = |(vdn, agent): (u16, u32)| AgentPassword {
        vdn: VdnId(vdn),
        agent: AgentId(agent),
        password: format!("demo-{agent}").into(),
    };
    Settings {
        cc: 1,
        public: PublicSettings {
            listen: any,
            tls,
            access_keys: vec![AccessKey::new(AK, "demo-secret-key".into(), vec![VdnId(170)])],
            signature_window: Duration::from_secs(900),
            refuse_replays: false,
            lock: None,
        },
        internal: InternalSettings { listen: any },
        passwords: [(170, 1001), (170, 1002), (170, 1003), (170, 1099), (200, 2001)].map(password).into(),
        api_keys: vec![key("wallboard", MONITOR, Role::Monitor), key("console", SUPERVISOR, Role::Supervisor)],
        access_codes: vec![AccessCode { vdn: VdnId(170), number: "8001".into(), queue: QueueId(1) }],
        limits: Limits::default(),
    }
}

fn floor(vdn: u16, agents: &[u32]) -> Floor {
    let queues = [Queue::new(QueueId(1), "Sales"), Queue::new(QueueId(2), "Support")];
    let agent = |id: &u32| AgentSettings {
        queues: vec![AgentQueue { queue: QueueId(1), agent_weight: 1, queue_weight: 1 }],
        ..AgentSettings::new(AgentId(*id), &format!("Agent {id}"))
    };
    let agents = agents.iter().map(agent).collect();
    Floor { vdn: VdnId(vdn), settings: VdnSettings::default(), queues: queues.into(), agents }
}
