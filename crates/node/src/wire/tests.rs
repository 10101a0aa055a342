//! Every variant of everything that is ever written, beside the bytes that it must always have.

use std::fmt::{Debug, Write as _};
use std::path::PathBuf;
use std::{env, fs};

use engine::{Command, Entry, Floor, Image, Timestamp, VdnId};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::mirror::Mirror;
use super::{VERSION, WireError, decode_record, decode_snapshot, encode_record, encode_snapshot, frame, read, unframe};
use crate::record::{JournalId, Note, Position, Record};
use crate::snapshot::Snapshot;

/// Bytes that values are made of. Once they are used up there is nothing but zeros, so that every value has an end.
pub(crate) struct Source(std::vec::IntoIter<u8>);

impl Source {
    fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into_iter())
    }

    /// Bytes that look like chance and are the same on every machine.
    fn seeded(seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        Self::new(std::iter::repeat_with(next).take(400).collect())
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.0.next().unwrap_or(0))
    }

    pub(super) fn pick(&mut self, choices: usize) -> usize {
        usize::from(self.bytes::<1>()[0]) % choices
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

/// An enum of the disk, its variants in the order of the disk.
pub(super) trait Listed {
    const VARIANTS: &'static [&'static str];
}

/// A struct that has gained fields since version 1.
pub(super) trait Grown: Sized {
    /// What it has gained, in the order of the disk.
    const MORE: &'static [&'static str];

    /// A value in which nothing but the `nth` of these is otherwise than before; none, when the source makes it so too.
    fn with_more(nth: usize, source: &mut Source) -> Option<Self>;
}

/// The bytes that a group of types was ever written as: a line `name: hex: value` for each sample. The files of earlier
/// versions are closed; that of today's version gains a line for whatever is added, and loses none.
struct Golden {
    group: &'static str,
    closed: [String; 2],
    open: String,
    added: String,
    read: usize,
}

impl Golden {
    fn new(group: &'static str) -> Self {
        let file = |version| fs::read_to_string(path(group, version)).unwrap_or_default();
        Self { group, closed: [1, 2].map(file), open: file(VERSION), added: String::new(), read: 0 }
    }

    /// Reads every line about a type that was ever written, and adds `samples` of which there is none by their name.
    fn add<T: Mirror + Debug + PartialEq>(&mut self, of: &str, samples: impl IntoIterator<Item = (String, T)>) {
        let is_about = |line: &&str| line.strip_prefix(of).is_some_and(|rest| rest.starts_with(':'));
        let [first, second] = &self.closed;
        for line in first.lines().filter(is_about) {
            self.read += 1;
            check_meaning(line, &decode::<T, 1>(line));
        }
        for line in second.lines().filter(is_about) {
            self.read += 1;
            check_meaning(line, &decode::<T, 2>(line));
        }
        for line in self.open.lines().filter(is_about) {
            self.read += 1;
            let value = decode::<T, VERSION>(line);
            check_meaning(line, &value);
            assert_eq!(hex(&frame(&value.to_wire()).expect("encodes")), bytes_of(line), "written as it was: {line}");
        }
        for (name, value) in samples {
            let start = format!("{name}: ");
            if !self.open.lines().any(|line| line.starts_with(&start)) {
                let bytes = frame(&value.to_wire()).expect("encodes");
                let line = format!("{start}{}: {value:?}", hex(&bytes));
                assert_eq!(decode::<T, VERSION>(&line), value, "{name} is read as it was written");
                self.added.push_str(&line);
                self.added.push('\n');
            }
        }
    }

    /// Two samples of each variant. The first byte a source gives picks the variant.
    fn add_variants<T: Mirror + Listed + Debug + PartialEq>(&mut self, of: &str) {
        let samples = T::VARIANTS.iter().enumerate().flat_map(|(index, variant)| {
            (1..=2).map(move |nth| {
                let Source(rest) = Source::seeded(1 + 1000 * nth + index as u64);
                let choice = u8::try_from(index).expect("fewer than 256 variants");
                let value = T::some(&mut Source::new([choice].into_iter().chain(rest).collect()));
                assert!(format!("{value:?}").starts_with(variant), "{of}::{variant} {nth} is {value:?}");
                (format!("{of}::{variant} {nth}"), value)
            })
        });
        self.add(of, samples.collect::<Vec<_>>());
    }

    /// A sample for everything that a struct has gained.
    fn add_grown<T: Mirror + Grown + Debug + PartialEq>(&mut self, of: &str) {
        let of = format!("{of} more");
        let sample = |nth| {
            let some = (500..).find_map(|seed| T::with_more(nth, &mut Source::seeded(seed)));
            some.expect("some seed makes another value")
        };
        let samples = T::MORE.iter().enumerate().map(|(nth, more)| (format!("{of}::{more}"), sample(nth)));
        self.add(&of, samples);
    }

    /// Compares with `tests/golden`, to which `UPDATE_GOLDEN=1` adds what is missing.
    fn check(self) {
        let Self { group, closed, open, added, read } = self;
        let lines = closed.iter().chain([&open]).map(|file| file.lines().count()).sum::<usize>();
        assert_eq!(read, lines, "{group}: every line is about a type");
        if env::var_os("UPDATE_GOLDEN").is_some() && !added.is_empty() {
            fs::write(path(group, VERSION), open + &added).expect("golden bytes are written");
            return;
        }
        assert_eq!(added, "", "{group}: these are in no golden file yet");
    }
}

fn path(group: &str, version: u8) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{group}-v{version}.txt"))
}

fn bytes_of(line: &str) -> &str {
    line.split(": ").nth(1).expect("bytes follow the name")
}

fn decode<T: Mirror, const V: u8>(line: &str) -> T {
    let bytes = unhex(bytes_of(line));
    let (version, body) = unframe(&bytes).expect("a frame");
    assert_eq!(version, V, "{line}");
    T::from_wire::<V>(read(body).unwrap_or_else(|error| panic!("{error}: {line}")))
}

/// What a line says of its value is so, in its order; what the type has gained since then may stand between.
fn check_meaning(line: &str, value: &impl Debug) {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let meant = line.splitn(3, ": ").nth(2).expect("a value follows the bytes");
    let said = words(&format!("{value:?}"));
    let mut said = said.iter();
    assert!(words(meant).iter().all(|word| said.any(|other| other == word)), "now {value:?}, and was {meant}");
}

macro_rules! add_all {
    ($golden:ident: $($type:ident),+ $(,)?) => {
        $($golden.add_variants::<engine::$type>(stringify!($type));)+
    };
}

#[test]
fn commands_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("commands");
    add_all!(golden: Command);
    golden.check();
}

#[test]
fn events_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("events");
    add_all!(golden: Event);
    golden.check();
}

#[test]
fn terms_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("terms");
    add_all!(golden:
        Target, Caller, Line, Situation, Cause, Sender, NotReadyKind, Presence, ChosenPresence, ChangedBy, LostCause,
    FailCause, ForcedPresence, Keeping, OfferEnd, OfferRule, Outcome, Party, ReleaseCause, Strategy, TakenBack, TransferMode, TransferTo, WinnerKey, WithdrawCause,
    );
    golden.add_grown::<engine::Why>("Why");
    golden.check();
}

#[test]
fn floors_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("floors");
    golden.add("Floor", [("Floor".to_owned(), Floor::some(&mut Source::seeded(7)))]);
    add_all!(golden: Action, DirectedToNotReady, SignIn, OnSignOut, OnNotReady, PrivateAction, OnRestEnd, RestMax);
    golden.add_grown::<engine::VdnSettings>("VdnSettings");
    golden.add_grown::<engine::AgentSettings>("AgentSettings");
    golden.add_grown::<engine::Queue>("Queue");
    golden.check();
}

#[test]
fn images_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("images");
    golden.add("Image", [("Image".to_owned(), Image::some(&mut Source::seeded(9)))]);
    add_all!(golden: Work, Reach, Place, StayAt, Rest);
    golden.add_grown::<engine::Agent>("Agent");
    golden.add_grown::<Image>("Image");
    golden.add_grown::<engine::Wait>("Wait");
    golden.add_grown::<engine::Call>("Call");
    golden.check();
}

fn some_record(source: &mut Source) -> (VdnId, Record) {
    let at = Timestamp::some(source);
    let entry = bool::some(source).then(|| Entry { at, command: Command::some(source), events: Vec::some(source) });
    let (position, epoch) = (Position(u64::some(source)), u32::some(source));
    (VdnId::some(source), Record { position, epoch, at, entry, notes: Vec::<Note>::some(source) })
}

fn some_snapshot(source: &mut Source) -> Snapshot {
    Snapshot {
        vdn: VdnId::some(source),
        position: Position(u64::some(source)),
        epoch: u32::some(source),
        at: Timestamp::some(source),
        image: Mirror::some(source),
        notes: Vec::some(source),
    }
}

#[test]
fn records_and_snapshots_of_every_version_are_read() {
    let journal = JournalId(*b"a random journal");
    let today = path("frames", VERSION);
    if env::var_os("UPDATE_GOLDEN").is_some() && !today.exists() {
        let (vdn, record) = some_record(&mut Source::seeded(3));
        let snapshot = some_snapshot(&mut Source::seeded(5));
        let of_record = hex(&encode_record(vdn, &record).expect("encodes"));
        let of_snapshot = hex(&encode_snapshot(journal, &snapshot).expect("encodes"));
        let lines = format!("record: {of_record}: {:?}\nsnapshot: {of_snapshot}: {snapshot:?}\n", (vdn, record));
        fs::write(today, lines).expect("golden bytes are written");
    }
    for version in 1..=VERSION {
        let golden = fs::read_to_string(path("frames", version)).expect("golden bytes are there");
        // The first file says only the bytes; what they mean stands beside it.
        let meaning = if version == 1 { path("frames-meant", 1) } else { path("frames", version) };
        let meaning = fs::read_to_string(meaning).expect("the bytes mean something");
        let [record, snapshot] = golden.lines().collect::<Vec<_>>()[..] else { panic!("a record and a snapshot") };
        let [meant_record, meant_snapshot] = meaning.lines().collect::<Vec<_>>()[..] else {
            panic!("both mean something")
        };
        check_meaning(meant_record, &decode_record(&unhex(bytes_of(record))).expect("decodes"));
        let (found, value) = decode_snapshot(&unhex(bytes_of(snapshot))).expect("decodes");
        assert_eq!(found, journal);
        check_meaning(meant_snapshot, &value);
    }
}

#[test]
fn a_frame_of_an_unknown_version_is_refused() {
    for version in [0, VERSION + 1] {
        let mut bytes = vec![version, 1, 2, 3];
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        assert_eq!(decode_record(&bytes).expect_err("refused"), WireError::Version(version));
    }
    assert_eq!(unframe(&[1, 2]).expect_err("refused"), WireError::TooShort(2));
    assert_eq!(read::<u8>(&[7, 8]).expect_err("refused"), WireError::LeftOver(1));
}

#[test]
fn a_record_with_any_bit_flipped_is_refused() {
    let (vdn, record) = some_record(&mut Source::seeded(11));
    let bytes = encode_record(vdn, &record).expect("encodes");
    for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        assert!(
            matches!(decode_record(&flipped), Err(WireError::Checksum { .. })),
            "bit {bit} of byte {at} may not flip unnoticed"
        );
    }
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(bytes in vec(any::<u8>(), 0..2000)) {
        let (vdn, record) = some_record(&mut Source::new(bytes));
        let written = encode_record(vdn, &record).expect("encodes");
        prop_assert_eq!(decode_record(&written).expect("decodes"), (vdn, record));
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written(bytes in vec(any::<u8>(), 0..4000)) {
        let snapshot = some_snapshot(&mut Source::new(bytes));
        let written = encode_snapshot(JournalId([7; 16]), &snapshot).expect("encodes");
        prop_assert_eq!(decode_snapshot(&written).expect("decodes"), (JournalId([7; 16]), snapshot));
    }

    #[test]
    fn any_bytes_behind_a_right_checksum_are_refused_or_read(
        version in 1..=VERSION,
        body in vec(any::<u8>(), 0..300),
    ) {
        let mut bytes = [&[version], &body[..]].concat();
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        if let Ok((vdn, record)) = decode_record(&bytes) {
            prop_assert!(encode_record(vdn, &record).is_ok());
        }
    }
}
