//! Patterns: what programs build on Redis, each decision in one atomic step.
//!
//! [Recipes](#recipes) follow the table: small patterns that need no type of their own.
//!
//! | pattern | for |
//! |---|---|
//! | [`RateLimiter`] | a number of calls in a time, shared by all clients |
//! | [`Cache`] | values that are slow to load: one process loads, the others wait |
//! | [`Lock`] | work that one client at a time should do |
//! | [`Queue`] | background jobs that survive the death of their worker, with delays and retries |
//! | [`Leaderboard`] | scores by rank, for several periods at once |
//! | `Sessions` (feature `sessions`) | logins that can be ended at once, with some data |
//! | `TowerSessionStore` (feature `tower-sessions`) | the sessions of axum programs that use `tower-sessions` |
//!
#![cfg_attr(feature = "json", doc = include_str!("patterns/recipes.md"))]

mod beside;
pub mod cache;
mod clock;
mod key;
mod leaderboard;
mod lock;
pub mod queue;
mod rate_limiter;
#[cfg(feature = "sessions")]
mod sessions;
mod token;
#[cfg(feature = "tower-sessions")]
mod tower;

pub use cache::Cache;
pub use leaderboard::{Entry, Keep, Leaderboard, Period, Ranking, Standing, Submitted};
pub use lock::{Acquire, KeepWhile, Lock, LockGuard, TryAcquire};
pub use queue::Queue;
pub use rate_limiter::{AcquireAll, AcquireWithin, RateDecision, RateLimit, RateLimiter};
#[cfg(feature = "sessions")]
#[cfg_attr(docsrs, doc(cfg(feature = "sessions")))]
pub use sessions::{CreateSession, RotateSession, Session, SessionToken, Sessions, UpdateSession};
#[cfg(feature = "tower-sessions")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower-sessions")))]
pub use tower::TowerSessionStore;
