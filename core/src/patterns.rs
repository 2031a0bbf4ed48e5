//! Patterns: what programs build on Redis, each decision in one atomic step.
//!
//! | pattern | for |
//! |---|---|
//! | [`Cache`] | values that are slow to load: one process loads, the others wait |
//! | [`Queue`] | background jobs that survive the death of their worker, with delays and retries |

pub mod cache;
mod key;
pub mod queue;
mod time;

pub use cache::Cache;
pub use queue::Queue;
