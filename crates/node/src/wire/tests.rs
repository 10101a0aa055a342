//! Every variant of everything that is ever written, beside the bytes that it must always have.

use std::fmt::{Debug, Write as _};
use std::path::PathBuf;
use std::{env, fs};

use engine::{Command, Entry, Event, Floor, Image, Timestamp, VdnId};
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::mirror::Mirror;
use super::{
    WireError, command, decode_record, decode_snapshot, encode_record, encode_snapshot, event, frame, unframe,
};
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

/// A golden file in the making: a line `name: hex: value` for each value.
struct Golden {
    file: &'static str,
    lines: String,
}

impl Golden {
    fn new(file: &'static str) -> Self {
        Self { file, lines: String::new() }
    }

    /// Adds a value, and makes sure that its bytes are read as it was written.
    fn add<T: Mirror + Debug + PartialEq>(&mut self, name: &str, value: &T) {
        let bytes = frame(&value.to_wire()).expect("encodes");
        let read: T::Wire = unframe(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(&T::from_wire(read), value, "{name} is read as it was written");
        writeln!(self.lines, "{name}: {}: {value:?}", hex(&bytes)).expect("a string takes all");
    }

    /// Adds two samples of each variant, in the order of the disk. The first byte a source gives picks the variant.
    fn add_variants<T: Mirror + Debug + PartialEq>(&mut self, of: &str, variants: &[&str]) {
        for (index, variant) in variants.iter().enumerate() {
            for nth in 1..=2 {
                let Source(rest) = Source::seeded(1 + 1000 * nth + index as u64);
                let choice = u8::try_from(index).expect("fewer than 256 variants");
                let value = T::some(&mut Source::new([choice].into_iter().chain(rest).collect()));
                assert!(format!("{value:?}").starts_with(variant), "{of}::{variant} {nth} is {value:?}");
                self.add(&format!("{of}::{variant} {nth}"), &value);
            }
        }
    }

    /// Compares with `tests/golden`, which `UPDATE_GOLDEN=1` writes.
    fn check(self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(self.file);
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &self.lines).expect("golden bytes are written");
        }
        let golden = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(self.lines, golden, "{}: bytes stay what they were; give changes a new version", self.file);
    }
}

#[test]
fn commands_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("commands-v1.txt");
    golden.add_variants::<Command>("Command", command::CommandV1::VARIANTS);
    golden.check();
}

#[test]
fn events_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("events-v1.txt");
    golden.add_variants::<Event>("Event", event::EventV1::VARIANTS);
    golden.check();
}

macro_rules! add_all {
    ($golden:ident: $($type:ident as $module:ident::$wire:ident),+ $(,)?) => {
        $($golden.add_variants::<engine::$type>(stringify!($type), super::$module::$wire::VARIANTS);)+
    };
}

#[test]
fn terms_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("terms-v1.txt");
    add_all!(golden:
        Target as terms::TargetV1, Caller as terms::CallerV1, Line as terms::LineV1, Situation as terms::SituationV1,
        Cause as terms::CauseV1, Sender as terms::SenderV1, NotReadyKind as terms::NotReadyKindV1,
        Presence as terms::PresenceV1, ChosenPresence as terms::ChosenPresenceV1, ChangedBy as terms::ChangedByV1,
        LostCause as terms::LostCauseV1, WithdrawCause as terms::WithdrawCauseV1, OfferEnd as terms::OfferEndV1,
        ReleaseCause as terms::ReleaseCauseV1, FailCause as terms::FailCauseV1, Outcome as terms::OutcomeV1,
        Party as terms::PartyV1, Strategy as terms::StrategyV1, OfferRule as terms::OfferRuleV1,
    );
    golden.check();
}

#[test]
fn floors_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("floors-v1.txt");
    golden.add("Floor", &Floor::some(&mut Source::seeded(7)));
    add_all!(golden:
        Action as floor::ActionV1, DirectedToNotReady as floor::DirectedToNotReadyV1, SignIn as floor::SignInV1,
    );
    golden.check();
}

#[test]
fn images_have_the_bytes_they_always_had() {
    let mut golden = Golden::new("images-v1.txt");
    golden.add("Image", &Image::some(&mut Source::seeded(9)));
    add_all!(golden:
        Work as snapshot::WorkV1, Reach as snapshot::ReachV1, Place as snapshot::PlaceV1, StayAt as snapshot::StayAtV1,
    );
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
fn records_and_snapshots_have_the_bytes_they_always_had() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/frames-v1.txt");
    let (vdn, record) = some_record(&mut Source::seeded(3));
    let snapshot = some_snapshot(&mut Source::seeded(5));
    let journal = JournalId(*b"a random journal");
    let now = format!(
        "record: {}\nsnapshot: {}\n",
        hex(&encode_record(vdn, &record).expect("encodes")),
        hex(&encode_snapshot(journal, &snapshot).expect("encodes"))
    );
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &now).expect("golden bytes are written");
    }
    let golden = fs::read_to_string(&path).expect("golden bytes are there");
    assert_eq!(now, golden);
    let bytes = |name: &str| {
        let line = golden.lines().find_map(|line| line.strip_prefix(name)).expect("a line of that name");
        unhex(line)
    };
    assert_eq!(decode_record(&bytes("record: ")).expect("decodes"), (vdn, record));
    assert_eq!(decode_snapshot(&bytes("snapshot: ")).expect("decodes"), (journal, snapshot));
}

#[test]
fn a_frame_of_an_unknown_version_is_refused() {
    let mut bytes = vec![2, 1, 2, 3];
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    assert_eq!(unframe::<u8>(&bytes).expect_err("refused"), WireError::Version(2));
    assert_eq!(unframe::<u8>(&[1, 2]).expect_err("refused"), WireError::TooShort(2));
    let mut longer = vec![1, 7, 8];
    longer.extend_from_slice(&crc32fast::hash(&longer).to_le_bytes());
    assert_eq!(unframe::<u8>(&longer).expect_err("refused"), WireError::LeftOver(1));
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
    fn any_bytes_behind_a_right_checksum_are_refused_or_read(body in vec(any::<u8>(), 0..300)) {
        let mut bytes = [&[1], &body[..]].concat();
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        if let Ok((vdn, record)) = decode_record(&bytes) {
            prop_assert!(encode_record(vdn, &record).is_ok());
        }
    }
}
