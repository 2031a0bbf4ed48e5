//! What holds for bytes from anywhere, as one function a target.
//!
//! `cargo fuzz` runs these for as long as one likes; `tests/hostile` includes
//! this file and runs the same for 100,000 inputs each, on a stable compiler and
//! with memory counted. See `README.md`.

mod codecs;
mod envelope;
mod keys;
mod rows;
mod secured;

pub use codecs::{Profile, encode, profile};

/// Something that is given bytes which nobody vouches for.
pub struct Target {
    /// Its name, which is that of its file in `fuzz_targets`.
    pub name: &'static str,
    /// Gives it an input, and panics unless all holds that must; whether the
    /// input was a value.
    pub check: fn(&[u8]) -> bool,
    /// Inputs to start from, all of which are values.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many bytes of memory it may take at once, for an input of so many.
    pub memory: fn(usize) -> usize,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    codecs::JSON,
    codecs::MSGPACK,
    codecs::CBOR,
    codecs::POSTCARD,
    codecs::BINCODE,
    codecs::BINCODE_LEGACY,
    codecs::PICKLE,
    secured::ZSTD,
    secured::LZ4,
    secured::SEALED,
    secured::SIGNED,
    envelope::ENVELOPE,
    keys::KEYS,
    rows::ROWS,
];

/// The target of this name.
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("a target of this name")
}

/// 64 KiB of buffers whatever comes, and what a value of a byte can take: an
/// element of 24 bytes or more, in a list that grows by doubling.
fn in_proportion(bytes: usize) -> usize {
    (64 << 10) + 256 * bytes
}
