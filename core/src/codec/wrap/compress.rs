//! Compression around a codec: `Zstd<MsgPack>`, `Lz4<Json>`.
//!
//! The first byte says whether a value is compressed. The stored size of the plain
//! value must be true and in proportion to the compressed value, so that a few bytes
//! never expand to a whole blob.

use std::io::Write;
use std::marker::PhantomData;

use super::{BOMB, DAMAGED, forward_to, max_plain_size};
use crate::codec::{Codec, Format, Location, MAX_BLOB, check_size, foreign};
use crate::error::ValueError;

/// Values of `C`, compressed by zstd.
///
/// A value under 1 KiB, or one that zstd does not make at least a tenth smaller, is
/// stored uncompressed after one byte that says so.
///
/// ```
/// # use redis_model::{Json, codec::{Codec, Location, Zstd}};
/// let stored = |text: &String| {
///     let mut bytes = Vec::new();
///     Zstd::<Json>::encode(text, &Location::NOWHERE, &mut bytes).map(|()| bytes.len())
/// };
/// assert_eq!(stored(&"short".to_owned())?, 1 + 7);
/// assert!(stored(&"text that repeats ".repeat(1000))? < 200);
/// # Ok::<(), redis_model::ValueError>(())
/// ```
///
/// On a model, write `blob = Zstd<Json>`, on a field `codec = Zstd<Json>`. Reading is
/// an error if the plain value would exceed 64 MiB, or both 1 MiB and 1,024 times the
/// stored size. Values that zstd compresses further are stored uncompressed.
#[cfg(feature = "zstd")]
#[derive(Debug, Clone, Copy)]
pub struct Zstd<C>(PhantomData<C>);

/// Values of `C`, compressed by LZ4, which is faster than zstd and saves less.
///
/// A value under 1 KiB, or one that LZ4 does not make at least a tenth smaller, is
/// stored uncompressed after one byte that says so.
///
/// ```
/// # use redis_model::{Json, codec::{Codec, Location, Lz4}};
/// let stored = |text: &String| {
///     let mut bytes = Vec::new();
///     Lz4::<Json>::encode(text, &Location::NOWHERE, &mut bytes).map(|()| bytes.len())
/// };
/// assert_eq!(stored(&"short".to_owned())?, 1 + 7);
/// assert!(stored(&"text that repeats ".repeat(1000))? < 200);
/// # Ok::<(), redis_model::ValueError>(())
/// ```
///
/// On a model, write `blob = Lz4<Json>`, on a field `codec = Lz4<Json>`. Reading is an
/// error if the plain value would exceed 64 MiB, or both 1 MiB and 1,024 times the
/// stored size.
#[cfg(feature = "lz4")]
#[derive(Debug, Clone, Copy)]
pub struct Lz4<C>(PhantomData<C>);

const THRESHOLD: usize = 1024;

const UNCOMPRESSED: u8 = 0;
#[cfg(feature = "zstd")]
const ZSTD: u8 = 1;
#[cfg(feature = "lz4")]
const LZ4: u8 = 2;

fn encode<T, C: Codec<T>, W: Write>(
    value: &T,
    location: &Location<'_>,
    out: &mut W,
    algorithm: u8,
    compress: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
) -> Result<(), ValueError> {
    let mut plain = Vec::with_capacity(256);
    C::encode(value, location, &mut plain)?;
    check_size(plain.len())?;
    let worth_it = |compressed: &Vec<u8>| {
        compressed.len() + 4 <= plain.len() / 10 * 9
            && plain.len() <= max_plain_size(compressed.len())
    };
    let compressed = if plain.len() < THRESHOLD { None } else { compress(&plain) };
    // Writing into memory does not fail.
    let _ = match compressed.filter(worth_it) {
        Some(compressed) => out
            .write_all(&[algorithm])
            .and_then(|()| out.write_all(&(plain.len() as u32).to_le_bytes()))
            .and_then(|()| out.write_all(&compressed)),
        None => out.write_all(&[UNCOMPRESSED]).and_then(|()| out.write_all(&plain)),
    };
    Ok(())
}

fn decode<T, C: Codec<T>>(
    bytes: &[u8],
    location: &Location<'_>,
    algorithm: u8,
    decompress: impl FnOnce(&[u8], usize) -> Option<Vec<u8>>,
) -> Result<T, ValueError> {
    match bytes {
        [UNCOMPRESSED, plain @ ..] => C::decode(plain, location),
        [stored, a, b, c, d, compressed @ ..] if *stored == algorithm => {
            let size = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            if size > MAX_BLOB || size > max_plain_size(compressed.len()) {
                return Err(BOMB);
            }
            let plain = decompress(compressed, size).ok_or(DAMAGED)?;
            if plain.len() == size { C::decode(&plain, location) } else { Err(DAMAGED) }
        }
        _ => Err(foreign::explain(ValueError::new("not compressed by this codec"), bytes, "")),
    }
}

macro_rules! compressed {
    ($codec:ident, $name:literal, $algorithm:ident, $compress:path, $decompress:path) => {
        #[diagnostic::do_not_recommend]
        impl<T, C: Codec<T>> Codec<T> for $codec<C> {
            const NAME: &'static str = $name;
            const FORMAT: Format = C::FORMAT.compressed();

            fn encode<W: Write>(
                value: &T,
                at: &Location<'_>,
                out: &mut W,
            ) -> Result<(), ValueError> {
                encode::<T, C, W>(value, at, out, $algorithm, $compress)
                    .map_err(|error| error.of_codec(C::NAME))
            }

            fn decode(bytes: &[u8], at: &Location<'_>) -> Result<T, ValueError> {
                decode::<T, C>(bytes, at, $algorithm, $decompress)
            }

            forward_to!(C, T);
        }
    };
}

#[cfg(feature = "zstd")]
compressed!(Zstd, "zstd", ZSTD, zstd_compress, zstd_decompress);
#[cfg(feature = "lz4")]
compressed!(Lz4, "lz4", LZ4, lz4_compress, lz4_decompress);

#[cfg(feature = "zstd")]
thread_local! {
    // Making a context costs more than compressing a small value.
    static COMPRESSOR: std::cell::RefCell<Option<zstd::bulk::Compressor<'static>>> =
        const { std::cell::RefCell::new(None) };
}

#[cfg(feature = "zstd")]
fn zstd_compress(plain: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = zstd::bulk::Compressor::new(3).ok();
        }
        kept.as_mut()?.compress(plain).ok()
    })
}

#[cfg(feature = "zstd")]
fn zstd_decompress(compressed: &[u8], size: usize) -> Option<Vec<u8>> {
    // The frame's own size must agree before memory is allocated for it.
    let claimed = zstd::bulk::Decompressor::upper_bound(compressed)?;
    if claimed < size {
        return None;
    }
    zstd::bulk::decompress(compressed, size).ok()
}

#[cfg(feature = "lz4")]
fn lz4_compress(plain: &[u8]) -> Option<Vec<u8>> {
    Some(lz4_flex::block::compress(plain))
}

#[cfg(feature = "lz4")]
fn lz4_decompress(compressed: &[u8], size: usize) -> Option<Vec<u8>> {
    // LZ4 expands one byte to at most 255.
    if size > compressed.len().saturating_mul(255).saturating_add(64) {
        return None;
    }
    let mut plain = vec![0; size];
    let made = lz4_flex::block::decompress_into(compressed, &mut plain).ok()?;
    plain.truncate(made);
    Some(plain)
}
