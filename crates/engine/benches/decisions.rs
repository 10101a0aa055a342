//! How many decisions a second, what one costs, and how that grows with the floor.
//!
//! A decision is one handled command with all that follows from it; the mix is arrive, end, ready and accept, a quarter
//! each, on a floor of 500 queues whose agents have five each and all talk, so that the number of waiting calls stays.
//!
//! `cargo bench -p engine` measures time, `cargo bench -p engine -- instructions` counts instructions with callgrind
//! (Debian package `valgrind`): they are the same in each run, whatever else the machine does.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::collections::VecDeque;
use std::io::Write;
use std::process::Command as Process;
use std::time::{Duration, Instant};
use std::{env, fs};

use engine::{
    AgentId, AgentQueue, AgentSettings, CallId, Caller, ChangedBy, Command, Engine, Entry, Event, Floor, LegKey, Queue,
    QueueId, SignIn, Target, Timestamp, VdnId, VdnSettings, WaitFor,
};

/// The server's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUEUES: u32 = 500;
const QUEUES_PER_AGENT: u32 = 5;
const AGENTS: [u32; 3] = [100, 1000, 10_000];
const WAITING: [u32; 3] = [100, 10_000, 100_000];
/// How many rounds of four decisions callgrind looks at.
const COUNTED: u32 = 500;
const AT_LEAST: Duration = Duration::from_secs(2);

fn main() {
    let words: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => measure_time(),
        ["instructions"] => count_instructions(),
        ["timed", agents, waiting] => timed(agents.parse().unwrap(), waiting.parse().unwrap()),
        ["weighed", agents, waiting] => weighed(agents.parse().unwrap(), waiting.parse().unwrap()),
        ["replayed"] => println!("replay at 10,000 agents and 100,000 waiting calls: {:.0} events/s", replay()),
        ["waits"] => expected_waits(),
        ["counted", agents, waiting] => counted(&mut Busy::new(agents.parse().unwrap(), waiting.parse().unwrap())),
        _ => println!("cargo bench -p engine [-- instructions]"),
    }
}

fn measure_time() {
    println!("  agents  waiting   decisions/s   µs each   bytes/waiting call");
    // Each size in a process of its own, for the memory of one would be there for the next.
    for (agents, waiting) in sizes() {
        let size = [agents.to_string(), waiting.to_string()];
        run_again(&["timed", &size[0], &size[1]]);
        // Memory comes in pages: a hundred calls tell nothing.
        if waiting > 1000 {
            run_again(&["weighed", &size[0], &size[1]]);
        }
        println!();
    }
    run_again(&["replayed"]);
    run_again(&["waits"]);
}

/// What it costs to say how long a call would wait.
fn expected_waits() {
    let mut floor = Busy::empty(10_000, None);
    floor.fill(100_000);
    floor.play(1000);
    let (state, now) = (floor.engine.state(), floor.now);
    let (queue, agent) = (QueueId(1), AgentId(70_000));
    for (what, of) in
        [("queue", WaitFor::Queue { queue, priority: 1 }), ("agent", WaitFor::Agent { agent, priority: 1 })]
    {
        let (begun, mut asked) = (Instant::now(), 0_u32);
        while begun.elapsed() < AT_LEAST {
            std::hint::black_box(state.expected_wait(now, of).unwrap());
            asked += 1;
        }
        let each = begun.elapsed().as_secs_f64() / f64::from(asked);
        println!("expected wait of a call for a {what}, 10,000 agents and 100,000 waiting calls: {:.1} µs", each * 1e6);
    }
}

fn run_again(words: &[&str]) {
    let mut again = Process::new(env::current_exe().unwrap());
    if words[0] == "weighed" {
        // A page of two megabytes for a few bytes would be weighed whole.
        again.env("MIMALLOC_ALLOW_THP", "0");
    }
    let status = again.args(words).status().unwrap();
    assert!(status.success(), "{words:?} failed");
}

fn timed(agents: u32, waiting: u32) {
    let mut floor = Busy::new(agents, waiting);
    floor.play(1000);
    let (begun, mut rounds) = (Instant::now(), 0);
    while begun.elapsed() < AT_LEAST {
        floor.play(1000);
        rounds += 1000;
    }
    let each = begun.elapsed().as_secs_f64() / f64::from(rounds * 4);
    print!("{agents:>8} {waiting:>8} {:>13.0} {:>9.2}", 1.0 / each, each * 1e6);
    std::io::stdout().flush().unwrap();
}

/// How much memory a waiting call takes.
fn weighed(agents: u32, waiting: u32) {
    let mut floor = Busy::empty(agents, None);
    floor.fill(0);
    let before = resident();
    floor.fill(waiting);
    print!("{:>21}", resident().saturating_sub(before) / u64::from(waiting));
    std::io::stdout().flush().unwrap();
}

/// Events a second that a replay applies.
fn replay() -> f64 {
    let mut floor = Busy::empty(10_000, Some(Vec::new()));
    floor.fill(100_000);
    floor.play(100_000);
    let entries = floor.kept.take().unwrap();
    let events: usize = entries.iter().map(|entry| entry.events.len()).sum();
    let mut replayed = Engine::default();
    let begun = Instant::now();
    entries.iter().for_each(|entry| replayed.apply(entry));
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(replayed.state().hash(), floor.engine.state().hash(), "the replay is the same");
    events as f64 / seconds
}

fn count_instructions() {
    println!("  agents  waiting   instructions/decision");
    for (agents, waiting) in sizes() {
        let output = Process::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"])
            .arg("--toggle-collect=decisions::counted*")
            .arg(env::current_exe().unwrap())
            .args(["counted", &agents.to_string(), &waiting.to_string()])
            .output()
            .expect("valgrind is installed: apt-get install valgrind");
        let text = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().find_map(|line| line.split_once("Collected :")).expect("callgrind counts");
        let instructions: f64 = line.1.trim().parse().unwrap();
        println!("{agents:>8} {waiting:>8} {:>23.0}", instructions / f64::from(COUNTED * 4));
    }
}

#[inline(never)]
fn counted(floor: &mut Busy) {
    floor.play(COUNTED);
}

fn sizes() -> impl Iterator<Item = (u32, u32)> {
    AGENTS.into_iter().flat_map(|agents| WAITING.map(|waiting| (agents, waiting)))
}

/// A floor on which every agent talks.
struct Busy {
    engine: Engine,
    now: Timestamp,
    arrivals: u128,
    chance: u64,
    talks: VecDeque<(CallId, AgentId)>,
    /// What was decided, for a replay.
    kept: Option<Vec<Entry>>,
}

impl Busy {
    fn new(agents: u32, waiting: u32) -> Self {
        let mut floor = Self::empty(agents, None);
        floor.fill(waiting);
        floor
    }

    fn empty(agents: u32, kept: Option<Vec<Entry>>) -> Self {
        let talks = VecDeque::new();
        let now = Timestamp::from_seconds(1_605_492_948);
        let mut busy = Self { engine: Engine::default(), now, arrivals: 0, chance: 1, talks, kept };
        busy.decide(Command::Configure(floor(agents)));
        busy
    }

    /// Every idle agent gets a call, and this many more wait.
    fn fill(&mut self, waiting: u32) {
        let agents: Vec<AgentId> = self.engine.state().agents().map(|agent| agent.settings.id).collect();
        for agent in agents {
            if self.engine.state().agent(agent).unwrap().is_available() {
                self.arrive(queues_of(agent).next().unwrap());
            }
        }
        for _ in 0..waiting {
            let queue = self.pick(QUEUES) + 1;
            self.arrive(QueueId(queue as u16));
        }
    }

    /// Rounds of four decisions: a call arrives for an agent's queue, the agent's talk ends, the agent is ready and is
    /// offered the best call there is, and answers.
    fn play(&mut self, rounds: u32) {
        for _ in 0..rounds {
            let (call, agent) = self.talks.pop_front().unwrap();
            let one = self.pick(QUEUES_PER_AGENT) as usize;
            self.arrive(queues_of(agent).nth(one).unwrap());
            self.decide(Command::CallerLeft { call });
            self.decide(Command::EndWrapUp { agent, by: ChangedBy::Agent });
        }
    }

    fn arrive(&mut self, queue: QueueId) {
        self.arrivals += 1;
        self.decide(Command::Arrive {
            key: LegKey(self.arrivals.to_le_bytes()),
            caller: Caller::Outside("+4930123456".into()),
            called: "8001".into(),
            priority: 1,
            target: Target::Queue(queue),
        });
    }

    /// One decision, and the answer of the agent who is offered a call by it.
    fn decide(&mut self, command: Command) {
        self.now = self.now + Duration::from_micros(10);
        let entry = self.engine.handle(self.now, command).expect("nothing here is refused");
        let offer = entry.events.iter().find_map(|event| match event {
            Event::OfferMade { offer, call, agent, .. } => Some((*offer, *call, *agent)),
            _ => None,
        });
        if let Some(kept) = &mut self.kept {
            kept.push(entry);
        }
        if let Some((offer, call, agent)) = offer {
            self.decide(Command::AcceptOffer { offer });
            self.talks.push_back((call, agent));
        }
    }

    /// A number below `below`, in an order that is the same each time.
    fn pick(&mut self, below: u32) -> u32 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) as u32 % below
    }
}

/// Agents from 70000 on, who end their wrap-up by hand: to be ready is a decision of its own.
fn floor(agents: u32) -> Floor {
    let queue = |id| Queue { wait_max: Duration::from_secs(86_400), ..Queue::new(QueueId(id as u16), "") };
    let part = |queue| AgentQueue { queue, agent_weight: 1, queue_weight: 1 };
    let agent = |id| AgentSettings {
        queues: queues_of(id).map(part).collect(),
        sign_in: SignIn::Always,
        idle_automatically: false,
        ..AgentSettings::new(id, "")
    };
    Floor {
        vdn: VdnId(170),
        settings: VdnSettings::default(),
        queues: (1..=QUEUES).map(queue).collect(),
        agents: (70_000..70_000 + agents).map(AgentId).map(agent).collect(),
    }
}

fn queues_of(agent: AgentId) -> impl Iterator<Item = QueueId> {
    (0..QUEUES_PER_AGENT).map(move |part| QueueId(((agent.0 * QUEUES_PER_AGENT + part) % QUEUES + 1) as u16))
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
