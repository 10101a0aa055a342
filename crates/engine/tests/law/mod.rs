//! Random schedules, and what must hold after each of their steps.

pub mod checks;
pub mod offers;
pub mod rests;
pub mod schedule;
pub mod world;
