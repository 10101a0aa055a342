//! The demo, as somebody meets it who has just built it: what it prints works as it stands.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_anteroom");

/// A demo on a loopback address of its own. Killed when dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a line of the demo's advice in a shell, as somebody in another terminal would.
fn run(line: &str, folder: &Path) -> Output {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output();
    output.expect("there is a shell")
}

/// An address and a folder for a demo of its own.
fn place(name: &str, network: u8) -> (String, PathBuf) {
    let pid = std::process::id();
    let folder = std::env::temp_dir().join(format!("anteroom-demo-{name}-{pid}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the test's folder can be made");
    (format!("127.{network}.{}.{}", pid / 250 % 250, pid % 250 + 1), folder)
}

fn start(address: &str, folder: &Path, more: &[&str]) -> Demo {
    let demo = Command::new(PROGRAM)
        .args(["demo", "--address", address, "--data", "data", "--threads", "1"])
        .args(more)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Demo(demo.expect("the program runs"))
}

#[test]
fn every_command_that_the_demo_prints_works() {
    let (address, folder) = place("advice", 77);
    let mut demo = start(&address, &folder, &[]);
    let advice = BufReader::new(demo.0.stdout.take().expect("its output is ours"));
    let lines = advice.lines().map_while(Result::ok);
    // The advice comes once everything listens; the line of the certificate is its last.
    let mut advice = Vec::new();
    for line in lines {
        let is_last = line.contains("certificate.pem");
        advice.push(line);
        if is_last {
            break;
        }
    }
    let command = |program: &str, word: &str| {
        let lines = advice.iter().filter_map(|line| Some(&line[line.find(program)?..]));
        let mut found = lines.filter(|line| line.contains(word));
        found.next().unwrap_or_else(|| panic!("no `{program}` with `{word}` in: {advice:?}"))
    };

    let asked = run(command(PROGRAM, " ask private-calls "), &folder);
    assert!(asked.status.success(), "{asked:?}");
    // What is answered depends on how far the story is.
    assert!(String::from_utf8_lossy(&asked.stdout).contains("for agent 1099 alone"), "{asked:?}");
    let journal = run(command(PROGRAM, " journal "), &folder);
    assert!(journal.status.success(), "{journal:?}");
    assert!(String::from_utf8_lossy(&journal.stdout).contains("Configure: 2 queues, 11 agents"), "{journal:?}");
    let ready = run(command("curl ", "/readyz"), &folder);
    assert!(String::from_utf8_lossy(&ready.stdout).contains("SIP listens"), "{ready:?}");
    let metrics = run(command("curl ", "/metrics"), &folder);
    assert!(String::from_utf8_lossy(&metrics.stdout).contains("anteroom_agents{vdn=\"170\""), "{metrics:?}");
    drop(demo);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_newcomer_sees_private_calls_and_no_phone_complains() {
    let (address, folder) = place("story", 78);
    let mut demo = start(&address, &folder, &["--for", "75", "--seed", "1"]);
    let base = format!("https://{address}:28443");
    let ask = format!("{PROGRAM} ask private-calls --cc 1 --vdn 170 --agent 1099 --base {base} --data data");
    let mut seen = String::new();
    while demo.0.try_wait().expect("it can be asked").is_none() {
        let answer = run(&ask, &folder);
        let answer = String::from_utf8_lossy(&answer.stdout).into_owned();
        if answer.starts_with(|first: char| first.is_ascii_digit()) {
            seen = answer;
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    let status = demo.0.wait().expect("it has ended");
    let mut told = String::new();
    demo.0.stdout.take().expect("its output is ours").read_to_string(&mut told).expect("it writes text");
    assert!(status.success(), "{told}");
    assert!(!seen.is_empty(), "no private call was seen over the signed interface:\n{told}");
    assert!(told.contains("waits in agent 1099's private queue (place 1)"), "{told}");
    assert!(told.contains("; no phone complained"), "{told}");
    let _ = std::fs::remove_dir_all(folder);
}
