//! Patterns: what programs build on Redis, each decision in one atomic step.
//!
//! | pattern | for |
//! |---|---|
