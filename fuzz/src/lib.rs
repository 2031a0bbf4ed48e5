//! Properties that hold for any bytes, one function a target.
//!
//! `cargo fuzz` runs the targets without end. `tests/hostile` includes this file and runs
//! each for 100,000 inputs, on a stable compiler and with memory counted. See
//! `README.md`.

mod codecs;
mod envelope;
mod keys;
mod rows;
mod secured;

pub use codecs::{Profile, encode, profile};

/// A property of untrusted bytes.
pub struct Target {
    /// The name, as of the file in `fuzz_targets`.
    pub name: &'static str,
    /// Checks an input. Returns `true` if it was a value, and panics if the property
    /// does not hold.
    pub check: fn(&[u8]) -> bool,
    /// Values to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// The limit of memory, in bytes, for the length of an input.
    pub memory: fn(usize) -> usize,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    codecs::JSON,
    codecs::MSGPACK,
    codecs::CBOR,
    codecs::POSTCARD,
    codecs::BINCODE,
    codecs::BINCODE_LEGACY,
    codecs::PICKLE,
    codecs::PICKLE_ANY,
    secured::ZSTD,
    secured::LZ4,
    secured::ZLIB,
    secured::SEALED,
    secured::SIGNED,
    envelope::ENVELOPE,
    keys::KEYS,
    rows::ROWS,
];

/// Returns the target with this name.
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("a target of this name")
}

/// 64 KiB of buffers, and memory for each byte of input: an element of 24 bytes or more
/// in a list that grows by doubling.
fn in_proportion(bytes: usize) -> usize {
    (64 << 10) + 256 * bytes
}
