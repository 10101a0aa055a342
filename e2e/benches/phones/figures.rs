//! Percentiles, CPU and memory of the server's process.

use std::fmt::Write as _;
use std::fs;

/// p50, p99 and the greatest of some microseconds, in words.
pub(crate) fn percentiles(mut micros: Vec<i64>) -> String {
    if micros.is_empty() {
        return "nothing was measured".to_owned();
    }
    micros.sort_unstable();
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize] as f64 / 1000.0;
    let mut text = String::new();
    let _ = write!(text, "p50 {:.3} ms · p99 {:.3} ms · max {:.3} ms · n {}", at(0.5), at(0.99), at(1.0), micros.len());
    text
}

/// CPU time a process has used, in seconds, from `/proc/<pid>/stat` (fields 14 and 15, in ticks of 10 ms).
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
