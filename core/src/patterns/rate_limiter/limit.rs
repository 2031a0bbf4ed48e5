//! The numbers of a rate limit.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// A number of calls in a time, as a constant of the program; see
/// [`RateLimiter`](super::RateLimiter).
///
/// | kind | allows | good for |
/// |---|---|---|
/// | [`fixed_window`](Self::fixed_window) | at most `limit` calls in each window, which begins with a call; up to twice as many around the end of one | quotas |
/// | [`sliding_window`](Self::sliding_window) | at most `limit` calls in any time of a window's length; a call may count for a twentieth of the window too long | protection against abuse |
/// | [`gcra`](Self::gcra) | at most `burst` calls at once, and `limit` a window on average: in any time `t` at most `burst + limit × t / window` | even load |
///
/// ```
/// # use std::time::Duration;
/// use redis_model::patterns::RateLimit;
///
/// const LOGINS: RateLimit = RateLimit::sliding_window(5, Duration::from_secs(15 * 60));
/// const SEARCHES: RateLimit = RateLimit::gcra(600, Duration::from_secs(60)).burst(20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimit {
    kind: Kind,
    limit: u64,
    window: Duration,
    burst: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Fixed,
    Sliding,
    Gcra,
}

/// Below it, the sum of two numbers and the current time is exact in Lua, whose numbers are
/// doubles.
const LIMIT: u128 = 1 << 51;

impl RateLimit {
    /// Allows `limit` calls in a window that begins with its first call. The window is rounded
    /// up to microseconds.
    ///
    /// Never more than `limit` calls are allowed in one window. A time of the same length that
    /// contains the end of a window may have up to `2 × limit` of them.
    pub const fn fixed_window(limit: u64, window: Duration) -> Self {
        Self { kind: Kind::Fixed, limit, window, burst: limit }
    }

    /// Allows `limit` calls in any time of the window's length, wherever it begins.
    ///
    /// Calls are counted in twentieths of the window, not one by one. The error is on the safe
    /// side: never more than `limit` calls are allowed, and a call may count for up to a
    /// twentieth of the window longer than the window.
    pub const fn sliding_window(limit: u64, window: Duration) -> Self {
        Self { kind: Kind::Sliding, limit, window, burst: limit }
    }

    /// Allows calls at an even rate of `limit` a window, after a burst of up to `limit` calls:
    /// the generic cell rate algorithm, which decides as a token bucket does.
    ///
    /// In any time `t` at most `burst + limit × t / window` calls are allowed, exactly.
    pub const fn gcra(limit: u64, window: Duration) -> Self {
        Self { kind: Kind::Gcra, limit, window, burst: limit }
    }

    /// Sets the number of calls that [`gcra`](Self::gcra) allows at once. Windows take no
    /// notice of it.
    pub const fn burst(self, burst: u64) -> Self {
        Self { burst, ..self }
    }

    /// Returns the script's word for the kind.
    pub(super) fn word(self) -> &'static str {
        match self.kind {
            Kind::Fixed => "fixed",
            Kind::Sliding => "sliding",
            Kind::Gcra => "gcra",
        }
    }

    /// Returns the calls and the microseconds in which they are allowed. GCRA needs only their
    /// ratio, in numbers that are as small as possible.
    pub(super) fn calls_and_micros(self) -> (u64, u64) {
        let micros = u64::try_from(self.window.as_nanos().div_ceil(1000)).unwrap_or(u64::MAX);
        let divisor = if self.kind == Kind::Gcra { gcd(self.limit, micros).max(1) } else { 1 };
        (self.limit / divisor, micros / divisor)
    }

    /// Returns the largest number of calls at once.
    pub(super) fn most(self) -> u64 {
        if self.kind == Kind::Gcra { self.burst } else { self.limit }
    }

    /// Returns an error for numbers that the script cannot calculate with.
    pub(super) fn check(self) -> Result<()> {
        let (calls, micros) = self.calls_and_micros();
        let largest = match self.kind {
            Kind::Gcra => (u128::from(micros) * u128::from(self.burst)).max(calls.into()),
            _ => calls.max(micros).into(),
        };
        let message = if calls == 0 || micros == 0 || self.most() == 0 {
            "a rate limit allows at least one call, in a window longer than zero"
        } else if largest >= LIMIT {
            "the numbers of the rate limit are too large for exact arithmetic: use a shorter \
             window or a smaller burst"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidOperation, message))
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
