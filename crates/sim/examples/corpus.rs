//! Writes the small files that fuzzing begins with, from seeds of the simulator, into the folder that is named:
//! `cargo run --release -p sim --example corpus -- fuzz/corpus`.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use node::replica::Replica;
use node::{JournalId, Note, Replay, Submission, frame};
use sim::chance::Chance;
use sim::floors::{Size, VDN, floor};
use sim::fuzz::{leg_by, rules_by};
use sim::rules::START;
use sim::wishes::wish;

/// How many files each target gets.
const FILES: u64 = 24;
/// A file that is longer is left out.
const BYTES_MAX: usize = 4000;
/// Bytes of version and checksum around a body.
const CHECKSUM: usize = 4;

fn main() -> io::Result<()> {
    let Some(folder) = env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::other("name the folder to write to"));
    };
    for seed in 1..=FILES {
        let mut chance = Chance::noted(seed);
        rules_by(&mut chance, 10 + 2 * seed, false);
        write(&folder, "rules", seed, chance.notes())?;
        let mut chance = Chance::noted(seed);
        leg_by(&mut chance, 5 + usize::try_from(seed).unwrap_or(0), false);
        write(&folder, "leg", seed, chance.notes())?;
        let (record, snapshot) = journal(seed);
        write(&folder, "record", seed, &record)?;
        write(&folder, "snapshot", seed, &snapshot)?;
    }
    Ok(())
}

fn write(folder: &Path, target: &str, seed: u64, bytes: &[u8]) -> io::Result<()> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    if bytes.len() <= BYTES_MAX {
        fs::write(folder.join(format!("seed-{seed:02}")), bytes)?;
    }
    Ok(())
}

/// The last record of a short journal, and the snapshot behind it, without their checksums.
fn journal(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let mut chance = Chance::new(seed);
    let mut replay = Replay::new(VDN);
    let mut replica = Replica::continue_from(&replay);
    let mut now = START;
    let mut last = None;
    let configure = engine::Command::Configure(floor(&mut chance, Size::Small));
    let mut command = Some(configure);
    for nth in 0..40 + seed {
        now.0 += i64::try_from(chance.below(2_000_000)).unwrap_or(0);
        let next = command.take().unwrap_or_else(|| wish(&mut chance, Size::Small, replay.state(), nth));
        let note = Note::set(&format!("sip/leg/{nth}"), b"a leg");
        for record in replica.propose(now, [Submission::fact(next).with_notes(vec![note])]).records {
            replay.apply(&record).expect("the records are in order");
            last = Some(record);
        }
    }
    let record = last.and_then(|record| frame::write_record(VDN, &record)).unwrap_or_default();
    let snapshot = frame::write_snapshot(JournalId([7; 16]), &replay.snapshot()).unwrap_or_default();
    (without_checksum(record), without_checksum(snapshot))
}

fn without_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len().saturating_sub(CHECKSUM));
    bytes
}
