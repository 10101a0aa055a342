//! The demo, as somebody meets it who has just built it: what it prints works as it stands.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

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

#[test]
fn every_command_that_the_demo_prints_works() {
    let pid = std::process::id();
    let address = format!("127.77.{}.{}", pid / 250 % 250, pid % 250 + 1);
    let folder = std::env::temp_dir().join(format!("anteroom-demo-{pid}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the test's folder can be made");
    let demo = Command::new(PROGRAM)
        .args(["demo", "--address", &address, "--data", "data", "--threads", "1"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut demo = Demo(demo.expect("the program runs"));
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
    assert_eq!(String::from_utf8_lossy(&asked.stdout), "No call waits for agent 1099 alone.\n");
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
