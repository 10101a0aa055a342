//! Many seeds, on several threads; each seed is one thread's alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::checks::Breach;
use crate::sometimes::Sometimes;
use crate::world::{Setting, World};

/// What came of one seed.
#[derive(Debug)]
pub struct Played {
    /// Which.
    pub seed: u64,
    /// The law that was broken.
    pub breach: Option<Breach>,
    /// A number that tells this run from any other.
    pub fingerprint: u64,
    /// What situations were met.
    pub met: Sometimes,
    /// How many records the journal had.
    pub records: u64,
    /// The steps, if they were to be told.
    pub steps: Vec<String>,
}

/// Runs one seed. A panic is a broken law too.
#[must_use]
pub fn play(setting: &Setting) -> Played {
    let mut world = World::new(setting.clone());
    let ran = catch_unwind(AssertUnwindSafe(|| world.run()));
    let breach = match ran {
        Ok(Ok(())) => None,
        Ok(Err(breach)) => Some(breach),
        Err(panic) => Some(("panic", panic_text(&*panic))),
    };
    Played {
        seed: setting.seed,
        breach,
        fingerprint: world.fingerprint(),
        met: world.met().clone(),
        records: world.records(),
        steps: world.steps().to_vec(),
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".to_owned())
}

/// What came of many seeds.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many ran.
    pub seeds: u64,
    /// Those that broke a law, the lowest first.
    pub broken: Vec<(u64, Breach)>,
    /// What situations were met.
    pub met: Sometimes,
    /// How many records all journals had.
    pub records: u64,
}

/// Runs `count` seeds from `first` on, and reports each that breaks a law as soon as it does.
pub fn play_all(setting: &Setting, first: u64, count: u64, threads: usize, report: impl Fn(&Played) + Sync) -> Tally {
    let next = AtomicU64::new(first);
    let tally = Mutex::new(Tally::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first.saturating_add(count) {
                return;
            }
            let played = play(&Setting { seed, ..setting.clone() });
            report(&played);
            let Ok(mut tally) = tally.lock() else { return };
            tally.seeds += 1;
            tally.records += played.records;
            tally.met.add(&played.met);
            tally.broken.extend(played.breach.map(|breach| (seed, breach)));
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    let mut tally = tally.into_inner().unwrap_or_default();
    tally.broken.sort_by_key(|(seed, _)| *seed);
    tally
}

#[cfg(test)]
mod tests {
    use super::play;
    use crate::floors::Size;
    use crate::plant::Plant;
    use crate::world::Setting;

    fn setting(seed: u64) -> Setting {
        Setting { seed, seconds: 20, size: Size::Busy, plant: None, with_model: true, traced: false }
    }

    #[test]
    fn the_same_seed_is_the_same_run() {
        for seed in 0..10 {
            let (first, second) = (play(&setting(seed)), play(&setting(seed)));
            assert_eq!(first.fingerprint, second.fingerprint);
            assert_ne!(first.fingerprint, play(&setting(seed + 1000)).fingerprint);
            let told = play(&Setting { traced: true, ..setting(seed) });
            assert_eq!(told.fingerprint, first.fingerprint, "who looks on changes nothing");
        }
    }

    #[test]
    fn every_planted_bug_is_found() {
        let is_found = |plant: &Plant| {
            let setting = |seed| Setting { plant: Some(*plant), seconds: 60, ..setting(seed) };
            (1..=300).any(|seed| play(&setting(seed)).breach.is_some())
        };
        let escaped: Vec<_> = Plant::ALL.iter().filter(|plant| !is_found(plant)).collect();
        assert!(escaped.is_empty(), "{escaped:?}");
    }

    #[test]
    fn no_law_is_broken() {
        for seed in 0..30 {
            let played = play(&setting(seed));
            assert_eq!(played.breach, None, "seed {seed}");
        }
    }
}
