//! What happened, as a number in every run and in words when somebody reads it.

use std::fmt::Write;
use std::hash::Hasher;

use engine::Timestamp;

use crate::network::{Payload, Side};
use crate::people::Act;
use crate::rules::START;
use crate::world::Due;

/// FNV-1a: the same everywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest(u64);

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The steps of a run.
#[derive(Debug)]
pub(crate) struct Trace {
    digest: Digest,
    now: Timestamp,
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(is_told: bool) -> Self {
        Self { digest: Digest(0xcbf2_9ce4_8422_2325), now: START, lines: is_told.then(Vec::new) }
    }

    /// One more step.
    pub(crate) fn step(&mut self, at: Timestamp, due: &Due) {
        self.now = at;
        self.digest.write_i64(at.0);
        self.digest.write_u8(kind(due));
        if self.lines.is_some()
            && let Some(text) = words(due)
        {
            self.tell(|| text);
        }
    }

    /// A remark, worded only when somebody reads it.
    pub(crate) fn tell(&mut self, words: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            let millis = (self.now.0 - START.0) / 1000;
            let mut line = String::new();
            let _ = write!(line, "{:>4}.{:03}  {}", millis / 1000, millis % 1000, words());
            lines.push(line);
        }
    }

    pub(crate) fn hash(&self) -> Digest {
        self.digest
    }

    pub(crate) fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}

const fn kind(due: &Due) -> u8 {
    match due {
        Due::Deliver(_) => 1,
        Due::TxnEnd(_) => 2,
        Due::Leg(..) => 3,
        Due::Write(_) => 4,
        Due::Written(..) => 5,
        Due::Again(..) => 6,
        Due::Bindings(_) => 7,
        Due::Act(_) => 8,
        Due::Sound(..) => 9,
        Due::Arrival => 10,
        Due::Crash => 11,
        Due::Start => 12,
        Due::Room(_) => 13,
        Due::PhoneLost => 14,
    }
}

/// What a step is called; none for what only wakes somebody.
fn words(due: &Due) -> Option<String> {
    match due {
        Due::Deliver(packet) => {
            let to = match packet.to {
                Side::House => "us",
                Side::Phone => "the phone",
            };
            let what = match &packet.payload {
                Payload::Request { request, .. } => format!("{}", request.method),
                Payload::Response { response, .. } => {
                    let of = response.headers.get("CSeq").unwrap_or("");
                    format!("{} to {of}", response.status())
                }
                Payload::Ack(_) => "ACK".to_owned(),
                Payload::Cancel { .. } => "CANCEL".to_owned(),
                Payload::Register { agent, is_on } => {
                    format!("{} of {agent}", if *is_on { "REGISTER" } else { "un-REGISTER" })
                }
            };
            Some(format!("line {}: {what} to {to}", packet.line.0))
        }
        Due::Act(Act::Watch | Act::Supervise | Act::Desk(_) | Act::Register(_)) => None,
        Due::Act(act) => Some(format!("{act:?}")),
        Due::Sound(line, sound) => Some(format!("line {}: hears {sound:?}", line.0)),
        Due::Again(_, fact) => Some(format!("again: {:?}", fact.command)),
        Due::TxnEnd(_) | Due::Leg(..) | Due::Write(_) | Due::Written(..) | Due::Bindings(_) => None,
        Due::Arrival => Some("a caller comes".to_owned()),
        Due::Crash => Some("CRASH".to_owned()),
        Due::Start => Some("START".to_owned()),
        Due::Room(_) => None,
        Due::PhoneLost => Some("a phone vanishes".to_owned()),
    }
}
