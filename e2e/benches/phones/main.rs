//! The server under load by phones that are not ours, on this machine's loopback.
//!
//! `cargo bench -p e2e --bench phones -- WHAT [--cores 1|2] [--journal memory|sqlite] [--agents N]`, where WHAT is one
//! of those that `-- help` lists. Needs SIPp and tcpdump (`./test.sh` installs them), and root for tcpdump. Each run
//! ends by itself.

mod capture;
mod figures;
mod load;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use capture::Capture;
use e2e::{Centre, Setup, free_port};
use load::{Counted, Load};

const HELP: &str = "\
cargo bench -p e2e --bench phones -- WHAT [--cores 1|2] [--journal memory|sqlite] [--agents N]

  idle        a caller's INVITE to the idle agent's INVITE, 50 calls a second, 500 calls
  handover    an agent hangs up to the next waiting call's INVITE: 1,000 agents, 10,000 waiting
  throughput  calls a second through a queue, hold audio off: 250, 500, 1,000, 1,500, 2,000 a second, 20 s each
  memory      resident memory per waiting call: 8,000 waiting, filled at 100 a second, 60 s later

  --cores     1: the server on core 0, the phones on core 1; 2: all on both. Default 1.
  --journal   default memory
  --agents    default 1000
";

/// What the command line asked for.
struct Asked {
    what: String,
    cores: u8,
    journal: String,
    agents: u32,
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
        "memory" => memory(&asked),
        _ => print!("{HELP}"),
    }
}

fn read_command_line() -> Option<Asked> {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mut asked = Asked { what: words.next()?, cores: 1, journal: "memory".to_owned(), agents: 1000 };
    while let Some(word) = words.next() {
        let value = words.next()?;
        match word.as_str() {
            "--cores" => asked.cores = value.parse().ok()?,
            "--journal" => asked.journal = value,
            "--agents" => asked.agents = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(asked)
}

/// Sales with that many agents, who all have their fixed phones on one line of SIPp.
fn floor(asked: &Asked, phones: u16) -> String {
    let mut text = String::from(
        "[[vdn]]\nid = 170\ndomain = \"127.0.0.1\"\n\n\
         [[vdn.queue]]\nid = 1\nname = \"Sales\"\naccess_codes = [\"8001\"]\n\n",
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
    let callers = words("-s 8001 -d 100 -r 50 -m 500 -l 5000");
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
    let callers = words(&format!("-s 8001 -r 500 -m {total} -l {total}"));
    let _callers = Load::start(&centre.folder, "bench_waiter", 0, asked.phones_core(), &callers, centre.sip_port);
    wait_until(&centre, f64::from(waiting), 120);
    let capture = Capture::start(&centre.folder, &[centre.sip_port]);
    let before = figures::cpu_seconds(centre.pid());
    sleep(Duration::from_secs(45));
    let cpu = figures::cpu_seconds(centre.pid()) - before;
    let latencies = capture::handover_latencies(&capture.finish(), centre.sip_port);
    println!("  agent's BYE to its next INVITE: {}", figures::percentiles(latencies));
    println!("  CPU of the server meanwhile: {:.1} % of a core", cpu / 45.0 * 100.0);
}

fn throughput(asked: &Asked) {
    for rate in [250, 500, 1000, 1500, 2000] {
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
        let callers = words(&format!("-s 8001 -d 100 -r {rate} -m {} -l 30000", rate * 20));
        let counted =
            Load::start(&centre.folder, "bench_caller", 0, asked.phones_core(), &callers, centre.sip_port).finish();
        let reached = f64::from(rate * 20) / start.elapsed().as_secs_f64();
        let cpu = figures::cpu_seconds(centre.pid()) - before;
        println!("  {rate}/s offered, {reached:.0}/s reached: {}", counted_in_words(counted, cpu));
    }
}

fn memory(asked: &Asked) {
    let waiting = 8000;
    let phones = free_port();
    let centre = Centre::start_with("bench-memory", &floor(asked, phones), asked.setup());
    let empty = figures::resident_kib(centre.pid());
    // Nobody answers: the agents' phones are not there, so every call waits.
    let callers = words(&format!("-s 8001 -r 100 -m {waiting} -l {waiting}"));
    let _callers = Load::start(&centre.folder, "bench_waiter", 0, asked.phones_core(), &callers, centre.sip_port);
    wait_until(&centre, f64::from(waiting), 180);
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

/// Waits until that many calls wait in Sales.
fn wait_until(centre: &Centre, waiting: f64, seconds: u64) {
    let start = Instant::now();
    let name = "anteroom_calls_waiting{vdn=\"170\",queue=\"1\"}";
    while start.elapsed() < Duration::from_secs(seconds) {
        let text = centre.internal("/metrics").map(|answer| answer.1).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        if line.split(' ').nth(1).and_then(|value| value.parse::<f64>().ok()).unwrap_or(0.0) >= waiting {
            return;
        }
        sleep(Duration::from_millis(500));
    }
    println!("  fewer than {waiting} calls waited after {seconds} s");
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

/// What a durable write costs on the disk where the journal lies: 4 KiB and fdatasync, 500 times.
fn fsync(centre: &Centre) -> String {
    let path = centre.folder.join("fsync");
    let mut file = fs::File::create(&path).expect("the bench's folder can be written");
    let mut micros = Vec::new();
    for _ in 0..500 {
        let start = Instant::now();
        let written = file.write_all(&[7; 4096]).and_then(|()| file.sync_data());
        assert!(written.is_ok(), "the disk takes a write: {written:?}");
        micros.push(start.elapsed().as_micros() as i64);
    }
    let _ = fs::remove_file(path);
    figures::percentiles(micros)
}
