//! Patterns: what programs build on Redis, each decision in one atomic step.
//!
//! | pattern | for |
//! |---|---|
//! | [`RateLimiter`] | a number of calls in a time, shared by all clients |

mod clock;
mod rate_limiter;

pub use rate_limiter::{AcquireAll, AcquireWithin, RateDecision, RateLimit, RateLimiter};
