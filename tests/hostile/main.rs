//! Codecs decode any bytes to a value or one clear error, in milliseconds, on a small
//! stack, with memory in proportion to the input.
//!
//! A separate binary, because the counting allocator is global.

mod alloc;
mod forged;
mod mutated;
mod nested;
mod paths;
mod pickles;
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::time::{Duration, Instant};

use redis_model::ValueError;
use redis_model::codec::{Codec, Location};

/// Decodes on a stack of 2 MiB and asserts the limit of memory.
fn decode<C: Codec<T>, T: Send + 'static>(bytes: &[u8]) -> Result<T, ValueError> {
    let bytes = bytes.to_vec();
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(move || decode_here::<C, T>(&bytes)).unwrap().join().expect("no panic")
}

fn decode_here<C: Codec<T>, T>(bytes: &[u8]) -> Result<T, ValueError> {
    let start = Instant::now();
    let (result, peak) = alloc::peak(|| C::decode(bytes, &Location::NOWHERE));
    // 64 KiB of buffers, and memory for each byte of input: an element of 24 bytes or
    // more in a list that grows by doubling.
    let allowed = (64 << 10) + 256 * bytes.len();
    assert!(peak <= allowed, "{}: {peak} bytes for {}", C::NAME, bytes.len());
    let slow = Duration::from_millis(500 + bytes.len() as u64 / 1000);
    assert!(start.elapsed() < slow, "{}: {:?}", C::NAME, start.elapsed());
    result
}
