//! Transcripts of legs: what is said to one, and what it does. See [`table`] for how to read them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod incoming;
mod table;
