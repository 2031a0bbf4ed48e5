//! The suites, one file each.

pub mod codecs;
pub mod compile;
pub mod cpu;
pub mod growth;
#[cfg(feature = "peers")]
pub mod peers;
pub mod server;
