//! Patterns: what programs build on Redis, each decision in one atomic step.
//!
//! | pattern | for |
//! |---|---|
//! | [`RateLimiter`] | a number of calls in a time, shared by all clients |
//! | [`Cache`] | values that are slow to load: one process loads, the others wait |
//! | [`Lock`] | work that one client at a time should do |
//! | [`Queue`] | background jobs that survive the death of their worker, with delays and retries |
//! | [`Leaderboard`] | scores by rank, for several periods at once |

mod beside;
pub mod cache;
mod clock;
mod key;
mod leaderboard;
mod lock;
pub mod queue;
mod rate_limiter;
mod time;
mod token;

pub use cache::Cache;
pub use leaderboard::{Entry, Keep, Leaderboard, Period, Ranking, Standing, Submitted};
pub use lock::{Acquire, KeepWhile, Lock, LockGuard, TryAcquire};
pub use queue::Queue;
pub use rate_limiter::{AcquireAll, AcquireWithin, RateDecision, RateLimit, RateLimiter};
