//! Phones that follow scripts, on loopback, against the whole edge.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod codes;
mod hold;
mod keep;
mod offers;
mod outside;
mod phone;
mod private;
mod queue;
mod refusals;
mod stand;
mod transfer;
