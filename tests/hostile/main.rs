//! What codecs make of bytes from anywhere: the value or one clear error, in
//! milliseconds, on a small stack, with memory in proportion to the input.
//!
//! A binary of its own, for the allocator that counts.

mod alloc;
mod forged;
mod mutated;
mod nested;
mod pickles;

use std::time::{Duration, Instant};

use redis_model::{Codec, Place, ValueError};
use serde::{Deserialize, Serialize};

/// What every test decodes to: lists, maps, text, bytes, options, enums, recursion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
struct Profile {
    id: u64,
    name: String,
    score: f64,
    tags: Vec<String>,
    counts: std::collections::BTreeMap<String, u32>,
    kind: Kind,
    parent: Option<Box<Profile>>,
    numbers: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
enum Kind {
    #[default]
    Free,
    Paid(u32),
    Trial {
        days: u8,
    },
}

fn profile() -> Profile {
    Profile {
        id: 7,
        name: "Alice Example".into(),
        score: 0.1,
        tags: vec!["admin".into(), "beta".into()],
        counts: [("visits".into(), 3), ("posts".into(), 70_000)].into(),
        kind: Kind::Trial { days: 14 },
        parent: Some(Box::new(Profile { kind: Kind::Paid(9), ..Profile::default() })),
        numbers: (0..20).collect(),
    }
}

fn encode<C: Codec<T>, T>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    C::encode(value, &Place::NOWHERE, &mut bytes).expect("encodes");
    bytes
}

/// Decodes, on a stack of 2 MiB, and asserts what holds for any input.
fn decode<C: Codec<T>, T: Send + 'static>(bytes: &[u8]) -> Result<T, ValueError> {
    let bytes = bytes.to_vec();
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    thread.spawn(move || decode_here::<C, T>(&bytes)).unwrap().join().expect("no panic")
}

fn decode_here<C: Codec<T>, T>(bytes: &[u8]) -> Result<T, ValueError> {
    let start = Instant::now();
    let (result, peak) = alloc::peak(|| C::decode(bytes, &Place::NOWHERE));
    // 64 KiB of buffers whatever comes, and what a value of a byte can take: an
    // element of 24 bytes or more, in a list that grows by doubling.
    let allowed = (64 << 10) + 256 * bytes.len();
    assert!(peak <= allowed, "{}: {peak} bytes for {}", C::NAME, bytes.len());
    let slow = Duration::from_millis(500 + bytes.len() as u64 / 1000);
    assert!(start.elapsed() < slow, "{}: {:?}", C::NAME, start.elapsed());
    result
}

macro_rules! for_every_codec {
    ($test:ident) => {
        #[test]
        fn json() {
            $test::<redis_model::Json>();
        }
        #[test]
        fn msgpack() {
            $test::<redis_model::MsgPack>();
        }
        #[test]
        fn cbor() {
            $test::<redis_model::Cbor>();
        }
        #[test]
        fn postcard() {
            $test::<redis_model::Postcard>();
        }
        #[test]
        fn bincode() {
            $test::<redis_model::Bincode>();
        }
        #[test]
        fn bincode_legacy() {
            $test::<redis_model::BincodeLegacy>();
        }
    };
}
use for_every_codec;
