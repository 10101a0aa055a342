//! A day of a journal, played again on another floor.
//!
//! What the day brought from outside (who called, how long they would wait, how agents answered, how long they talked,
//! when they came and went) is read from the journal by a [`Recorder`] and becomes a [`Day`]. [`play`] gives it to an
//! engine in virtual time: every decision is made anew, by the rules and settings of whatever floor is asked for. A
//! [`Tally`] counts the recorded day and any played one alike.
//!
//! There is no chance in it: the same day on the same floor is the same to the last microsecond. What the journal cannot
//! tell is taken from what it does tell about the nearest call, and counted in [`Notes`]; `docs/what-if.md` says how.

mod added;
mod day;
mod figures;
mod likely;
mod offers;
mod patience;
mod player;
mod recorder;
mod tally;

pub use day::Day;
pub use figures::Figures;
pub use player::{Notes, OtherFloor, play};
pub use recorder::Recorder;
pub use tally::{Key, Tally};
