//! Seeds that once broke a law, played again. What a seed means changes with the simulator; then it is one seed more.

use sim::floors::Size;
use sim::run::play;
use sim::world::Setting;

const FOUND: &[(u64, &str)] = &[(
    1_091_201,
    "an agent kept a call that it held, and had it back within one batch: the journal was not told that it is held",
)];

#[test]
fn nothing_breaks_that_broke_before() {
    for (seed, what) in FOUND {
        let setting =
            Setting { seed: *seed, seconds: 60, size: Size::Busy, plant: None, with_model: true, traced: false };
        assert_eq!(play(&setting).breach, None, "seed {seed}, where once {what}");
    }
}
