//! Times that tests pass to scripts, which otherwise read the server's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, ErrorKind, Result};

/// Returns a time in microseconds since 1970.
///
/// # Errors
///
/// `InvalidOperation` for a time before 1970 or after 2112, because scripts calculate with
/// numbers below 2^52.
pub(super) fn micros_since_1970(time: SystemTime) -> Result<u64> {
    let since = time.duration_since(UNIX_EPOCH).ok();
    let micros = since.and_then(|since| u64::try_from(since.as_micros()).ok());
    micros.filter(|micros| *micros < 1 << 52).ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, "the time is not between 1970 and 2112")
    })
}

/// Returns a time in milliseconds since 1970 as an argument of a script; a time before 1970 is 0.
pub(super) fn time_argument(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string()
}
