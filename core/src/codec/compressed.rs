//! Compression around a codec: `Zstd<MsgPack>`, `Lz4<Json>`.
//!
//! One byte tells whether a value was compressed. Sizes are claims of the
//! stored bytes: they must be true, and in proportion to what is stored, so that
//! a few bytes never become a whole blob.

use std::io::Write;
use std::marker::PhantomData;

use super::{Codec, Format, MAX_BLOB, Place, foreign};
use crate::error::ValueError;

/// Values of `C`, compressed by zstd where that saves something: for text of
/// 1 KiB and more, where it is the smallest.
///
/// A value under 1 KiB, or one that would not become a tenth smaller, is
/// stored as it is, behind one byte that says so.
///
/// ```
/// # use redis_model::{Codec, Json, Place, Zstd};
/// let stored = |text: &String| {
///     let mut bytes = Vec::new();
///     Zstd::<Json>::encode(text, &Place::NOWHERE, &mut bytes).map(|()| bytes.len())
/// };
/// assert_eq!(stored(&"short".to_owned())?, 1 + 7);
/// assert!(stored(&"text that repeats ".repeat(1000))? < 200);
/// # Ok::<(), redis_model::ValueError>(())
/// ```
///
/// On a model it is `blob = Zstd<Json>`, on a field `codec = Zstd<Json>`. What
/// would become more than 64 MiB, or more than 1 MiB and 1,024 times what is
/// stored, is not unpacked (nor written so).
#[cfg(feature = "zstd")]
#[derive(Debug, Clone, Copy)]
pub struct Zstd<C>(PhantomData<C>);

/// Values of `C`, compressed by LZ4 where that saves something: faster than
/// [`Zstd`], and less small.
///
/// ```
/// # use redis_model::{Codec, Json, Place, Lz4};
/// let stored = |text: &String| {
///     let mut bytes = Vec::new();
///     Lz4::<Json>::encode(text, &Place::NOWHERE, &mut bytes).map(|()| bytes.len())
/// };
/// assert_eq!(stored(&"short".to_owned())?, 1 + 7);
/// assert!(stored(&"text that repeats ".repeat(1000))? < 200);
/// # Ok::<(), redis_model::ValueError>(())
/// ```
///
/// On a model it is `blob = Lz4<Json>`, on a field `codec = Lz4<Json>`. What
/// would become more than 64 MiB, or more than 1 MiB and 1,024 times what is
/// stored, is not unpacked (nor written so).
#[cfg(feature = "lz4")]
#[derive(Debug, Clone, Copy)]
pub struct Lz4<C>(PhantomData<C>);

const THRESHOLD: usize = 1024;

const AS_IT_IS: u8 = 0;
#[cfg(feature = "zstd")]
const ZSTD: u8 = 1;
#[cfg(feature = "lz4")]
const LZ4: u8 = 2;

/// What may always be made of a value, and of each of its bytes beyond that.
/// Nothing that is compressed by more is written compressed.
const ALWAYS: usize = 1 << 20;
const PER_BYTE: usize = 1024;

const fn most(compressed: usize) -> usize {
    let most = compressed.saturating_mul(PER_BYTE);
    if most < ALWAYS { ALWAYS } else { most }
}

const BROKEN: ValueError = ValueError::new("compressed data that is damaged");
const BOMB: ValueError =
    ValueError::limit("would be larger than 64 MiB, or than 1 MiB and 1,024 times what is stored");

fn encode<T, C: Codec<T>, W: Write>(
    value: &T,
    place: &Place<'_>,
    out: &mut W,
    algorithm: u8,
    compress: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
) -> Result<(), ValueError> {
    let mut plain = Vec::with_capacity(256);
    C::encode(value, place, &mut plain)?;
    if plain.len() > MAX_BLOB {
        return Err(ValueError::limit("larger than 64 MiB"));
    }
    let worth_it = |compressed: &Vec<u8>| {
        compressed.len() + 4 <= plain.len() / 10 * 9 && plain.len() <= most(compressed.len())
    };
    let compressed = if plain.len() < THRESHOLD { None } else { compress(&plain) };
    // Writing into memory does not fail.
    let _ = match compressed.filter(worth_it) {
        Some(compressed) => out
            .write_all(&[algorithm])
            .and_then(|()| out.write_all(&(plain.len() as u32).to_le_bytes()))
            .and_then(|()| out.write_all(&compressed)),
        None => out.write_all(&[AS_IT_IS]).and_then(|()| out.write_all(&plain)),
    };
    Ok(())
}

fn decode<T, C: Codec<T>>(
    bytes: &[u8],
    place: &Place<'_>,
    algorithm: u8,
    decompress: impl FnOnce(&[u8], usize) -> Option<Vec<u8>>,
) -> Result<T, ValueError> {
    match bytes {
        [AS_IT_IS, plain @ ..] => C::decode(plain, place),
        [stored, a, b, c, d, compressed @ ..] if *stored == algorithm => {
            let size = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            if size > MAX_BLOB || size > most(compressed.len()) {
                return Err(BOMB);
            }
            let plain = decompress(compressed, size).ok_or(BROKEN)?;
            if plain.len() == size { C::decode(&plain, place) } else { Err(BROKEN) }
        }
        _ => Err(foreign::explain(ValueError::new("not compressed in this way"), bytes, "")),
    }
}

macro_rules! compressed {
    ($codec:ident, $name:literal, $algorithm:ident, $compress:path, $decompress:path) => {
        #[diagnostic::do_not_recommend]
        impl<T, C: Codec<T>> Codec<T> for $codec<C> {
            const NAME: &'static str = $name;
            const FORMAT: Format = C::FORMAT.compressed();

            fn encode<W: Write>(value: &T, at: &Place<'_>, out: &mut W) -> Result<(), ValueError> {
                encode::<T, C, W>(value, at, out, $algorithm, $compress)
                    .map_err(|error| error.of_codec(C::NAME))
            }

            fn decode(bytes: &[u8], at: &Place<'_>) -> Result<T, ValueError> {
                decode::<T, C>(bytes, at, $algorithm, $decompress)
            }

            fn is_absent(value: &T) -> bool {
                C::is_absent(value)
            }

            fn absent() -> Option<T> {
                C::absent()
            }

            fn fingerprint() -> u16 {
                C::fingerprint()
            }

            fn losses(value: &T) -> Vec<String> {
                C::losses(value)
            }
        }
    };
}

#[cfg(feature = "zstd")]
compressed!(Zstd, "zstd", ZSTD, zstd_compress, zstd_decompress);
#[cfg(feature = "lz4")]
compressed!(Lz4, "lz4", LZ4, lz4_compress, lz4_decompress);

#[cfg(feature = "zstd")]
thread_local! {
    // A new context costs more than a small value.
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
    // What the frame itself claims must agree before memory is taken for it.
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
    // LZ4 makes at most 255 bytes of one.
    if size > compressed.len().saturating_mul(255).saturating_add(64) {
        return None;
    }
    let mut plain = vec![0; size];
    let made = lz4_flex::block::decompress_into(compressed, &mut plain).ok()?;
    plain.truncate(made);
    Some(plain)
}
