//! The history of a running node: it goes on where it stood, and is made anew where it cannot.
#![allow(clippy::unwrap_used, reason = "a test may stop anywhere")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::{
    AgentId, AgentQueue, AgentSettings, CallId, Caller, ChangedBy, Command, Event, Floor, LegKey, Queue, QueueId,
    Target, VdnId, VdnSettings,
};
use history::{
    AgentFigure, Archive, CallQuery, Changes, Direction, Doing, Ending, History, OperationQuery, Options, QueueFigure,
    SlotKey, SlotStart, Whose,
};
use node::{Journal, Node, NodeOptions, Receipt, Submission};
use tokio::runtime::Handle;

const VDN: VdnId = VdnId(170);
const AGENT: AgentId = AgentId(1099);
const QUEUE: QueueId = QueueId(1);

/// A folder of its own for each test, gone when the test succeeds.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("anteroom-history-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

struct Centre {
    node: Node,
    history: History,
    archive: Archive,
}

impl Centre {
    fn open(folder: &Path, snapshot_every: u64) -> Self {
        let journal =
            Journal::sqlite(folder, node::Options { keep: Duration::ZERO, ..node::Options::default() }).unwrap();
        let options = NodeOptions { snapshot_every, ring_max: 16, ..NodeOptions::default() };
        let (node, _) = Node::start(&journal, VDN, options).unwrap();
        let archive = Archive::open(folder, journal.id()).unwrap();
        let history = History::start(&archive, node.clone(), Options::default(), &Handle::current()).unwrap();
        Self { node, history, archive }
    }

    async fn wish(&self, command: Command) -> Receipt {
        self.node.submit(Submission::wish(command)).await.unwrap()
    }

    async fn floor(&self) {
        let part = AgentQueue { queue: QUEUE, agent_weight: 1, queue_weight: 1 };
        let agent = AgentSettings { queues: vec![part], ..AgentSettings::new(AGENT, "Ann") };
        let queues = vec![Queue::new(QUEUE, "sales")];
        let floor = Floor { vdn: VDN, settings: VdnSettings::default(), queues, agents: vec![agent] };
        self.wish(Command::Configure(floor)).await;
        self.wish(Command::PhoneFound { agent: AGENT }).await;
        self.wish(Command::SignIn { agent: AGENT, by: ChangedBy::Agent }).await;
    }

    /// A call that is answered, and lives on.
    async fn call(&self, nth: u8) -> CallId {
        let arrive = Command::Arrive {
            key: LegKey([nth; 16]),
            caller: Caller::Outside("4930123".into()),
            called: "8001".into(),
            priority: 1,
            target: Target::Queue(QUEUE),
        };
        let receipt = self.wish(arrive).await;
        let events = &receipt.record.entry.as_ref().unwrap().events;
        let offer = events.iter().find_map(|event| match event {
            Event::OfferMade { offer, call, .. } => Some((*offer, *call)),
            _ => None,
        });
        let (offer, call) = offer.expect("the agent is free");
        self.wish(Command::AcceptOffer { offer }).await;
        call
    }

    /// The same, and its caller hangs up.
    async fn short_call(&self, nth: u8) -> CallId {
        let call = self.call(nth).await;
        let receipt = self.wish(Command::CallerLeft { call }).await;
        assert!(self.history.reached(receipt.position).await, "the history follows");
        call
    }

    fn everything(&self) -> Changes {
        self.archive.everything(VDN).unwrap()
    }

    async fn close(self) {
        let Self { node, history, archive } = self;
        tokio::task::spawn_blocking(move || {
            node.stop();
            history.stop();
            drop(archive);
        })
        .await
        .unwrap();
    }
}

/// The rows of what was opened again, once it has come as far as the node.
async fn opened_again(folder: &Path) -> Changes {
    let centre = Centre::open(folder, 1_000_000);
    let last = centre.node.read(|_, position| position);
    assert!(centre.history.reached(last).await, "the history catches up");
    let everything = centre.everything();
    centre.close().await;
    everything
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_can_be_asked_for_as_soon_as_they_are_committed() {
    let folder = folder("asks");
    let centre = Centre::open(&folder, 1_000_000);
    centre.floor().await;
    let before = centre.node.now();
    let ended = centre.short_call(1).await;
    let live = centre.call(2).await;
    assert!(centre.history.reached(centre.node.read(|_, position| position)).await);

    let history = &centre.history;
    let (row, places) = history.call(ended).unwrap().unwrap();
    assert_eq!((row.ending, row.last_queue, row.last_agent), (Some(Ending::Answered), Some(QUEUE), Some(AGENT)));
    assert_eq!(places.iter().map(|place| &*place.place).collect::<Vec<_>>(), ["1", "1099"]);
    let (row, places) = history.call(live).unwrap().unwrap();
    assert_eq!((row.ended, places.len()), (None, 2));
    assert!(places[0].left.is_some() && places[1].left.is_none(), "it has left the queue, and is talked with");
    assert_eq!(history.call(CallId { second: 1, number: 5171 }).unwrap(), None);

    let mut query = CallQuery {
        from: before,
        until: engine::Timestamp::MAX,
        caller: Some("4930123".into()),
        called: None,
        directions: vec![Direction::Inbound],
        limit: 10,
        offset: 0,
    };
    let page = history.calls(&query).unwrap();
    assert_eq!((page.count, page.calls.len(), page.calls[0].call), (1, 1, ended));
    query.offset = 1;
    assert_eq!((history.calls(&query).unwrap().calls, history.calls(&query).unwrap().count), (vec![], 1));
    query.directions = vec![Direction::Outbound];
    assert_eq!(history.calls(&query).unwrap().count, 0);

    let start = SlotStart::of(before);
    let span = (start, SlotStart(start.0 + 900));
    let queues = history.figures(&Whose::Queues(vec![QUEUE, QueueId(2)]), span, 900).unwrap();
    assert_eq!((queues.len(), &queues[0].key, queues[0].start), (1, &SlotKey::Queue(QUEUE), start));
    assert_eq!(queues[0].values.get(QueueFigure::Connected), 2);
    let agents = history.figures(&Whose::Agents(vec![AGENT]), span, 900).unwrap();
    assert_eq!(agents[0].values.get(AgentFigure::TalksEnded), 1);

    let query = OperationQuery { agent: AGENT, from: before, until: engine::Timestamp::MAX, acts: vec![], limit: 9 };
    assert_eq!(history.operations(&query).unwrap().len(), 2, "two talks");
    assert_eq!(history.live(|live| live.agent(AGENT).unwrap().doing), Doing::Talking);
    centre.close().await;
    fs::remove_dir_all(folder).unwrap();
}

/// As after `kill -9`: the file is that of a moment in the middle, and its last state is older still.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_it_goes_on_and_has_every_row_once() {
    let folder = folder("crash");
    let centre = Centre::open(&folder, 1_000_000);
    centre.floor().await;
    centre.short_call(1).await;
    for file in ["history.db", "history.db-wal"] {
        fs::copy(folder.join(file), folder.join(format!("then-{file}"))).unwrap();
    }
    centre.short_call(2).await;
    let whole = centre.everything();
    assert_eq!(whole.calls.len(), 2);
    centre.close().await;

    for file in ["history.db", "history.db-wal"] {
        fs::rename(folder.join(format!("then-{file}")), folder.join(file)).unwrap();
    }
    let _ = fs::remove_file(folder.join("history.db-shm"));
    assert_eq!(opened_again(&folder).await, whole);
    assert_eq!(opened_again(&folder).await, whole, "and once more, from where it was closed");
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_damaged_or_strange_is_made_anew() {
    let folder = folder("anew");
    let centre = Centre::open(&folder, 1_000_000);
    centre.floor().await;
    centre.short_call(1).await;
    centre.short_call(2).await;
    let whole = centre.everything();
    centre.close().await;
    let file = folder.join("history.db");

    fs::remove_file(&file).unwrap();
    assert_eq!(opened_again(&folder).await, whole, "missing");
    fs::write(&file, vec![7; 20_000]).unwrap();
    assert_eq!(opened_again(&folder).await, whole, "damaged");
    assert!(folder.join("history.db.aside").exists(), "what was damaged is put aside");
    rusqlite::Connection::open(&file).unwrap().execute("UPDATE meta SET format = 99", []).unwrap();
    assert_eq!(opened_again(&folder).await, whole, "of another version");
    rusqlite::Connection::open(&file).unwrap().execute("UPDATE meta SET journal = x'00'", []).unwrap();
    assert_eq!(opened_again(&folder).await, whole, "of another journal");
    rusqlite::Connection::open(&file).unwrap().execute("UPDATE states SET bytes = x'ff00'", []).unwrap();
    assert_eq!(opened_again(&folder).await, whole, "its state is of another version");
    fs::remove_dir_all(folder).unwrap();
}

/// The first records are kept no longer: a snapshot stands in for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_first_records_it_begins_at_a_snapshot() {
    let folder = folder("snapshot");
    let centre = Centre::open(&folder, 5);
    centre.floor().await;
    let mut nth = 0;
    // Two snapshots are kept, and records before the older one are forgotten.
    while centre.node.earliest().unwrap().position().0 == 0 {
        assert!(nth < 200, "snapshots are made, and records forgotten");
        nth += 1;
        centre.short_call(nth).await;
    }
    let live = centre.call(201).await;
    let whole = centre.everything();
    centre.close().await;

    fs::remove_file(folder.join("history.db")).unwrap();
    let centre = Centre::open(&folder, 5);
    assert!(centre.history.reached(centre.node.read(|_, position| position)).await, "the history catches up");
    let known = centre.history.live(|projection| projection.call(live)).expect("the live call is known");
    assert_eq!(known.0.last_agent, Some(AGENT));
    let receipt = centre.wish(Command::CallerLeft { call: live }).await;
    assert!(centre.history.reached(receipt.position).await);
    let later = centre.everything();
    assert!(later.calls.len() <= whole.calls.len() + 1 && later.calls.last().unwrap().call == live);
    centre.close().await;
    fs::remove_dir_all(folder).unwrap();
}
