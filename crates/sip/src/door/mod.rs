//! The door of the edge: decides who sends what comes in, answers what is not for the switchboard (REGISTER, OPTIONS,
//! and whatever is refused), and lets the rest in as [`Inbound`].
//!
//! * An initial request over the flow of a live binding, or from a fixed phone's address, is that agent's. It is
//!   challenged; only a fixed phone that has no password is trusted by its address alone.
//! * An initial request from a trunk's address is that trunk's. Its `From` names the caller and never makes an agent.
//! * Any other is a stranger's. All strangers' requests get one and the same answer, whatever they name.
//! * A request inside a dialog is passed on: the switchboard checks dialog and source. ACK and CANCEL are never
//!   challenged (RFC 3261, 22.1).

mod facts;
mod origin;
mod pings;
mod quirks;
mod register;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use engine::{AgentId, Command, LostCause, Reach, SignIn, VdnId};
use leg::value::{NameAddr, Uri};
use leg::{Headers, Method, Request, Response, ServerTxn};
use node::Node;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::digest::{Attempt, Authenticator, DigestHeader, Verdict, hex};
use crate::directory::Directory;
use crate::number::agent_id;
use crate::place::{Destination, Flow};
use crate::registrar::{Binding, Fact, Registrar};
use crate::vitals::Vitals;
use crate::wire::{ALLOW, ClientTxn, FromWire, Inbox, Wire, answer_to};
use facts::{Done, Facts};
use origin::Seems;
use pings::{Pings, Turn};

/// Who sent an initial request, beyond doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An agent's phone.
    Agent {
        /// Of which VDN.
        vdn: VdnId,
        /// Which agent.
        agent: AgentId,
    },
    /// A trunk.
    Trunk {
        /// Whose calls these are.
        vdn: VdnId,
        /// Its name.
        name: Arc<str>,
    },
}

impl Origin {
    /// The VDN this is for.
    #[must_use]
    pub fn vdn(&self) -> VdnId {
        match self {
            Self::Agent { vdn, .. } | Self::Trunk { vdn, .. } => *vdn,
        }
    }
}

/// An INVITE that wants to be a call, from somebody we know.
#[derive(Debug)]
pub struct Incoming {
    /// What to answer by.
    pub txn: ServerTxn,
    /// The INVITE.
    pub request: Request,
    /// How it came, and how requests of this dialog go back.
    pub flow: Flow,
    /// Who calls.
    pub origin: Origin,
    /// The user part of the Request-URI, percent-encoding undone: the number that was called. Not empty.
    pub called: Arc<str>,
    /// The caller's number: the agent's id, or the user part of a trunk's `From` (empty when it names none).
    pub caller: Arc<str>,
}

/// What the door lets in for the switchboard.
#[derive(Debug)]
pub enum Inbound {
    /// A new call.
    Call(Box<Incoming>),
    /// A request with a tag in `To`. Whether there is such a dialog, and whether it is with this source, is yet to be
    /// found out; 481 when not.
    InDialog {
        /// What to answer by.
        txn: ServerTxn,
        /// The request.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// The ACK of a 2xx.
    Ack {
        /// The ACK.
        request: Request,
        /// How it came.
        flow: Flow,
    },
    /// An INVITE of [`Inbound::Call`] or [`Inbound::InDialog`] is given up. The CANCEL has been answered.
    Cancel {
        /// The INVITE's transaction.
        txn: ServerTxn,
        /// The CANCEL's headers.
        headers: Headers,
    },
    /// A response to a request of ours, each 2xx to an INVITE included.
    Response {
        /// Our request.
        txn: ClientTxn,
        /// The response.
        response: Response,
        /// How it came.
        flow: Flow,
    },
    /// A request of ours will get no response any more.
    Failed {
        /// Our request.
        txn: ClientTxn,
        /// Why.
        why: leg::Failure,
    },
}

/// What a door is made of.
pub struct Parts {
    /// What came in, and how answers go out.
    pub wire: Wire,
    /// What came in.
    pub inbox: Inbox,
    /// The settings of the moment.
    pub directory: Arc<ArcSwap<Directory>>,
    /// What passwords are checked by.
    pub authenticator: Arc<Authenticator>,
    /// Where phones are.
    pub registrar: Registrar,
    /// The VDNs.
    pub nodes: Vec<Node>,
    /// Who is let in goes here. Must not block.
    pub inside: Box<dyn Fn(Inbound) + Send>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("wire", &self.wire).finish_non_exhaustive()
    }
}

/// The running door.
#[derive(Debug)]
pub struct Doorkeeper {
    orders: UnboundedSender<Order>,
    task: JoinHandle<()>,
}

enum Order {
    Reload,
    Stop,
}

struct Door {
    wire: Wire,
    directory: Arc<ArcSwap<Directory>>,
    authenticator: Arc<Authenticator>,
    registrar: Registrar,
    inside: Box<dyn Fn(Inbound) + Send>,
    facts: Facts,
    pings: Pings,
    since: Instant,
}

/// What a digest check led to.
enum Checked {
    Agent(VdnId, AgentId),
    /// Send this.
    Challenge(Response),
}

impl Doorkeeper {
    /// Opens the door: takes up what the journals remember of phones, and lets in from now on. Must be called inside a
    /// Tokio runtime.
    #[must_use]
    pub fn start(parts: Parts, vitals: &Vitals) -> Self {
        let Parts { wire, inbox, directory, authenticator, registrar, nodes, inside } = parts;
        let (done, dones) = unbounded_channel();
        let (turn, turns) = unbounded_channel();
        let (orders, ordered) = unbounded_channel();
        let facts = Facts::new(&nodes, done);
        let (pings, since) = (Pings::default(), Instant::now());
        let mut door = Door { wire, directory, authenticator, registrar, inside, facts, pings, since };
        for node in &nodes {
            pings::watch(node, turn.clone());
            door.pings.load(node);
            door.take_up(node);
        }
        let task = vitals.run("door", door.run(Sources { inbox, dones, turns, orders: ordered }));
        Self { orders, task }
    }

    /// Agents that the settings no longer have lose their bindings.
    pub fn reload(&self) {
        drop(self.orders.send(Order::Reload));
    }

    /// Lets nothing in any more.
    pub async fn stop(self) {
        drop(self.orders.send(Order::Stop));
        if self.task.await.is_err_and(|error| error.is_panic()) {
            tracing::error!("the door had panicked");
        }
    }
}

/// Whatever may wake the door.
struct Sources {
    inbox: Inbox,
    dones: UnboundedReceiver<Done>,
    turns: UnboundedReceiver<Turn>,
    orders: UnboundedReceiver<Order>,
}

impl Door {
    async fn run(mut self, mut sources: Sources) {
        let mut ping = tokio::time::interval(self.directory.load().settings().options_ping);
        ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let due = [self.registrar.next_end(), self.facts.next_due()].into_iter().flatten().min();
            let wait = due.map_or(Duration::from_secs(60), |due| due.saturating_duration_since(Instant::now()));
            tokio::select! {
                event = sources.inbox.recv() => match event {
                    Some(event) => self.handle(event),
                    None => return,
                },
                Some(done) = sources.dones.recv() => {
                    if let Some((txn, response)) = self.facts.done(done, Instant::now()) {
                        self.wire.respond(txn, &response);
                    }
                }
                Some(turn) = sources.turns.recv() => self.pings.turn(turn),
                order = sources.orders.recv() => match order {
                    Some(Order::Reload) => {
                        let directory = self.directory.load_full();
                        let gone = self.registrar.retain(|vdn, agent| directory.account(vdn, agent).is_some());
                        self.tell(gone);
                    }
                    Some(Order::Stop) | None => return,
                },
                _ = ping.tick() => self.ping(),
                () = tokio::time::sleep(wait) => {
                    let now = Instant::now();
                    let ended = self.registrar.expire(now);
                    self.tell(ended);
                    self.facts.retry(now);
                }
            }
        }
    }

    fn tell(&mut self, facts: Vec<Fact>) {
        for fact in facts {
            self.facts.add(fact, None);
        }
    }

    /// Takes up the bindings in a VDN's journal, and has the engine know what is true of each phone.
    fn take_up(&mut self, node: &Node) {
        let vdn = node.vdn();
        let damaged = self.registrar.load(node, Instant::now());
        self.tell(damaged);
        let directory = self.directory.load_full();
        let gone = self.registrar.retain(|vdn, agent| directory.account(vdn, agent).is_some());
        self.tell(gone);
        let registrar = self.registrar.clone();
        let wrong = node.read(|state, _| {
            let agents = state.agents().filter(|agent| agent.settings.sign_in != SignIn::Always);
            let command = |agent: &engine::Agent| {
                let id = agent.settings.id;
                let is_thought_gone = matches!(agent.reach, Reach::Lost { cause: LostCause::NoBinding, .. });
                match (registrar.is_bound(vdn, id), is_thought_gone) {
                    (true, true) => Some(Command::SignIn { agent: id, by: engine::ChangedBy::Phone }),
                    (false, false) => Some(Command::PhoneLost { agent: id }),
                    _ => None,
                }
            };
            agents.filter_map(|agent| Some((agent.settings.id, command(agent)?))).collect::<Vec<_>>()
        });
        let facts =
            wrong.into_iter().map(|(agent, command)| Fact { vdn, agent, command: Some(command), notes: Vec::new() });
        self.tell(facts.collect());
    }

    fn handle(&mut self, event: FromWire) {
        match event {
            FromWire::Request { txn, request, flow } => self.request(txn, request, flow),
            FromWire::Ack { request, flow } => (self.inside)(Inbound::Ack { request, flow }),
            FromWire::Cancel { txn, headers, .. } => (self.inside)(Inbound::Cancel { txn, headers }),
            FromWire::Response { txn, response, .. } if Pings::is_ping(txn) => {
                self.pinged(txn, Some(response.status()));
            }
            FromWire::Response { txn, response, flow } => (self.inside)(Inbound::Response { txn, response, flow }),
            FromWire::Failed { txn, .. } if Pings::is_ping(txn) => self.pinged(txn, None),
            FromWire::Failed { txn, why } => (self.inside)(Inbound::Failed { txn, why }),
            FromWire::Closed { flow } => {
                let ended = self.registrar.closed(flow);
                self.tell(ended);
            }
        }
    }

    fn request(&mut self, txn: ServerTxn, request: Request, flow: Flow) {
        let to = request.headers.get("To").and_then(NameAddr::parse);
        if to.is_some_and(|to| to.tag().is_some()) {
            (self.inside)(Inbound::InDialog { txn, request, flow });
        } else if request.method == Method::Register {
            self.register(txn, &request, flow);
        } else {
            self.initial(txn, request, flow);
        }
    }

    /// An initial request that is no REGISTER.
    fn initial(&mut self, txn: ServerTxn, request: Request, flow: Flow) {
        let directory = self.directory.load_full();
        let origin = match origin::origin(&directory, &self.registrar, &request, &flow) {
            // One answer for all strangers, whatever they ask for.
            Seems::Stranger => return self.answer(txn, &request, Response::new(403)),
            Seems::Trunk(vdn, name) => Origin::Trunk { vdn, name },
            Seems::Agent(vdn, agent) => match self.identify(&directory, &request, flow, vdn, agent) {
                Checked::Agent(vdn, agent) => Origin::Agent { vdn, agent },
                Checked::Challenge(response) => return self.answer(txn, &request, response),
            },
        };
        let refusal = match request.method {
            Method::Invite => match called(&request) {
                Ok(number) => {
                    let caller = caller(&origin, &request);
                    let incoming = Incoming { txn, flow, origin, called: number, caller, request };
                    return (self.inside)(Inbound::Call(Box::new(incoming)));
                }
                Err(refusal) => refusal,
            },
            Method::Options => match require_nothing(&request) {
                Ok(()) => abilities(),
                Err(refusal) => refusal,
            },
            // Nothing of this kind is done outside a dialog.
            Method::Bye | Method::Info | Method::Update | Method::Prack | Method::Notify => Response::new(481),
            Method::Refer => Response::new(403),
            _ => Response::new(405).with("Allow", ALLOW),
        };
        self.answer(txn, &request, refusal);
    }

    /// Whether it is the agent it seems to be.
    fn identify(&self, directory: &Directory, request: &Request, flow: Flow, vdn: VdnId, agent: AgentId) -> Checked {
        let account = directory.account(vdn, agent);
        if account.is_some_and(|account| account.fixed.is_some() && account.credentials.is_none()) {
            return Checked::Agent(vdn, agent);
        }
        let realm = directory.vdn(vdn).map_or("", |settings| settings.domain.as_str());
        self.check(request, flow, realm, Some(vdn), Some(agent))
    }

    /// Checks a digest: of any agent of the VDN, or of this one only.
    fn check(&self, request: &Request, flow: Flow, realm: &str, vdn: Option<VdnId>, only: Option<AgentId>) -> Checked {
        let now = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let attempt = Attempt { method: request.method.as_str(), uri: request.uri(), source: flow.remote, realm, now };
        let mut headers = request.headers.all("Authorization").filter_map(DigestHeader::parse);
        let mut stale = false;
        if let Some(header) = headers.find(|header| header.realm == realm) {
            let directory = self.directory.load();
            let agent = agent_id(&header.username).filter(|agent| only.is_none_or(|only| only == *agent));
            let account = vdn.zip(agent).and_then(|(vdn, agent)| directory.account(vdn, agent));
            let known = account.and_then(|account| account.credentials.as_ref());
            match (self.authenticator.check(&attempt, &header, known), vdn, agent) {
                (Verdict::Genuine, Some(vdn), Some(agent)) => return Checked::Agent(vdn, agent),
                (verdict, _, _) => stale = verdict == Verdict::Stale,
            }
        }
        let mut response = Response::new(401);
        let challenges = self.authenticator.challenges(realm, flow.remote, stale, now);
        let offered = if quirks::stops_at_sha256(request) { &challenges[1..] } else { &challenges[..] };
        for challenge in offered {
            response.headers.push("WWW-Authenticate", challenge);
        }
        Checked::Challenge(response)
    }

    fn answer(&self, txn: ServerTxn, request: &Request, response: Response) {
        self.wire.respond(txn, &self.complete(request, response));
    }

    /// With what a response takes over from its request.
    fn complete(&self, request: &Request, response: Response) -> Response {
        let mut random = [0; 8];
        // A tag without randomness is still a tag: no dialog comes of these answers.
        let _ = getrandom::fill(&mut random);
        let mut complete = answer_to(request, response.status(), &hex(&random)).with_phrase(response.phrase());
        for (name, value) in response.headers.iter() {
            complete.headers.push(name, value);
        }
        complete
    }
}

/// Where an agent's phones can be rung: at the fixed address, or where they are registered.
pub(crate) fn phones(directory: &Directory, registrar: &Registrar, vdn: VdnId, agent: AgentId) -> Vec<Binding> {
    match directory.account(vdn, agent).and_then(|account| account.fixed.as_ref()) {
        Some(fixed) => vec![Binding { uri: Arc::clone(&fixed.uri), destination: Destination::Place(fixed.place) }],
        None => registrar.bindings(vdn, agent),
    }
}

/// The number that was called.
fn called(request: &Request) -> Result<Arc<str>, Response> {
    let uri = Uri::parse(request.uri()).ok_or_else(|| Response::new(416))?;
    let user = uri.decoded_user().filter(|user| !user.is_empty()).ok_or_else(|| Response::new(404))?;
    Ok(user.as_ref().into())
}

fn caller(origin: &Origin, request: &Request) -> Arc<str> {
    match origin {
        Origin::Agent { agent, .. } => agent.to_string().into(),
        Origin::Trunk { .. } => {
            let from = request.headers.get("From").and_then(NameAddr::parse);
            from.and_then(|from| from.user()).unwrap_or_default().as_ref().into()
        }
    }
}

/// We have no extension that a REGISTER or OPTIONS could require (RFC 3261, 8.2.2.3).
fn require_nothing(request: &Request) -> Result<(), Response> {
    let required = request.headers.all("Require").collect::<Vec<_>>().join(", ");
    if required.is_empty() { Ok(()) } else { Err(Response::new(420).with("Unsupported", &required)) }
}

fn busy() -> Response {
    Response::new(503).with("Retry-After", "5")
}

/// What we can do, for OPTIONS.
fn abilities() -> Response {
    Response::new(200).with("Allow", ALLOW).with("Accept", "application/sdp").with("Supported", "timer")
}
