//! One truth: what the projection keeps is what a second, slow implementation finds by looking through all entries.
//!
//! Schedules are the same in every run; `PROPTEST_CASES` plays more of them, `PROPTEST_RNG_SEED` others.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may stop anywhere, and has no callers")]

mod film;
mod people;
mod places;
mod played;
#[path = "../../../engine/tests/law/schedule.rs"]
#[allow(dead_code, missing_debug_implementations, reason = "the engine's own tests use the rest of it")]
mod schedule;
mod slots;

use std::collections::BTreeMap;

use engine::Timestamp;
use history::CallRow;
use history::{Changes, OperationRow, PlaceRow, Projection, SlotKey, SlotRow, SlotStart, Values};
use node::Position;
use proptest::prelude::{any, prop_assert, prop_assert_eq};
use proptest::test_runner::{Config, RngSeed, TestRunner};

use film::Film;
use played::Played;
use schedule::{floor, steps};

/// Monday morning.
const START: Timestamp = Timestamp::from_seconds(1_605_484_800);

const STEPS_MAX: usize = 150;

fn runner(seed: u64, cases: u32) -> TestRunner {
    let config = Config { failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let asked_for = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if asked_for { config.cases } else { cases };
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(seed),
        fixed @ RngSeed::Fixed(_) => fixed,
    };
    TestRunner::new(Config { cases, rng_seed, ..config })
}

/// All rows there are, by key: what is written twice stands once.
#[derive(Debug, Default, PartialEq)]
struct Rows {
    calls: BTreeMap<engine::CallId, CallRow>,
    places: BTreeMap<(engine::CallId, u32), PlaceRow>,
    operations: BTreeMap<(u64, u32), OperationRow>,
    slots: BTreeMap<(SlotStart, SlotKey), Values>,
}

impl Rows {
    fn write(&mut self, changes: Changes) {
        self.calls.extend(changes.calls.into_iter().map(|row| (row.call, row)));
        self.places.extend(changes.places.into_iter().map(|row| ((row.call, row.number), row)));
        self.operations.extend(changes.operations.into_iter().map(|row| ((row.position, row.number), row)));
        self.slots.extend(changes.slots.into_iter().map(|SlotRow { start, key, values }| ((start, key), values)));
    }
}

fn project(film: &Film) -> (Projection, Rows) {
    let (mut projection, mut rows) = (Projection::default(), Rows::default());
    for (position, entry) in film.entries() {
        projection.entry(position, entry);
        rows.write(projection.take_changes());
    }
    (projection, rows)
}

#[test]
fn rows_and_figures_are_what_looking_through_all_entries_finds() {
    let schedules = (floor(), steps(STEPS_MAX));
    runner(11, 400)
        .run(&schedules, |(floor, steps)| {
            let film = Film::of(Played::of(START, floor, &steps).entries);
            let (_, rows) = project(&film);
            prop_assert_eq!(&rows.calls, &places::calls(&film));
            prop_assert_eq!(&rows.places, &places::left(&film));
            prop_assert_eq!(&rows.operations, &people::operations(&film));
            let slots = slots::all(&film);
            for (key, values) in &slots {
                prop_assert!(
                    rows.slots.get(key) == Some(values),
                    "{:?}: {:?} and {:?}",
                    key,
                    rows.slots.get(key),
                    values
                );
            }
            prop_assert_eq!(rows.slots.len(), slots.len());
            prop_assert_eq!(rows.calls.len(), film.frames.iter().filter(|frame| frame.ends_a_call()).count());
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_open_is_what_looking_through_all_entries_finds_at_every_step() {
    let schedules = (floor(), steps(60));
    runner(12, 60)
        .run(&schedules, |(floor, steps)| {
            let entries = Played::of(START, floor, &steps).entries;
            let mut projection = Projection::default();
            for end in 1..=entries.len() {
                let film = Film::of(entries[..end].to_vec());
                let (position, entry) = film.entries().last().unwrap();
                projection.entry(position, entry);
                places::check_live(&projection, &film);
                people::check_agents(&projection, &film);
                slots::check_current(&projection, &film);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_crash_at_any_position_changes_no_row() {
    let schedules = (floor(), steps(STEPS_MAX), any::<u16>(), any::<u16>());
    runner(13, 200)
        .run(&schedules, |(floor, steps, saved, crashed)| {
            let film = Film::of(Played::of(START, floor, &steps).entries);
            let (whole, rows) = project(&film);
            let entries: Vec<_> = film.entries().collect();
            let crashed = usize::from(crashed) % entries.len() + 1;
            let saved = usize::from(saved) % crashed;

            let (mut projection, mut written) = (Projection::default(), Rows::default());
            let mut bytes = projection.to_bytes().unwrap();
            for (nth, (position, entry)) in entries[..crashed].iter().enumerate() {
                if nth == saved {
                    bytes = projection.to_bytes().unwrap();
                }
                projection.entry(*position, entry);
                written.write(projection.take_changes());
            }
            let mut projection = Projection::from_bytes(&bytes).unwrap();
            prop_assert_eq!(projection.position(), Position(saved as u64));
            for (position, entry) in &entries[saved..] {
                projection.entry(*position, entry);
            }
            written.write(projection.take_changes());
            prop_assert_eq!(written, rows);
            prop_assert_eq!(projection.to_bytes(), whole.to_bytes());
            Ok(())
        })
        .unwrap();
}

/// Whoever saves takes the changes away first, or they would be missed.
#[test]
fn bytes_of_another_version_are_not_read() {
    let bytes = Projection::default().to_bytes().unwrap();
    assert_eq!(Projection::from_bytes(&bytes), Some(Projection::default()));
    let mut other = bytes.clone();
    other[0] ^= 0xff;
    assert_eq!(Projection::from_bytes(&other), None);
    assert_eq!(Projection::from_bytes(&bytes[..bytes.len() - 1]), None);
    assert_eq!(Projection::from_bytes(&[]), None);
}
