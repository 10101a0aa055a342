//! What is counted: packets sent, received and dropped, and why.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a received packet, or one that was to be sent, was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropCause {
    /// It came from another address or port than the remote's.
    Stranger,
    /// It came before the port had a remote.
    NoRemote,
    /// The remote was told not to send ([`crate::Remote::receive`]).
    NotReceiving,
    /// It is not an RTP packet, has no payload, or is larger than 1500 bytes.
    Malformed,
    /// Its payload type was not agreed on.
    PayloadType,
    /// It came too late, or twice.
    Late,
    /// It is a telephone event, and no remote of the other ports has a number for these.
    Event,
    /// Nobody hears the port: it hears hold audio, ringback or silence, or is alone in a room.
    Unconnected,
    /// The other port's remote is unknown or does not want to hear ([`crate::Remote::send`]), or it is in a room since
    /// less than a packet.
    NotSending,
    /// The operating system did not take it.
    Send,
}

impl DropCause {
    const ALL: [Self; 10] = [
        Self::Stranger,
        Self::NoRemote,
        Self::NotReceiving,
        Self::Malformed,
        Self::PayloadType,
        Self::Late,
        Self::Event,
        Self::Unconnected,
        Self::NotSending,
        Self::Send,
    ];

    /// The value of the metric's label.
    fn label(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::NoRemote => "no_remote",
            Self::NotReceiving => "not_receiving",
            Self::Malformed => "malformed",
            Self::PayloadType => "payload_type",
            Self::Late => "late",
            Self::Event => "event",
            Self::Unconnected => "unconnected",
            Self::NotSending => "not_sending",
            Self::Send => "send",
        }
    }
}

/// What was counted since the start. The same figures are metrics: `anteroom_rtp_packets_received_total`,
/// `anteroom_rtp_packets_relayed_total`, `anteroom_rtp_packets_played_total`, `anteroom_rtp_packets_mixed_total`,
/// `anteroom_rtp_keys_total`, and by `cause` `anteroom_rtp_packets_dropped_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Packets read from sockets.
    pub received: u64,
    /// Packets that left through another port; a telephone event in a room once for each port it left through.
    pub relayed: u64,
    /// Packets of hold audio and ringback sent.
    pub played: u64,
    /// Packets sent of what others in a room said.
    pub mixed: u64,
    /// Keys reported.
    pub keys: u64,
    dropped: [u64; DropCause::ALL.len()],
}

impl Stats {
    /// Packets dropped for one cause. Those of strangers are counted only where they reach us: once a port has a
    /// remote, the kernel turns strangers away.
    pub fn dropped(&self, cause: DropCause) -> u64 {
        self.dropped[cause as usize]
    }
}

/// The sums of all threads.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    received: AtomicU64,
    relayed: AtomicU64,
    played: AtomicU64,
    mixed: AtomicU64,
    keys: AtomicU64,
    dropped: [AtomicU64; DropCause::ALL.len()],
}

impl Totals {
    pub(crate) fn stats(&self) -> Stats {
        let read = |total: &AtomicU64| total.load(Ordering::Relaxed);
        Stats {
            received: read(&self.received),
            relayed: read(&self.relayed),
            played: read(&self.played),
            mixed: read(&self.mixed),
            keys: read(&self.keys),
            dropped: std::array::from_fn(|cause| read(&self.dropped[cause])),
        }
    }
}

/// What one thread counted since it last told; told once per turn of its loop, so that a packet costs no more than
/// an addition.
pub(crate) struct Tally {
    pub(crate) now: Stats,
    totals: Arc<Totals>,
    metrics: Metrics,
}

struct Metrics {
    received: metrics::Counter,
    relayed: metrics::Counter,
    played: metrics::Counter,
    mixed: metrics::Counter,
    keys: metrics::Counter,
    dropped: [metrics::Counter; DropCause::ALL.len()],
}

impl Tally {
    pub(crate) fn new(totals: Arc<Totals>) -> Self {
        let metrics = Metrics {
            received: metrics::counter!("anteroom_rtp_packets_received_total"),
            relayed: metrics::counter!("anteroom_rtp_packets_relayed_total"),
            played: metrics::counter!("anteroom_rtp_packets_played_total"),
            mixed: metrics::counter!("anteroom_rtp_packets_mixed_total"),
            keys: metrics::counter!("anteroom_rtp_keys_total"),
            dropped: DropCause::ALL
                .map(|cause| metrics::counter!("anteroom_rtp_packets_dropped_total", "cause" => cause.label())),
        };
        Self { now: Stats::default(), totals, metrics }
    }

    pub(crate) fn drop(&mut self, cause: DropCause) {
        self.now.dropped[cause as usize] += 1;
    }

    /// Tells the totals and the metrics.
    pub(crate) fn publish(&mut self) {
        let Self { now, totals, metrics } = self;
        tell(&mut now.received, &totals.received, &metrics.received);
        tell(&mut now.relayed, &totals.relayed, &metrics.relayed);
        tell(&mut now.played, &totals.played, &metrics.played);
        tell(&mut now.mixed, &totals.mixed, &metrics.mixed);
        tell(&mut now.keys, &totals.keys, &metrics.keys);
        for (cause, count) in now.dropped.iter_mut().enumerate() {
            tell(count, &totals.dropped[cause], &metrics.dropped[cause]);
        }
    }
}

fn tell(count: &mut u64, total: &AtomicU64, metric: &metrics::Counter) {
    if *count > 0 {
        total.fetch_add(*count, Ordering::Relaxed);
        metric.increment(*count);
        *count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_place_and_label() {
        for (place, cause) in DropCause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, place, "{cause:?}");
        }
        let labels: std::collections::BTreeSet<_> = DropCause::ALL.map(DropCause::label).into_iter().collect();
        assert_eq!(labels.len(), DropCause::ALL.len());
    }

    #[test]
    fn what_is_published_is_summed_once() {
        let totals = Arc::new(Totals::default());
        let mut tallies = [Tally::new(Arc::clone(&totals)), Tally::new(Arc::clone(&totals))];
        for tally in &mut tallies {
            tally.now.relayed += 2;
            tally.drop(DropCause::Late);
            tally.publish();
            tally.publish();
        }
        assert_eq!(totals.stats().relayed, 4);
        assert_eq!(totals.stats().dropped(DropCause::Late), 2);
        assert_eq!(totals.stats().dropped(DropCause::Stranger), 0);
    }
}
