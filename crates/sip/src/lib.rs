//! The SIP edge: what turns phones and trunks into commands, and events into ringing.
//!
//! * [`wire`] is the port to the SIP library: messages in and out, transactions kept.
//! * [`door`] decides who sends what comes in, and lets in what is for the switchboard.
//! * [`directory`] is the settings, arranged for looking things up.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod admission;
pub mod digest;
pub mod directory;
pub mod door;
mod edge;
pub mod number;
pub mod place;
pub mod registrar;
pub mod settings;
pub mod switchboard;
mod vitals;
pub mod wire;

pub use edge::{Edge, StartError, Status};
pub use settings::Settings;
pub use vitals::Vitals;
