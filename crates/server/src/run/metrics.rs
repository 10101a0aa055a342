//! Metrics: counted all over the house, rendered for Prometheus on the internal face.

use std::sync::Arc;

use api::RenderMetrics;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

use crate::command::Failure;

/// Bounds of histograms of seconds: from a fraction of a disk write to half an hour of waiting.
const SECONDS: [f64; 20] = [
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0,
    600.0, 1800.0,
];

/// Bounds of histograms of how many at a time.
const COUNTS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// Installs the recorder that everything counts into; what renders it. Rendering also clears away what histograms have
/// gathered, so that nothing grows for want of a reader but what was counted since.
pub(crate) fn install() -> Result<RenderMetrics, Failure> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_records".to_owned()), &COUNTS))
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::of(&error))?;
    let upkeep = handle.clone();
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || {
            loop {
                std::thread::park_timeout(std::time::Duration::from_secs(5));
                upkeep.run_upkeep();
            }
        })
        .map_err(|error| Failure::of(&error))?;
    Ok(Arc::new(move || handle.render()))
}
