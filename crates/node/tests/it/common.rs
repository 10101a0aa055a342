//! A floor, and people on it who do all sorts of things, the same for the same seed.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use engine::{
    AgentId, AgentQueue, AgentSettings, CallId, Caller, ChangedBy, Command, Event, Floor, LegKey, OfferId, Queue,
    QueueId, Target, VdnId, VdnSettings,
};
use node::{Node, Note, Position, Record, Refused, Submission};

pub(crate) const VDN: VdnId = VdnId(170);
pub(crate) const SALES: QueueId = QueueId(1);
pub(crate) const AGENTS: u32 = 8;

/// One queue, and agents 1001 to 1008 in it.
pub(crate) fn floor(vdn: VdnId) -> Floor {
    let agent = |n| AgentSettings {
        queues: vec![AgentQueue { queue: SALES, agent_weight: 1, queue_weight: 1 }],
        ..AgentSettings::new(AgentId(n), "")
    };
    let queue = Queue { ring_max: Duration::from_secs(20), keep_ready: true, ..Queue::new(SALES, "Sales") };
    let agents = (1001..=1000 + AGENTS).map(agent).collect();
    Floor { vdn, settings: VdnSettings::default(), queues: vec![queue], agents }
}

pub(crate) fn arrive(key: u64, target: Target) -> Command {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&key.to_le_bytes());
    Command::Arrive {
        key: LegKey(bytes),
        caller: Caller::Outside("+31201234567".into()),
        called: "8001".into(),
        priority: 1,
        target,
    }
}

/// xorshift64*
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound as u64).expect("below a usize")
    }
}

/// Callers and agents: first the floor is configured and all agents sign in and are found, then anything goes.
pub(crate) struct People {
    chance: Chance,
    first: VecDeque<Command>,
    calls_made: u64,
    live: Vec<CallId>,
    offers: Vec<OfferId>,
    talks: BTreeMap<CallId, AgentId>,
}

impl People {
    pub(crate) fn new(vdn: VdnId, seed: u64) -> Self {
        let sign_in = |n| Command::SignIn { agent: AgentId(n), by: ChangedBy::Agent };
        let found = |n| Command::PhoneFound { agent: AgentId(n) };
        let agents = 1001..=1000 + AGENTS;
        let first = [Command::Configure(floor(vdn))].into_iter().chain(agents.clone().map(sign_in));
        Self {
            chance: Chance(seed | 1),
            first: first.chain(agents.map(found)).collect(),
            calls_made: seed << 32,
            live: Vec::new(),
            offers: Vec::new(),
            talks: BTreeMap::new(),
        }
    }

    /// Tells them what happened.
    pub(crate) fn observe(&mut self, record: &Record) {
        for event in record.entry.iter().flat_map(|entry| &entry.events) {
            match event {
                Event::CallArrived { call, .. } => self.live.push(*call),
                Event::OfferMade { offer, .. } => self.offers.push(*offer),
                Event::OfferEnded { offer, .. } => self.offers.retain(|other| other != offer),
                Event::OfferAccepted { offer, call, agent } => {
                    self.offers.retain(|other| other != offer);
                    self.talks.insert(*call, *agent);
                }
                Event::CallTransferred { call, .. } => drop(self.talks.remove(call)),
                Event::CallEnded { call, .. } => {
                    self.live.retain(|other| other != call);
                    self.talks.remove(call);
                }
                _ => {}
            }
        }
    }

    /// What somebody does next; sometimes nonsense, sometimes with a note, sometimes only a note.
    pub(crate) fn next(&mut self) -> Submission {
        if let Some(command) = self.first.pop_front() {
            return Submission::fact(command);
        }
        let command = self.next_command();
        match self.chance.below(6) {
            0 => Submission::notes(vec![self.note()]),
            1 => Submission::fact(command).with_notes(vec![self.note(), self.note()]),
            _ => Submission::fact(command),
        }
    }

    fn next_command(&mut self) -> Command {
        let agent = AgentId(1001 + u32::try_from(self.chance.below(AGENTS as usize)).expect("few"));
        let queue = Target::Queue(SALES);
        match self.chance.below(10) {
            0..=2 if self.live.len() < 60 => {
                self.calls_made += 1;
                let target = if self.chance.below(4) == 0 { Target::Agent(agent) } else { queue };
                arrive(self.calls_made, target)
            }
            3 | 4 if !self.offers.is_empty() => {
                let offer = self.offers[self.chance.below(self.offers.len())];
                let accept = self.chance.below(4) > 0;
                if accept { Command::AcceptOffer { offer } } else { Command::DeclineOffer { offer } }
            }
            5 | 6 if !self.talks.is_empty() => {
                let nth = self.chance.below(self.talks.len());
                let (&call, &agent) = self.talks.iter().nth(nth).expect("fewer");
                let leaves = self.chance.below(4) > 0;
                if leaves {
                    Command::AgentLeft { call, agent }
                } else {
                    Command::Transfer { call, agent, target: queue }
                }
            }
            7 if !self.live.is_empty() => Command::CallerLeft { call: self.live[self.chance.below(self.live.len())] },
            8 => Command::BecomeReady { agent, by: ChangedBy::Agent },
            _ => Command::CallerLeft { call: CallId { second: 1, number: 1 } },
        }
    }

    fn note(&mut self) -> Note {
        let key = format!("test/{}", self.chance.below(20));
        match self.chance.below(3) {
            0 => Note::remove(&key),
            _ => Note::set(&key, &self.chance.0.to_le_bytes()),
        }
    }
}

/// A folder of its own, removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let nth = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("anteroom-node-{name}-{}-{nth}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The files of another folder, as they are.
    pub(crate) fn copy_of(from: &Path, name: &str) -> Self {
        let copy = Self::new(name);
        copy_files(from, copy.path());
        copy
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the test's folder can be removed");
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

/// Has `people` do `turns` things, a few at a time, and waits until all of them are answered. Answers with the records
/// that were told meanwhile, in that order.
pub(crate) async fn live(node: &Node, people: &mut People, turns: usize) -> Vec<Arc<Record>> {
    let (tell, told) = mpsc::channel();
    let is_over = Arc::new(AtomicBool::new(false));
    let (over, position) = (Arc::clone(&is_over), node.read(|_, position| position));
    node.on_commit(move |record| {
        if !over.load(Ordering::Relaxed) && record.position > position {
            // The test that is over does not listen any more.
            let _ = tell.send(Arc::clone(record));
        }
    });
    let mut records = Vec::new();
    for turn in 0..turns.div_ceil(4) {
        let answers: Vec<_> = (0..4).map(|_| node.submit(people.next())).collect();
        for answer in answers {
            match answer.await {
                Ok(_) | Err(Refused::Rejected(_)) => {}
                Err(refused) => panic!("turn {turn}: {refused}"),
            }
        }
        let news: Vec<_> = told.try_iter().collect();
        news.iter().for_each(|record| people.observe(record));
        records.extend(news);
    }
    let last = node.submit(Submission::notes(vec![Note::set("test/last", b"")])).await.expect("decided");
    assert!(node.reached(last.position).await, "the follower follows");
    is_over.store(true, Ordering::Relaxed);
    records.extend(told.try_iter());
    assert_eq!(records.last().map(|record| record.position), Some(last.position));
    records
}

/// The hash of all that is true, and where.
pub(crate) fn standing(node: &Node) -> (u64, Position) {
    node.read(|state, position| (state.hash(), position))
}

/// Waits for at most ten seconds.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not so after ten seconds: {what}");
}
