//! What went over the wire and when, by tcpdump's clock: the kernel's, not ours.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running tcpdump on the loopback interface.
pub(crate) struct Capture {
    process: Child,
    file: PathBuf,
}

/// A SIP message that was seen.
pub(crate) struct Seen {
    /// Microseconds since 1970.
    pub(crate) at: i64,
    /// UDP source port.
    pub(crate) from: u16,
    /// UDP destination port.
    pub(crate) to: u16,
    /// The whole message.
    pub(crate) text: String,
}

impl Seen {
    /// Whether this is a request with this method.
    pub(crate) fn is(&self, method: &str) -> bool {
        self.text.starts_with(method) && self.text.as_bytes().get(method.len()) == Some(&b' ')
    }

    /// The user part of the Request-URI.
    pub(crate) fn request_user(&self) -> &str {
        user_of(self.text.split(' ').nth(1).unwrap_or_default())
    }

    /// The user part of a header's URI.
    pub(crate) fn user_in(&self, header: &str) -> &str {
        let line = self.text.lines().find(|line| line.starts_with(header)).unwrap_or_default();
        user_of(line.split("sip:").nth(1).map_or("", |rest| rest))
    }
}

fn user_of(uri: &str) -> &str {
    uri.trim_start_matches("sip:").split('@').next().unwrap_or_default()
}

impl Capture {
    /// Starts to capture INVITE and BYE requests over UDP to and from `ports`.
    pub(crate) fn start(folder: &Path, ports: &[u16]) -> Self {
        let file = folder.join("capture.pcap");
        let _ = fs::remove_file(&file);
        let ports: Vec<String> = ports.iter().map(|port| format!("port {port}")).collect();
        // 0x494e5649 is "INVI", 0x42594520 "BYE ": only what the figures need is kept.
        let filter = format!("udp and ({}) and (udp[8:4] = 0x494e5649 or udp[8:4] = 0x42594520)", ports.join(" or "));
        let process = Command::new("tcpdump")
            .args(["-i", "lo", "-n", "-s", "1500", "-B", "65536", "-U", "-Z", "root", "-w"])
            .arg(&file)
            .arg(filter)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tcpdump is installed: ./test.sh does that");
        for _ in 0..200 {
            if file.metadata().is_ok_and(|metadata| metadata.len() >= 24) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { process, file }
    }

    /// Ends the capture and returns what was seen, oldest first.
    pub(crate) fn finish(mut self) -> Vec<Seen> {
        std::thread::sleep(Duration::from_millis(500));
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
        read(&fs::read(&self.file).expect("tcpdump has written its file"))
    }
}

/// Reads a little-endian pcap file of an Ethernet-like link (what tcpdump writes for `lo`).
fn read(bytes: &[u8]) -> Vec<Seen> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(word(0), 0xa1b2_c3d4, "tcpdump writes microseconds in this machine's byte order");
    let mut seen = Vec::new();
    let mut at = 24;
    while at + 16 <= bytes.len() {
        let (seconds, micros, length) = (word(at), word(at + 4), word(at + 8) as usize);
        let Some(frame) = bytes.get(at + 16..at + 16 + length) else { break };
        at += 16 + length;
        // Ethernet header of 14 bytes, IPv4 header without options, UDP header of 8 bytes.
        if frame.len() > 42 {
            seen.push(Seen {
                at: i64::from(seconds) * 1_000_000 + i64::from(micros),
                from: u16::from_be_bytes([frame[34], frame[35]]),
                to: u16::from_be_bytes([frame[36], frame[37]]),
                text: String::from_utf8_lossy(&frame[42..]).into_owned(),
            });
        }
    }
    seen
}

/// Caller's INVITE at the server to the agent's INVITE for the same caller, in microseconds.
pub(crate) fn idle_latencies(seen: &[Seen], server: u16) -> Vec<i64> {
    let mut arrived = HashMap::new();
    let mut latencies = Vec::new();
    for message in seen.iter().filter(|message| message.is("INVITE")) {
        let caller = message.user_in("From:").to_owned();
        if message.to == server {
            arrived.entry(caller).or_insert(message.at);
        } else if let Some(at) = arrived.remove(&caller) {
            latencies.push(message.at - at);
        }
    }
    latencies
}

/// An agent's BYE at the server to the next INVITE at the same agent, in microseconds.
pub(crate) fn handover_latencies(seen: &[Seen], server: u16) -> Vec<i64> {
    let mut free = HashMap::new();
    let mut latencies = Vec::new();
    for message in seen {
        if message.is("BYE") && message.to == server {
            free.entry(message.user_in("From:").to_owned()).or_insert(message.at);
        } else if message.is("INVITE")
            && message.from == server
            && let Some(at) = free.remove(message.request_user())
        {
            latencies.push(message.at - at);
        }
    }
    latencies
}
