//! How many connections each source address has open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts open connections: all of a listener, and those of each source.
#[derive(Debug, Default)]
pub(super) struct Sources(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: u32,
    of: HashMap<IpAddr, u32>,
}

/// One open connection; closed when dropped.
#[derive(Debug)]
pub(super) struct Place {
    sources: Arc<Sources>,
    source: IpAddr,
}

/// Why a connection is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// The listener has as many as it may have.
    Listener,
    /// The source has as many as it may have.
    Source,
}

impl Full {
    /// As the metrics say it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Listener => "listener",
            Self::Source => "source",
        }
    }
}

impl Sources {
    /// Takes a place for a connection from `source`, unless there are `max` in all or `max_per_source` from there.
    pub(super) fn enter(self: &Arc<Self>, source: IpAddr, max: u32, max_per_source: u32) -> Result<Place, Full> {
        let source = source.to_canonical();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= max {
            return Err(Full::Listener);
        }
        let count = counts.of.entry(source).or_default();
        if *count >= max_per_source {
            return Err(Full::Source);
        }
        *count += 1;
        counts.all += 1;
        Ok(Place { sources: Arc::clone(self), source })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.sources.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(count) = counts.of.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                counts.of.remove(&self.source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_back() {
        let sources = Arc::new(Sources::default());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        let first = sources.enter(one, 3, 2).unwrap();
        let second = sources.enter(mapped, 3, 2).unwrap();
        assert_eq!(sources.enter(one, 3, 2).unwrap_err(), Full::Source);
        let third = sources.enter(other, 3, 2).unwrap();
        assert_eq!(sources.enter(other, 3, 2).unwrap_err(), Full::Listener);
        drop((first, second));
        assert!(sources.enter(one, 3, 2).is_ok());
        drop(third);
        assert!(sources.0.lock().unwrap().of.is_empty());
    }
}
