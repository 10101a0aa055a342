//! The server under load by phones that are not ours, on this machine's loopback.
//!
//! `cargo bench -p e2e --bench phones -- WHAT [--cores 1|2] [--journal memory|sqlite] [--agents N] [--rate R]`, where WHAT is one
//! of those that `-- help` lists. Needs SIPp and tcpdump (`./test.sh` installs them), and root for tcpdump. Each run
//! ends by itself.

mod capture;
mod figures;
mod load;
mod voices;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use capture::Capture;
use e2e::{Centre, Setup, free_port};
use load::{Counted, Load};
use voices::Voices;

/// The metric of the calls that wait in Sales.
const IN_SALES: &str = "anteroom_calls_waiting{vdn=\"170\",queue=\"1\"}";

const HELP: &str = "\
cargo bench -p e2e --bench phones -- WHAT [--cores 1|2] [--journal memory|sqlite] [--agents N] [--rate R]

  idle        a caller's INVITE to the idle agent's INVITE, 50 calls a second for 10 s
  handover    an agent hangs up to the next waiting call's INVITE: 1,000 agents, 10,000 waiting
  throughput  calls a second through a queue, hold audio off: 250, 500, 1,000, 1,500, 2,000 a second, 20 s each
  waiting     how many waiting callers one core plays hold audio to
  talking     how many talks one core relays, 50 packets a second each way
  memory      resident memory per waiting call: 8,000 waiting, filled at 100 a second, 60 s later

  --cores     1: the server on core 0, the phones on core 1; 2: all on both. Default 1.
  --journal   default memory
  --agents    default 1000
  --rate      calls a second: of idle, and of throughput this one alone
";

/// What the command line asked for.
#[derive(Clone)]
struct Asked {
    what: String,
    cores: u8,
    journal: String,
    agents: u32,
    rate: Option<u32>,
}

impl Asked {
    fn setup(&self) -> Setup<'_> {
        let wrapper: &[&str] = if self.cores == 1 { &["taskset", "-c", "0"] } else { &[] };
        Setup { wrapper, hold_audio: false, journal: &self.journal }
    }

    fn phones_core(&self) -> &'static str {
        if self.cores == 1 { "1" } else { "0,1" }
    }

    fn title(&self) -> String {
        format!("{} · {} core(s) · {} journal · {} agents", self.what, self.cores, self.journal, self.agents)
    }
}

fn main() {
    let Some(asked) = read_command_line() else {
        print!("{HELP}");
        return;
    };
    println!("{}", asked.title());
    match asked.what.as_str() {
        "idle" => idle(&asked),
        "handover" => handover(&asked),
        "throughput" => throughput(&asked),
        "waiting" => audio(&asked, &WAITING),
        "talking" => audio(&asked, &TALKING),
        "memory" => memory(&asked),
        _ => print!("{HELP}"),
    }
}

fn read_command_line() -> Option<Asked> {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mut asked = Asked { what: words.next()?, cores: 1, journal: "memory".to_owned(), agents: 1000, rate: None };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--cores" => asked.cores = value.parse().ok()?,
            "--journal" => asked.journal = value,
            "--agents" => asked.agents = value.parse().ok()?,
            "--rate" => asked.rate = Some(value.parse().ok()?),
            _ => return None,
        }
    }
    Some(asked)
}

/// Sales with that many agents, who all have their fixed phones on one line of SIPp.
fn floor(asked: &Asked, phones: u16) -> String {
    let mut text = String::from(
        "[[vdn]]\nid = 170\ndomain = \"127.0.0.1\"\n\n\
         [[vdn.queue]]\nid = 1\nname = \"Sales\"\naccess_codes = [\"600\"]\n\n",
    );
    let last = 1000 + asked.agents;
    let _ = write!(
        text,
        "[[vdn.agent]]\nids = \"1001-{last}\"\nsign_in = \"always\"\nphone = \"sip:{{id}}@127.0.0.1:{phones}\"\nqueues = [1]\n"
    );
    text
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn idle(asked: &Asked) {
    let phones = free_port();
    let centre = Centre::start_with("bench-idle", &floor(asked, phones), asked.setup());
    let fsync = fsync(&centre);
    let agents = Load::start(&centre.folder, "bench_agents", phones, asked.phones_core(), &[], centre.sip_port);
    sleep(Duration::from_secs(1));
    let capture = Capture::start(&centre.folder, &[centre.sip_port]);
    let before = figures::cpu_seconds(centre.pid());
    let rate = asked.rate.unwrap_or(50);
    let callers = words(&format!("-s 600 -d 100 -r {rate} -m {} -l 5000", rate * 10));
    let counted =
        Load::start(&centre.folder, "bench_caller", 0, asked.phones_core(), &callers, centre.sip_port).finish();
    let cpu = figures::cpu_seconds(centre.pid()) - before;
    let latencies = capture::idle_latencies(&capture.finish(), centre.sip_port);
    drop(agents);
    println!("  caller's INVITE to agent's INVITE: {}", figures::percentiles(latencies));
    println!("  fsync on the same disk, before:    {fsync}");
    println!("  {}", counted_in_words(counted, cpu));
}

fn handover(asked: &Asked) {
    let waiting = 10_000;
    let phones = free_port();
    let centre = Centre::start_with("bench-handover", &floor(asked, phones), asked.setup());
    let _agents = Load::start(
        &centre.folder,
        "bench_agents_hang_up",
        phones,
        asked.phones_core(),
        &words("-l 20000"),
        centre.sip_port,
    );
    sleep(Duration::from_secs(1));
    let total = waiting + asked.agents + 4000;
    let callers = words(&format!("-s 600 -r 500 -m {total} -l {total}"));
    let _callers = Load::start(&centre.folder, "bench_waiter", 0, asked.phones_core(), &callers, centre.sip_port);
    wait_until(&centre, IN_SALES, f64::from(waiting), 120);
    let capture = Capture::start(&centre.folder, &[centre.sip_port]);
    let before = figures::cpu_seconds(centre.pid());
    sleep(Duration::from_secs(45));
    let cpu = figures::cpu_seconds(centre.pid()) - before;
    let latencies = capture::handover_latencies(&capture.finish(), centre.sip_port);
    println!("  agent's BYE to its next INVITE: {}", figures::percentiles(latencies));
    println!("  CPU of the server meanwhile: {:.1} % of a core", cpu / 45.0 * 100.0);
}

fn throughput(asked: &Asked) {
    for rate in asked.rate.map_or(vec![250, 500, 1000, 1500, 2000], |rate| vec![rate]) {
        let phones = free_port();
        let centre = Centre::start_with("bench-throughput", &floor(asked, phones), asked.setup());
        let _agents = Load::start(
            &centre.folder,
            "bench_agents",
            phones,
            asked.phones_core(),
            &words("-l 30000"),
            centre.sip_port,
        );
        sleep(Duration::from_secs(1));
        let before = figures::cpu_seconds(centre.pid());
        let start = Instant::now();
        let callers = words(&format!("-s 600 -d 100 -r {rate} -m {} -l 30000", rate * 20));
        let counted =
            Load::start(&centre.folder, "bench_caller", 0, asked.phones_core(), &callers, centre.sip_port).finish();
        let reached = f64::from(rate * 20) / start.elapsed().as_secs_f64();
        let cpu = figures::cpu_seconds(centre.pid()) - before;
        println!("  {rate}/s offered, {reached:.0}/s reached: {}", counted_in_words(counted, cpu));
    }
}

/// What calls hear, and in which numbers of them.
struct Sound {
    place: &'static str,
    speak: bool,
    counts: &'static [u32],
    /// Packets that the phones hear of each call in a second, and ports of the server behind them.
    per_call: u32,
    ports_per_call: usize,
}

const WAITING: Sound = Sound {
    place: "waiting",
    speak: false,
    counts: &[1000, 2000, 3000, 4000, 5000, 6000, 8000],
    per_call: 50,
    ports_per_call: 1,
};
const TALKING: Sound = Sound {
    place: "talking",
    speak: true,
    counts: &[250, 500, 750, 1000, 1250, 1500],
    per_call: 100,
    ports_per_call: 2,
};

/// Fills up to each number of calls, listens for ten seconds, and goes on until the server's core is full or more than
/// one packet in a thousand is missing.
fn audio(asked: &Asked, sound: &Sound) {
    stay_on(asked.phones_core());
    let (phones, voices) = (free_port(), Voices::start(sound.speak));
    // Callers who are to wait find one agent, whose phone is not there.
    let agents = if sound.speak { asked.agents.max(2000) } else { 1 };
    let floor = floor(&Asked { agents, ..asked.clone() }, phones);
    let centre = Centre::start_with("bench-audio", &floor, Setup { hold_audio: true, ..asked.setup() });
    let rtp = format!("-key rtp {}", voices.port);
    let start = |scenario, port, more: &str| {
        let words = words(&format!("{rtp} -l 30000 {more}"));
        Load::start(&centre.folder, scenario, port, asked.phones_core(), &words, centre.sip_port)
    };
    let mut loads = Vec::new();
    loads.extend(sound.speak.then(|| start("bench_talkers", phones, "")));
    let mut calls = 0;
    for count in sound.counts {
        loads.push(start("bench_listener", 0, &format!("-s 600 -r 100 -m {}", count - calls)));
        calls = *count;
        let place = format!("anteroom_calls_live{{vdn=\"170\",place=\"{}\"}}", sound.place);
        wait_until(&centre, &place, f64::from(calls), 60);
        sleep(Duration::from_secs(2));
        let (cpu, heard, begun) = (figures::cpu_seconds(centre.pid()), voices.heard(), Instant::now());
        sleep(Duration::from_secs(10));
        let seconds = begun.elapsed().as_secs_f64();
        let busy = (figures::cpu_seconds(centre.pid()) - cpu) / seconds;
        let heard = (voices.heard() - heard) as f64 / seconds / f64::from(calls * sound.per_call);
        let ports = voices.ports();
        println!(
            "  {calls} {}: the server uses {:.1} % of a core · the phones hear {:.2} % of what is due, from {ports} ports",
            sound.place,
            busy * 100.0,
            heard * 100.0
        );
        if heard < 0.999 || ports < calls as usize * sound.ports_per_call {
            return;
        }
    }
}

/// Keeps this process, and all that it starts, on these cores.
fn stay_on(cores: &str) {
    let status = Command::new("taskset").args(["-a", "-p", "-c", cores, &std::process::id().to_string()]).output();
    status.expect("taskset is there: it is part of every Linux");
}

fn memory(asked: &Asked) {
    let waiting = 8000;
    let phones = free_port();
    let centre = Centre::start_with("bench-memory", &floor(asked, phones), asked.setup());
    let empty = figures::resident_kib(centre.pid());
    // Nobody answers: the agents' phones are not there, so every call waits.
    let callers = words(&format!("-s 600 -r 100 -m {waiting} -l {waiting}"));
    let _callers = Load::start(&centre.folder, "bench_waiter", 0, asked.phones_core(), &callers, centre.sip_port);
    wait_until(&centre, IN_SALES, f64::from(waiting), 180);
    let full = figures::resident_kib(centre.pid());
    for _ in 0..6 {
        sleep(Duration::from_secs(10));
        print!(".");
        let _ = std::io::stdout().flush();
    }
    let later = figures::resident_kib(centre.pid());
    let per_call = |kib: u64| kib.saturating_sub(empty) as f64 / f64::from(waiting);
    println!(
        "\n  empty {empty} KiB · at the end of filling {:.1} KiB a call · 60 s later {:.1} KiB a call",
        per_call(full),
        per_call(later)
    );
}

/// Waits until a metric is at least this.
fn wait_until(centre: &Centre, name: &str, value: f64, seconds: u64) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        let text = centre.internal("/metrics").map(|answer| answer.1).unwrap_or_default();
        let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_default();
        if line.split(' ').nth(1).and_then(|value| value.parse::<f64>().ok()).unwrap_or(0.0) >= value {
            return;
        }
        sleep(Duration::from_millis(500));
    }
    println!("  {name} did not reach {value} within {seconds} s");
}

fn counted_in_words(counted: Counted, cpu: f64) -> String {
    let calls = (counted.succeeded + counted.failed).max(1);
    format!(
        "{} succeeded · {} failed · {} retransmissions by the callers · {:.3} ms CPU a call",
        counted.succeeded,
        counted.failed,
        counted.retransmissions,
        cpu * 1000.0 / calls as f64
    )
}

/// What a durable write costs on the disk where the journal lies: 8 KiB and fdatasync, 200 times, 20 ms apart as calls
/// are; one right after the other they cost less, for then nothing has fallen asleep.
fn fsync(centre: &Centre) -> String {
    let path = centre.folder.join("fsync");
    let mut file = fs::File::create(&path).expect("the bench's folder can be written");
    let mut micros = Vec::new();
    for _ in 0..200 {
        sleep(Duration::from_millis(20));
        let start = Instant::now();
        let written = file.write_all(&[7; 8192]).and_then(|()| file.sync_data());
        assert!(written.is_ok(), "the disk takes a write: {written:?}");
        micros.push(start.elapsed().as_micros() as i64);
    }
    let _ = fs::remove_file(path);
    figures::percentiles(micros)
}
