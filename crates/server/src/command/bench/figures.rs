//! What a measurement says.

use std::time::Duration;

use serde_json::{Value, json};

/// Of one run, or the medians of several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    /// Answers a second.
    pub(super) rate: f64,
    /// Half of the answers took no longer.
    pub(super) p50: Duration,
    /// Of a hundred answers, 99 took no longer.
    pub(super) p99: Duration,
    /// Processor time of the serving threads for each answer.
    pub(super) cost: Duration,
}

impl Figures {
    /// Of the times that answers took, over all clients, in so long.
    pub(super) fn new(mut times: Vec<Duration>, took: Duration, processor: Duration) -> Self {
        times.sort_unstable();
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
        let cost = processor.checked_div(count).unwrap_or_default();
        let rate = f64::from(count) / took.as_secs_f64();
        Self { rate, p50: percentile(&times, 50), p99: percentile(&times, 99), cost }
    }

    /// Each figure by itself in the middle of several runs.
    pub(super) fn median(runs: &[Self]) -> Self {
        let middle = |figure: fn(&Self) -> Duration| {
            let mut values: Vec<Duration> = runs.iter().map(figure).collect();
            values.sort_unstable();
            percentile(&values, 50)
        };
        let mut rates: Vec<f64> = runs.iter().map(|run| run.rate).collect();
        rates.sort_unstable_by(f64::total_cmp);
        let rate = rates.get(rates.len().saturating_sub(1) / 2).copied().unwrap_or_default();
        Self { rate, p50: middle(|run| run.p50), p99: middle(|run| run.p99), cost: middle(|run| run.cost) }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "perSecond": self.rate.round(), "p50Micros": micros(self.p50).round(), "p99Micros": micros(self.p99).round(),
            "processorMicros": (micros(self.cost) * 10.0).round() / 10.0
        })
    }

    pub(super) fn line(&self, name: &str) -> String {
        let Self { rate, p50, p99, cost } = self;
        let (p50, p99, cost) = (micros(*p50), micros(*p99), micros(*cost));
        format!("  {name:<44} {rate:>9.0}/s  p50 {p50:>8.0} µs  p99 {p99:>8.0} µs  processor {cost:>7.1} µs")
    }
}

pub(super) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The time that so many of a hundred do not exceed; zero of none.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }

    #[test]
    fn rate_and_cost_are_by_answer() {
        let figures = Figures::new(vec![Duration::from_millis(1); 500], Duration::from_secs(2), Duration::from_secs(1));
        assert!((figures.rate - 250.0).abs() < f64::EPSILON);
        assert_eq!(figures.cost, Duration::from_millis(2));
    }
}
