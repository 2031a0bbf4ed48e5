//! bincode: compact, without names, frozen upstream.
//!
//! The `bincode` crate is unmaintained (RUSTSEC-2025-0141) but complete, and no
//! other crate reads these bytes through serde safely. Its types are not part of
//! our public interface, so the crate can be replaced without changing stored data.

use std::io::Write;
use std::marker::PhantomData;

use bincode::config::{self, Config};
use bincode::error::DecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::serde::limited::Limited;
use crate::codec::serde::limits::{Limits, no_trailing};
use crate::codec::serde::{SerdeFormat, serde_codec};
use crate::codec::{Format, MAX_BLOB};
use crate::error::ValueError;

/// The standard format of [bincode 2], which bincode 1's `DefaultOptions` wrote too:
/// compact, but without field names. A blob gets an envelope, so reading it as a
/// changed struct is an error.
///
/// Writing is an error if the value could not be read back: for a type that contains
/// `untagged`, `tag`, `flatten` or a `serde_json::Value`, and for a value whose
/// `skip_serializing_if` omits a field.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{RedisModel, codec::Bincode};
/// #[derive(Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = Bincode)]
/// struct Point { id: u8, x: u64 }
///
/// let stored = Point { id: 1, x: 300 }.to_bytes()?;
/// assert_eq!(stored[8..], [1, 251, 44, 1], "after eight bytes of envelope");
/// # Ok::<(), redis_model::Error>(())
/// ```
///
/// [bincode 2]: https://docs.rs/bincode/2.0.1
#[derive(Debug, Clone, Copy)]
pub struct Bincode;

/// The format of bincode 1's `bincode::serialize`: fixed-width integers. For data
/// shared with other programs, use `blob = BincodeLegacy, envelope = "none"`.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{RedisModel, codec::BincodeLegacy};
/// #[derive(Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = BincodeLegacy, envelope = "none")]
/// struct Point { id: u8, x: u32 }
///
/// assert_eq!(Point { id: 1, x: 300 }.to_bytes()?, [1, 44, 1, 0, 0]);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct BincodeLegacy;

/// bincode counts the size of a number in memory (up to 16 bytes), which may be one
/// byte when stored, so a smaller limit would refuse values that it wrote. A false
/// length of text or bytes allocates nothing, because both are borrowed.
const MAX_CLAIM: usize = 16 * MAX_BLOB;

const SHAPE: &str = "not bincode of this type";

fn standard() -> impl Config {
    config::standard().with_limit::<MAX_CLAIM>()
}

fn legacy() -> impl Config {
    config::legacy().with_limit::<MAX_CLAIM>()
}

fn write<T: Serialize, W: Write>(
    value: &T,
    config: impl Config,
    mut out: W,
) -> Result<(), ValueError> {
    bincode::serde::encode_into_std_write(value, &mut out, config)
        .map(drop)
        .map_err(|_| ValueError::new("the value has no bincode form"))
}

fn read<T: DeserializeOwned>(
    bytes: &[u8],
    config: impl Config,
    limits: &Limits,
) -> Result<T, ValueError> {
    let seed = Limited::new(PhantomData::<T>, limits);
    let read = bincode::serde::seed_decode_from_slice(seed, bytes, config);
    let (value, used) = read.map_err(|error| match error {
        DecodeError::LimitExceeded => ValueError::limit("more than 64 MiB of values"),
        DecodeError::UnexpectedEnd { .. } => ValueError::new("truncated bincode"),
        _ => ValueError::new(SHAPE),
    })?;
    no_trailing(bytes.len() - used)?;
    Ok(value)
}

macro_rules! format {
    ($codec:ident, $name:literal, $id:literal, $config:ident) => {
        serde_codec!($codec, layout);

        impl SerdeFormat for $codec {
            const NAME: &'static str = $name;
            const FORMAT: Format = Format::built_in($id, false);
            const SHAPE: &'static str = SHAPE;

            fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError> {
                write(value, $config(), out)
            }

            fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
                read(bytes, $config(), limits)
            }
        }
    };
}

format!(Bincode, "bincode", 5, standard);
format!(BincodeLegacy, "bincode-legacy", 6, legacy);
