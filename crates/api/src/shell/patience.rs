//! How long a request's head is waited for, for less than a timer costs.
//!
//! The HTTP library sets a timer before each request's head and drops it after. A timer of the runtime is a lock, a place
//! in a wheel and a place in memory. Here it is a moment that is compared with the clock each time the connection is looked
//! at, and [`super::connection`] sees to it that this is at least every [`BEAT`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// How often a connection is looked at on which nothing happens: so much later than asked for a wait may end.
pub(super) const BEAT: Duration = Duration::from_millis(2500);

/// Gives out [`Until`]s.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience;

/// Over at a moment, and within [`BEAT`] of it. Wakes nobody.
#[derive(Clone, Copy, Debug)]
struct Until(Instant);

impl Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until(deadline))
    }
}

impl Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() < self.0 { Poll::Pending } else { Poll::Ready(()) }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn it_is_over_when_its_moment_has_come() {
        assert_eq!(Patience.sleep(Duration::from_secs(60)).now_or_never(), None);
        assert_eq!(Patience.sleep(Duration::ZERO).now_or_never(), Some(()));
    }
}
