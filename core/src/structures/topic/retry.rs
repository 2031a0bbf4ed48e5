//! The delays before a lost connection is opened again, and the errors after which it is not.

use std::time::Duration;

use crate::error::{Error, ErrorKind};

const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// The attempts to open a connection since the last one that lasted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retry {
    attempt: u32,
}

impl Retry {
    /// Returns the delay before the next attempt.
    pub(crate) fn next_delay(&mut self, random: u64) -> Duration {
        let delay = back_off(self.attempt, random);
        self.attempt = self.attempt.saturating_add(1);
        delay
    }

    /// Resets the delay if the lost connection had lasted. A connection that breaks soon after
    /// it was opened counts as a failed attempt.
    pub(crate) fn connection_lost(&mut self, lasted: Duration) {
        if lasted >= LONGEST_DELAY {
            self.attempt = 0;
        }
    }
}

/// Returns the delay before an attempt, counted from zero: twice as long each time, up to ten
/// seconds, of which a random part of up to one half is taken off, so that the clients of a
/// restarted server do not all return at once.
fn back_off(attempt: u32, random: u64) -> Duration {
    let longest = FIRST_DELAY.saturating_mul(1 << attempt.min(16)).min(LONGEST_DELAY);
    let fraction = (random >> 32) as f64 / f64::from(u32::MAX);
    longest.mul_f64(1.0 - fraction / 2.0)
}

/// Returns `true` if another attempt would fail in the same way: the server refuses the
/// credentials or denies a channel, or the client's configuration is invalid.
pub(crate) fn is_final(error: &Error) -> bool {
    const CODES: [&str; 5] = ["NOAUTH", "WRONGPASS", "NOPERM", "NOPROTO", "DENIED"];
    match error.code() {
        Some(code) => CODES.contains(&code),
        None => error.kind() != ErrorKind::Connection,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest() {
        let mut retry = Retry::default();
        let delays: Vec<_> = (0..10).map(|_| retry.next_delay(0).as_millis()).collect();
        assert_eq!(delays, [50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(back_off(u32::MAX, 0), LONGEST_DELAY);
    }

    #[test]
    fn the_random_part_is_up_to_one_half() {
        assert_eq!(back_off(2, u64::MAX), Duration::from_millis(100));
        assert_eq!(back_off(2, u64::MAX / 2).as_millis(), 150);
        assert_eq!(back_off(u32::MAX, u64::MAX), LONGEST_DELAY / 2);
    }

    #[test]
    fn only_a_connection_that_lasted_makes_the_next_delay_short() {
        let mut retry = Retry::default();
        (0..5).for_each(|_| _ = retry.next_delay(0));
        retry.connection_lost(Duration::from_secs(1));
        assert_eq!(retry.next_delay(0).as_millis(), 1600);
        retry.connection_lost(LONGEST_DELAY);
        assert_eq!(retry.next_delay(0), FIRST_DELAY);
    }

    #[test]
    fn refusals_are_final_and_lost_connections_are_not() {
        let server = |code| Error::new(ErrorKind::Server, "").with_code(code);
        for code in ["NOAUTH", "WRONGPASS", "NOPERM", "NOPROTO"] {
            assert!(is_final(&server(code)), "{code}");
        }
        // `ERR max number of clients reached` among others.
        for code in ["LOADING", "MASTERDOWN", "ERR"] {
            assert!(!is_final(&server(code)), "{code}");
        }
        assert!(!is_final(&Error::new(ErrorKind::Connection, "")));
        let invalid = redis::RedisError::from((redis::ErrorKind::InvalidClientConfig, "no"));
        assert!(is_final(&invalid.into()));
    }
}
