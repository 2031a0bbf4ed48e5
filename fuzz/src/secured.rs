//! Codecs around a codec: compression, seals and signatures.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::sync::{Arc, LazyLock};

use redis_model::codec::{
    Aes256Gcm, Codec, KeyProvider, KeyRing, Location, Lz4, MsgPack, Postcard, Sealed, Signed, Zlib,
    Zstd,
};
use redis_model::{Json, ValueError};

use super::codecs::{self, Profile, decode, encode, profile};
use super::{Target, in_proportion};

/// Raw bytes, so that a wrapper can contain anything.
struct Bytes;

impl Codec<Vec<u8>> for Bytes {
    const NAME: &'static str = "bytes";

    fn encode<W: Write>(value: &Vec<u8>, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        let _ = out.write_all(value);
        Ok(())
    }

    fn decode(bytes: &[u8], _: &Location<'_>) -> Result<Vec<u8>, ValueError> {
        Ok(bytes.to_vec())
    }
}

struct Ring;

impl KeyProvider for Ring {
    // A new key in each process, so that a value sealed in another process is a
    // forgery, and all genuine values are known.
    fn ring() -> Arc<KeyRing> {
        static RING: LazyLock<Arc<KeyRing>> =
            LazyLock::new(|| Arc::new(KeyRing::new(2, key()).with_old(1, key())));
        RING.clone()
    }
}

fn key() -> [u8; 32] {
    let random = RandomState::new();
    std::array::from_fn(|at| random.hash_one(at) as u8)
}

/// Returns a value that is large enough to be compressed.
fn large() -> Profile {
    let tags = (0..200).map(|tag| format!("tag number {}", tag % 7)).collect();
    Profile { tags, ..profile() }
}

/// Checks hostile stored bytes, and hostile bytes inside a genuine wrapper.
fn check_around<Outer: Codec<Profile>, Around: Codec<Vec<u8>>, Inner: Codec<Profile>>(
    bytes: &[u8],
) -> bool {
    let inner = decode::<Outer, Profile>(&encode::<Around, _>(&bytes.to_vec()));
    let expected = decode::<Inner, Profile>(bytes);
    assert_eq!(format!("{inner:?}"), format!("{expected:?}"));
    expected.is_some()
}

fn compressed<Outer, Around, Inner>(bytes: &[u8]) -> bool
where
    Outer: Codec<Profile>,
    Around: Codec<Vec<u8>>,
    Inner: Codec<Profile>,
{
    codecs::check::<Outer>(bytes) | check_around::<Outer, Around, Inner>(bytes)
}

/// The limit of memory for compressed values, which may become larger.
fn unpacked(bytes: usize) -> usize {
    (4 << 20) + 4096 * bytes
}

macro_rules! compressed {
    ($($target:ident $name:literal $around:ident;)*) => {$(
        pub(super) const $target: Target = Target {
            name: $name,
            check: compressed::<$around<Json>, $around<Bytes>, Json>,
            seeds: || vec![
                encode::<$around<Json>, _>(&profile()),
                encode::<$around<Json>, _>(&large()),
            ],
            memory: unpacked,
        };
    )*};
}

compressed! {
    ZSTD "zstd" Zstd;
    LZ4 "lz4" Lz4;
    ZLIB "zlib" Zlib;
}

/// Asserts that only values made with the key are decoded.
fn forged<C: Codec<Profile>>(bytes: &[u8], made: &[Vec<u8>]) -> bool {
    let taken = decode::<C, Profile>(bytes).is_some();
    assert_eq!(taken, made.iter().any(|made| made == bytes), "{} was forged", C::NAME);
    taken
}

static SEALS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| vec![encode::<Sealed<Json, Ring>, _>(&profile())]);

static AES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| vec![encode::<Sealed<Postcard, Ring, Aes256Gcm>, _>(&profile())]);

static SIGNATURES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| vec![encode::<Signed<MsgPack, Ring>, _>(&profile())]);

pub(super) const SEALED: Target = Target {
    name: "sealed",
    check: |bytes| match bytes {
        [1 | 2, ..] => {
            forged::<Sealed<Json, Ring>>(bytes, &SEALS)
                | forged::<Sealed<Postcard, Ring, Aes256Gcm>>(bytes, &AES)
        }
        // A number without a key. A program with a key may have sealed anything.
        _ => check_around::<Sealed<Json, Ring>, Sealed<Bytes, Ring>, Json>(bytes),
    },
    seeds: || [SEALS.clone(), AES.clone(), vec![encode::<Json, _>(&profile())]].concat(),
    memory: in_proportion,
};

pub(super) const SIGNED: Target = Target {
    name: "signed",
    check: |bytes| match bytes {
        [1 | 2, ..] => forged::<Signed<MsgPack, Ring>>(bytes, &SIGNATURES),
        _ => check_around::<Signed<MsgPack, Ring>, Signed<Bytes, Ring>, MsgPack>(bytes),
    },
    seeds: || [SIGNATURES.clone(), vec![encode::<MsgPack, _>(&profile())]].concat(),
    memory: in_proportion,
};
