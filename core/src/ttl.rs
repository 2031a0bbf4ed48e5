//! Times to live: what a write does to one, and what a key has.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// What a write does to the key's time to live, in the same step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Expiry {
    #[default]
    Keep,
    Persist,
    /// Milliseconds, at least 1.
    After(u64),
    /// A duration that no key can have: the error of the operation.
    Invalid,
}

/// Longer than the age of the universe; what PEXPIRE adds the current time to
/// without an overflow.
const MAX_MILLIS: u128 = 1 << 60;

impl Expiry {
    pub(crate) fn after(ttl: Duration) -> Self {
        // Rounded up: a TTL of 0.5 ms is not "never", nor "at once".
        let millis = ttl.as_nanos().div_ceil(1_000_000);
        match u64::try_from(millis) {
            Ok(millis) if millis > 0 && u128::from(millis) <= MAX_MILLIS => Self::After(millis),
            _ => Self::Invalid,
        }
    }

    pub(crate) fn of_model(millis: Option<u64>) -> Self {
        millis.map_or(Self::Keep, Self::After)
    }

    pub(crate) fn check(self) -> Result<Self> {
        match self {
            Self::Invalid => Err(Error::new(
                ErrorKind::InvalidOperation,
                "a TTL must be longer than zero and shorter than 2^60 ms; to remove a record use `delete`",
            )),
            valid => Ok(valid),
        }
    }
}

/// No server takes more for a field: Redis keeps the time at which a field expires, in
/// milliseconds since 1970, in 46 bits.
const MAX_FIELD_MILLIS: u64 = 1 << 45;

/// Returns a field's time to live in milliseconds.
pub(crate) fn of_field(ttl: Duration) -> Result<u64> {
    match Expiry::after(ttl) {
        Expiry::After(millis) if millis < MAX_FIELD_MILLIS => Ok(millis),
        _ => Err(Error::new(
            ErrorKind::InvalidOperation,
            "a field's TTL must be longer than zero and shorter than 2^45 ms (1,100 years)",
        )),
    }
}

/// A key's time to live, as `PTTL` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ttl {
    /// There is no such key.
    Missing,
    /// The key does not expire.
    Persistent,
    /// The key expires after this time, exact to the millisecond.
    Expires(Duration),
}

impl Ttl {
    pub(crate) fn from_pttl(millis: i64) -> Self {
        match millis {
            -2 => Self::Missing,
            -1 => Self::Persistent,
            millis => Self::Expires(Duration::from_millis(millis.max(0).unsigned_abs())),
        }
    }

    /// The time that is left, if the key exists and expires.
    pub fn remaining(self) -> Option<Duration> {
        match self {
            Self::Expires(left) => Some(left),
            Self::Missing | Self::Persistent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ttl_is_rounded_up_to_milliseconds_and_never_zero() {
        assert_eq!(Expiry::after(Duration::from_nanos(1)), Expiry::After(1));
        assert_eq!(Expiry::after(Duration::from_micros(1500)), Expiry::After(2));
        assert_eq!(Expiry::after(Duration::ZERO), Expiry::Invalid);
        assert_eq!(Expiry::after(Duration::MAX), Expiry::Invalid);
    }
}
