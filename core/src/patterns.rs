//! Patterns: what programs build on Redis, each decision in one atomic step.
//!
//! | pattern | for |
//! |---|---|
//! | [`RateLimiter`] | a number of calls in a time, shared by all clients |
//! | [`Lock`] | work that one client at a time should do |
//! | [`Leaderboard`] | scores by rank, for several periods at once |

mod beside;
mod clock;
mod leaderboard;
mod lock;
mod rate_limiter;
mod token;

pub use leaderboard::{Entry, Keep, Leaderboard, Period, Ranking, Standing, Submitted};
pub use lock::{Acquire, KeepWhile, Lock, LockGuard, TryAcquire};
pub use rate_limiter::{AcquireAll, AcquireWithin, RateDecision, RateLimit, RateLimiter};
