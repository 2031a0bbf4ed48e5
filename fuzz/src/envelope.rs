//! Whole blobs: envelopes, versions, lists of codecs, and values of other programs.

use redis_model::codec::{Cbor, Lz4, MsgPack, Pickle, Postcard, Zstd};
use redis_model::{Json, RedisModel};
use serde::{Deserialize, Serialize};

use super::Target;

#[derive(Serialize, Deserialize)]
struct First {
    id: u64,
    name: String,
}

macro_rules! sessions {
    ($($name:ident [$($attributes:tt)*])*) => {$(
        #[derive(Debug, Serialize, Deserialize, RedisModel)]
        #[redis(key = "session:{id}", name = "Session", $($attributes)*)]
        struct $name {
            id: u64,
            names: Vec<String>,
        }

        impl From<First> for $name {
            fn from(first: First) -> Self {
                Self { id: first.id, names: vec![first.name] }
            }
        }
    )*};
}

sessions! {
    Plain [blob = Json]
    Versioned [blob = Json, version = 2, migrate(First)]
    Listed [codecs = [MsgPack, Json, Cbor, Pickle], version = 2, migrate(First)]
    Compact [codecs = [Postcard, Json], version = 2, migrate(First)]
    Bare [blob = Postcard, envelope = "none"]
    Short [blob = Cbor, envelope = "short"]
    Packed [codecs = [Zstd<Json>, Lz4<MsgPack>], envelope = "full"]
}

/// Reads the bytes as each model, and writes and reads again each value.
fn check(bytes: &[u8]) -> bool {
    fn one<M: redis_model::BlobModel>(bytes: &[u8]) -> bool {
        match M::from_bytes(bytes) {
            Ok(value) => {
                let written = value.to_bytes().expect("what was read can be written");
                let again = M::from_bytes(&written).expect("what was written can be read");
                assert_eq!(again.to_bytes().expect("and written again"), written);
                true
            }
            Err(error) => {
                assert!(!error.is_connection(), "{error}");
                assert!(error.to_string().starts_with("Session"), "{error}");
                false
            }
        }
    }
    [
        one::<Plain>(bytes),
        one::<Versioned>(bytes),
        one::<Listed>(bytes),
        one::<Compact>(bytes),
        one::<Bare>(bytes),
        one::<Short>(bytes),
        one::<Packed>(bytes),
    ]
    .contains(&true)
}

pub(super) const ENVELOPE: Target = Target {
    name: "envelope",
    check,
    seeds: || {
        macro_rules! seeds {
            ($($model:ident)*) => {
                vec![
                    $($model { id: 7, names: vec!["Alice".into(), "Example".into()] }
                        .to_bytes()
                        .expect("encodes"),)*
                    // The first version, a pickle, and a value that compresses well.
                    br#"{"id":7,"name":"Alice"}"#.to_vec(),
                    b"\x80\x04}(\x8c\x02idK\x07\x8c\x04name\x8c\x05Aliceu.".to_vec(),
                    Packed { id: 7, names: vec!["Alice".into(); 300] }.to_bytes().expect("encodes"),
                ]
            };
        }
        seeds!(Plain Versioned Listed Compact Bare Short Packed)
    },
    memory: |bytes| (4 << 20) + 4096 * bytes,
};
