//! Times, as they are kept and as they are shown.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970; 0 for anything before.
pub(crate) fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A moment that was kept.
pub(crate) fn from_millis(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// A time for people: UTC, to the second.
#[must_use]
pub fn written(time: SystemTime) -> String {
    let text = api::auth::SignatureTime::from(time).to_string();
    format!("{}Z", text.split('.').next().unwrap_or(&text))
}
