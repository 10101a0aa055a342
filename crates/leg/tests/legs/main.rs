//! Legs from outside.
//!
//! Transcripts say what a leg is told and what it does: [`incoming`], [`outgoing`], [`changes`], [`sessions`] and
//! [`dialogs`]; [`table`] tells how to read them. [`laws`] are what holds whatever a leg is told, and [`pairs`] are two
//! legs that talk to each other over a bad line.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod changes;
mod dialogs;
mod incoming;
mod laws;
mod outgoing;
mod pairs;
mod sessions;
mod table;
