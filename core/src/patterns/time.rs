//! Times as arguments of scripts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the time that replaces the server's.
pub(super) fn time_argument(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string()
}

/// Returns a duration in milliseconds, rounded up.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
