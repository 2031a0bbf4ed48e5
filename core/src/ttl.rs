//! Times to live of keys and fields.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// The effect of a write on the key's time to live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Expiry {
    #[default]
    Keep,
    Persist,
    /// Milliseconds, at least 1.
    After(u64),
    /// A duration that no key can have, which makes the operation fail.
    Invalid,
}

/// The longest TTL to which PEXPIRE can add the current time without an overflow.
const MAX_MILLIS: u64 = 1 << 60;

/// Returns a duration in milliseconds, rounded up, and at most the largest number that Redis
/// reads.
pub(crate) fn millis(time: Duration) -> u64 {
    i64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX).unsigned_abs()
}

impl Expiry {
    pub(crate) fn after(ttl: Duration) -> Self {
        // Rounded up, because 0 would be an error or expire the key at once.
        match millis(ttl) {
            millis @ 1..=MAX_MILLIS => Self::After(millis),
            _ => Self::Invalid,
        }
    }

    pub(crate) fn of_model(millis: Option<u64>) -> Self {
        millis.map_or(Self::Keep, Self::After)
    }

    /// Returns the time to live that is to be set, if there is one.
    pub(crate) fn millis(self) -> Result<Option<u64>> {
        match self.check()? {
            Self::After(millis) => Ok(Some(millis)),
            _ => Ok(None),
        }
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

/// The longest TTL of a field: Redis stores the time at which a field expires in 46 bits,
/// as milliseconds since 1970.
const MAX_FIELD_MILLIS: u64 = 1 << 45;

/// Returns a field's time to live in milliseconds, rounded up.
///
/// # Errors
///
/// `InvalidOperation` if no field can have it.
pub(crate) fn of_field(ttl: Duration) -> Result<u64> {
    match Expiry::after(ttl) {
        Expiry::After(millis) if millis < MAX_FIELD_MILLIS => Ok(millis),
        _ => Err(Error::new(
            ErrorKind::InvalidOperation,
            "a field's TTL must be longer than zero and shorter than 2^45 ms (1,100 years)",
        )),
    }
}

/// The time to live of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ttl {
    /// The key does not exist.
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

    /// Returns the time that is left, if the key exists and expires.
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
