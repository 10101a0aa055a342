//! Seeds that once broke a law, played again, and what it was. What a seed means changes with the simulator; then it is one
//! seed more.

use sim::floors::Size;
use sim::run::play;
use sim::world::Setting;

#[test]
fn nothing_breaks_that_broke_before() {
    // An agent kept a call that it held, and had it back within one batch: the journal was not told that it is held.
    for seed in [1_091_201] {
        let setting = Setting { seed, seconds: 60, size: Size::Busy, plant: None, with_model: true, traced: false };
        assert_eq!(play(&setting).breach, None, "seed {seed}");
    }
}
