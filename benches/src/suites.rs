//! The suites, one file each.

pub mod cpu;
pub mod server;
