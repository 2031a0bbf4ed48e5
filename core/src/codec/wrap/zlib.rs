//! Zlib around a codec, as other programs write it: `Zlib<Json>`, `Zlib<Pickle>`.

use std::io::{Read, Write};
use std::marker::PhantomData;

use flate2::Compression;
use flate2::bufread::{GzDecoder, ZlibDecoder};
use flate2::write::ZlibEncoder;

use super::{BOMB, DAMAGED, forward_to, max_plain_size};
use crate::codec::serde::limits::no_trailing;
use crate::codec::{Codec, Format, Location, MAX_BLOB, check_size};
use crate::error::ValueError;

/// Values of `C`, compressed by zlib, without any bytes of this library's: what Python's
/// `zlib.compress`, django-redis' `ZlibCompressor` and RQ write and read.
///
/// Writes a zlib stream always. Reads zlib and gzip, and values that are neither as
/// uncompressed ones, because those programs do not compress small values.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, RedisModel};
/// use redis_model::codec::{Pickle, Zlib};
///
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = ":1:user:{id}", codecs = [Json, Zlib<Pickle>])]
/// struct User { id: u64 }
///
/// // zlib.compress(pickle.dumps({"id": 7}, 2))
/// let stored = b"x\x9ck`\xaa-d\x88`b``\xc8L)d\xf4f/\xd6\x03\x00'7\x03\xfd";
/// assert_eq!(User::from_bytes(stored)?.id, 7);
/// # Ok::<(), redis_model::Error>(())
/// ```
///
/// A stream is recognized without an envelope, so a blob gets one only if `C` does not
/// describe itself or the model has a `version`. Reading is an error if the plain value
/// would exceed 64 MiB, or both 1 MiB and 1,024 times the stored size.
#[derive(Debug, Clone, Copy)]
pub struct Zlib<C>(PhantomData<C>);

#[diagnostic::do_not_recommend]
impl<T, C: Codec<T>> Codec<T> for Zlib<C> {
    const NAME: &'static str = "zlib";
    const FORMAT: Format = C::FORMAT.compressed_stream();

    fn encode<W: Write>(value: &T, location: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        let mut plain = Vec::with_capacity(256);
        C::encode(value, location, &mut plain).map_err(|error| error.of_codec(C::NAME))?;
        check_size(plain.len())?;
        let mut stored = compress(&plain, Compression::default());
        if plain.len() > max_plain_size(stored.len()) {
            stored = compress(&plain, Compression::none());
        }
        check_size(stored.len())?;
        // Writing into memory does not fail.
        let _ = out.write_all(&stored);
        Ok(())
    }

    fn decode(bytes: &[u8], location: &Location<'_>) -> Result<T, ValueError> {
        check_size(bytes.len())?;
        let mut rest = bytes;
        let plain = if is_zlib(bytes) {
            decompress(ZlibDecoder::new(&mut rest), bytes.len())?
        } else if bytes.starts_with(b"\x1f\x8b\x08") {
            decompress(GzDecoder::new(&mut rest), bytes.len())?
        } else {
            return C::decode(bytes, location);
        };
        no_trailing(rest.len())?;
        C::decode(&plain, location).map_err(|error| error.of_codec(C::NAME))
    }

    forward_to!(C, T);
}

/// Returns `true` for the first two bytes of a zlib stream, which are a checksum of one
/// another. Windows of less than 32 KiB are not recognized, because pickles of protocols 0
/// and 1 can begin with the same bytes.
fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        // Deflate with a window of 32 KiB, and no dictionary.
        [0x78, flags, ..] => {
            flags & 0x20 == 0 && u16::from_be_bytes([0x78, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

fn compress(plain: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), level);
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

/// Reads at most the largest allowed plain value.
fn decompress(stream: impl Read, compressed: usize) -> Result<Vec<u8>, ValueError> {
    let most = max_plain_size(compressed).min(MAX_BLOB);
    let mut plain = Vec::new();
    stream.take(most as u64 + 1).read_to_end(&mut plain).map_err(|_| DAMAGED)?;
    if plain.len() > most { Err(BOMB) } else { Ok(plain) }
}
