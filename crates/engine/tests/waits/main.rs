//! How long calls are told to wait, and how long they do.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may stop anywhere, and has no callers")]

mod busy;
mod calibration;
mod told;
