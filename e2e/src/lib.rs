//! The whole server as its users meet it: the real binary on one side, phones that are not ours (baresip, SIPp) and
//! curl on the other.
//!
//! A test reads as a story: [`Centre`] is a running server with its own ports and data folder, [`Phone`] a baresip that
//! does what it is told, and [`Centre::private_calls`] asks the signed interface with curl and openssl, so that nothing
//! of ours checks itself.

mod centre;
mod phone;
mod ports;
mod sipp;
mod sound;

pub use centre::{Centre, Setup};
pub use phone::{Handset, Phone};
pub use ports::free_port;
pub use sipp::Sipp;
pub use sound::{Heard, heard};

use std::time::{Duration, Instant};

/// How long anything in these tests may take before it counts as never.
pub const NEVER: Duration = Duration::from_secs(20);

/// Asks `question` again and again until it answers.
///
/// # Panics
/// With `what` when it has not answered within [`NEVER`].
pub fn eventually<T>(what: &str, mut question: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        assert!(start.elapsed() < NEVER, "waited {NEVER:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(25));
    }
}
