//! The simulator of anteroom, and the reference model of its rules. For development and tests only.
//!
//! A [`world::World`] is one contact centre under one clock and one chance: the real engine in a real `Replica`, real
//! legs at both ends of every line, a disk that crashes, people who do as they please. Everything follows from the seed.
//! [`rules::Rules`] has engine and model alone.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod books;
pub mod chance;
pub mod checks;
mod disk;
mod edge;
mod faults;
pub mod floors;
pub mod fuzz;
mod judge;
mod life;
pub mod model;
mod network;
mod people;
mod phones;
pub mod plant;
mod recovery;
pub mod rules;
pub mod run;
pub mod sometimes;
mod time;
mod trace;
pub mod wishes;
mod witness;
pub mod world;
mod writer;
