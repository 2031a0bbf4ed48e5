//! The suites, one file each.

pub mod codecs;
pub mod compile;
pub mod cpu;
pub mod growth;
pub mod peers;
pub mod server;
