//! The same work by hand on redis-rs.

pub mod idiomatic;
pub mod tuned;
