//! A contact centre of any size, in this process, for the bench: its faces on a runtime of their own.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use api::auth::{EmptyQuery, SignatureTime, ToSign, sign};
use api::{AccessKey, Faces, InternalSettings, Limits, PublicSettings, Readiness, Secret, Settings, TlsSettings};
use engine::{
    AgentId, AgentQueue, AgentSettings, CallId, Caller, ChangedBy, Command, Event, Floor, LegKey, Queue, QueueId,
    Target, VdnId, VdnSettings,
};
use futures::future::join_all;
use history::{Archive, History, Options};
use node::{Journal, Node, NodeOptions, Submission};
use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::command::Failure;
use crate::run::give_way;

pub(super) const VDN: VdnId = VdnId(170);
/// The agent who is asked for: engaged, with [`PRIVATE_CALLS`] waiting.
pub(super) const ASKED: u32 = 101;
const PRIVATE_CALLS: usize = 3;
/// The queue that all calls wait in.
const LARGE: QueueId = QueueId(1);
/// A queue with [`SMALL_AGENTS`] idle agents, in which no call waits, and whose agents are of no other.
pub(super) const SMALL: QueueId = QueueId(2);
const SMALL_AGENTS: u32 = 10;

const AK: &str = "bench";
const SK: &str = "a-secret-for-the-bench";
/// What clients call the server, and sign.
pub(super) const HOST: &str = "localhost";
pub(super) const CONTENT_TYPE: &str = "application/json; charset=UTF-8";

/// How many commands are under way at a time while the floor is filled.
const FILLED_AT_ONCE: usize = 500;

/// How long the history may take for the filling.
const FOLLOWED_MAX: Duration = Duration::from_secs(120);

/// The centre, serving.
pub(super) struct Centre {
    pub(super) serving: Runtime,
    pub(super) node: Node,
    pub(super) settings: Settings,
    faces: Faces,
    threads: Arc<Mutex<Vec<PathBuf>>>,
}

impl fmt::Debug for Centre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Centre").field("faces", &self.faces).finish_non_exhaustive()
    }
}

/// How large a floor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Agents, all but ten of one queue.
    pub(super) agents: u32,
    /// Calls that wait in the queue.
    pub(super) waiting: u32,
}

/// A question that is asked again and again.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) path: &'static str,
    pub(super) body: String,
    pub(super) authorization: String,
}

impl Question {
    /// Signed now: good for as long as a signature's window is.
    pub(super) fn new(path: &'static str, body: String) -> Result<Self, Failure> {
        let headers = [("host", HOST), ("content-type", CONTENT_TYPE)];
        let (body_bytes, empty_query) = (body.as_bytes(), EmptyQuery::NoLine);
        let request = ToSign { method: "POST", path, query: None, headers: &headers, body: body_bytes, empty_query };
        let time = SignatureTime::from(SystemTime::now()).to_string();
        let signed = sign(&request, AK, &Secret::from(SK), &time).map_err(|error| Failure::of(&error))?;
        Ok(Self { path, body, authorization: signed.authorization })
    }
}

impl Centre {
    /// A centre of this size, whose faces are served by `threads` threads that begin with `prepare`.
    pub(super) fn start(size: Size, threads: usize, prepare: fn()) -> Result<Self, Failure> {
        let noted: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
        let note = Arc::clone(&noted);
        let serving = Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .on_thread_start(move || {
                prepare();
                if let Ok(thread) = fs::canonicalize("/proc/thread-self") {
                    note.lock().unwrap_or_else(PoisonError::into_inner).push(thread.join("schedstat"));
                }
            })
            .build()
            .map_err(|error| Failure::of(&error))?;
        let settings = settings()?;
        let (node, faces) = serving.block_on(async {
            let journal = Journal::memory();
            let (node, _) = Node::start(&journal, VDN, NodeOptions::default()).map_err(|error| Failure::of(&error))?;
            fill(&node, size).await?;
            let (render, ready) = (Arc::new(String::new), Arc::new(Readiness::default));
            let archive = Archive::memory(journal.id()).map_err(|error| Failure::of(&error))?;
            let history = follow(&archive, node.clone()).await?;
            let faces = Faces::start(settings.clone(), vec![node.clone()], vec![history], render, ready).await;
            Ok::<_, Failure>((node, faces.map_err(|error| Failure::of(&error))?))
        })?;
        Ok(Self { serving, node, settings, faces, threads: noted })
    }

    /// Where the public face listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.faces.public_address()
    }

    /// How long the serving threads have run, all together.
    pub(super) fn processor_time(&self) -> Duration {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let nanoseconds = |file: &PathBuf| fs::read_to_string(file).ok()?.split(' ').next()?.parse::<u64>().ok();
        Duration::from_nanos(threads.iter().filter_map(nanoseconds).sum())
    }

    /// Ends everything.
    pub(super) fn stop(self) {
        let Self { serving, node, faces, .. } = self;
        serving.block_on(faces.stop(Duration::from_millis(100)));
        node.stop();
        serving.shutdown_timeout(Duration::from_secs(1));
    }
}

fn settings() -> Result<Settings, Failure> {
    let certified = rcgen::generate_simple_self_signed(vec![HOST.to_owned()]).map_err(|error| Failure::of(&error))?;
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let tls = TlsSettings {
        certificate: certified.cert.pem().into_bytes(),
        key: certified.signing_key.serialize_pem().into(),
    };
    let limits = Limits {
        connections: 10_000,
        connections_per_source: 10_000,
        requests_per_second: u32::MAX / 4,
        ..Limits::default()
    };
    Ok(Settings {
        cc: 1,
        public: PublicSettings {
            listen: any,
            tls,
            access_keys: vec![AccessKey::new(AK, SK.into(), vec![VDN])],
            signature_window: Duration::from_secs(86_400),
            refuse_replays: false,
            lock: None,
        },
        internal: InternalSettings { listen: any },
        passwords: Vec::new(),
        api_keys: Vec::new(),
        access_codes: Vec::new(),
        limits,
    })
}

/// Agents with ids from [`ASKED`] on; the first one talks and has private calls waiting, those of the small queue are
/// idle, the others are signed out.
async fn fill(node: &Node, size: Size) -> Result<(), Failure> {
    let small = ASKED + 1..ASKED + 1 + SMALL_AGENTS;
    let agent = |id| {
        let queue = if small.contains(&id) { SMALL } else { LARGE };
        let queues = vec![AgentQueue { queue, agent_weight: 1, queue_weight: 1 }];
        AgentSettings { queues, ..AgentSettings::new(AgentId(id), &format!("Agent {id}")) }
    };
    let agents = (ASKED..ASKED + size.agents).map(agent).collect();
    let queues = vec![Queue::new(LARGE, "Large"), Queue::new(SMALL, "Small")];
    let asked = AgentId(ASKED);
    submit(node, Command::Configure(Floor { vdn: VDN, settings: VdnSettings::default(), queues, agents })).await?;
    for agent in [asked].into_iter().chain(small.map(AgentId)) {
        submit(node, Command::PhoneFound { agent }).await?;
        submit(node, Command::SignIn { agent, by: ChangedBy::Agent }).await?;
    }
    let events = submit(node, arrive(0, Target::Agent(asked))).await?;
    let offer = events.iter().find_map(|event| match event {
        Event::OfferMade { offer, .. } => Some(*offer),
        _ => None,
    });
    let offer = offer.ok_or_else(|| Failure::Failed("the bench's agent was not offered its call".to_owned()))?;
    submit(node, Command::AcceptOffer { offer }).await?;
    let private = (1..=PRIVATE_CALLS as u64).map(|key| arrive(key, Target::Agent(asked)));
    let public = (0..u64::from(size.waiting)).map(|key| arrive(1000 + key, Target::Queue(LARGE)));
    let all: Vec<Command> = private.chain(public).collect();
    for commands in all.chunks(FILLED_AT_ONCE) {
        let submitted = join_all(commands.iter().map(|command| submit(node, command.clone()))).await;
        submitted.into_iter().collect::<Result<Vec<_>, _>>()?;
    }
    Ok(())
}

/// A history that has caught up: what it has to do for the filling is not for the questions to wait for. It gives way like
/// whoever starts it.
async fn follow(archive: &Archive, node: Node) -> Result<History, Failure> {
    let (archive, runtime) = (archive.clone(), Handle::current());
    let last = node.read(|_, position| position);
    let start = move || History::start(&archive, node, Options::default(), &runtime);
    let started = Handle::current().spawn_blocking(start).await.map_err(|error| Failure::of(&error))?;
    let history = started.map_err(|error| Failure::of(&error))?;
    let begun = Instant::now();
    while !history.reached(last).await {
        if begun.elapsed() > FOLLOWED_MAX {
            return Err(Failure::Failed("the bench's history does not catch up".to_owned()));
        }
    }
    Ok(history)
}

/// What a thread begins with that serves or asks: it gives way, and runs on the first processor alone if `apart`.
///
/// # Errors
/// The system does not let threads be kept apart.
pub(super) fn thread_start(apart: bool) -> Result<fn(), Failure> {
    if !apart {
        return Ok(give_way);
    }
    let tried = std::thread::spawn(on_first_processor).join();
    tried.map_err(|_| Failure::Failed("a thread broke".to_owned()))?.map_err(|error| Failure::of(&error))?;
    Ok(|| {
        give_way();
        // It could be done a moment ago.
        let _ = on_first_processor();
    })
}

fn on_first_processor() -> rustix::io::Result<()> {
    let mut first = CpuSet::new();
    first.set(0);
    sched_setaffinity(None, &first)
}

/// A call arrives on a leg of its own.
pub(super) fn arrive(leg: u64, target: Target) -> Command {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&leg.to_be_bytes());
    let caller = Caller::Outside("+4930222".into());
    Command::Arrive { key: LegKey(key), caller, called: "8001".into(), priority: 1, target }
}

/// The call that arrived.
pub(super) fn arrived(events: &[Event]) -> Option<CallId> {
    events.iter().find_map(|event| match event {
        Event::CallArrived { call, .. } => Some(*call),
        _ => None,
    })
}

/// Has a command decided, and waits until views show it.
pub(super) async fn submit(node: &Node, command: Command) -> Result<Vec<Event>, Failure> {
    let receipt = node.submit(Submission::wish(command)).await;
    let receipt = receipt.map_err(|refused| Failure::Failed(format!("the bench's floor: {refused}")))?;
    if !node.reached(receipt.position).await {
        return Err(Failure::Failed("the bench's floor has stopped".to_owned()));
    }
    Ok(receipt.record.entry.as_ref().map_or_else(Vec::new, |entry| entry.events.clone()))
}
