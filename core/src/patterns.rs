//! Patterns: what programs build on Redis, each decision in one atomic step.
//!
//! | pattern | for |
//! |---|---|
//! | [`Cache`] | values that are slow to load: one process loads, the others wait |

pub mod cache;
mod key;
mod time;

pub use cache::Cache;
