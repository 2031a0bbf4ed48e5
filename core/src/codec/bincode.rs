//! bincode: compact, positional, frozen upstream.
//!
//! The `bincode` crate is unmaintained (RUSTSEC-2025-0141) but complete, and
//! nothing else reads these bytes through serde and safely. Its types stay out
//! of our interface, so that it can be replaced without changing what is stored.

use std::io::Write;
use std::marker::PhantomData;

use bincode::config::{self, Config};
use bincode::error::DecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::checked::Rules;
use super::limited::Limited;
use super::limits::{Limits, no_trailing};
use super::serde_codec::{SerdeFormat, serde_codec};
use super::{Format, MAX_BLOB};
use crate::error::ValueError;

/// [bincode 2]'s standard format, which is also what bincode 1's
/// `DefaultOptions` wrote: compact, but without field names. As a blob it gets an
/// envelope, by which a changed struct is told from the one that was stored.
///
/// A type that the format cannot be read as is refused when it is written: one
/// with `untagged`, `tag`, `flatten` or a `serde_json::Value` anywhere inside, and
/// a value of which `skip_serializing_if` leaves a field out.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Bincode, RedisModel};
/// #[derive(Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = Bincode)]
/// struct Point { id: u8, x: u64 }
///
/// let stored = Point { id: 1, x: 300 }.to_bytes()?;
/// assert_eq!(stored[8..], [1, 251, 44, 1], "behind eight bytes of envelope");
/// # Ok::<(), redis_model::Error>(())
/// ```
///
/// [bincode 2]: https://docs.rs/bincode/2.0.1
#[derive(Debug, Clone, Copy)]
pub struct Bincode;

/// What `bincode::serialize` of bincode 1 wrote: fixed-width integers. For
/// data that other programs wrote or read, `blob = BincodeLegacy, envelope = "none"`.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{BincodeLegacy, RedisModel};
/// #[derive(Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = BincodeLegacy, envelope = "none")]
/// struct Point { id: u8, x: u32 }
///
/// assert_eq!(Point { id: 1, x: 300 }.to_bytes()?, [1, 44, 1, 0, 0]);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct BincodeLegacy;

/// Bincode counts a number of one byte as up to sixteen, so that a smaller limit
/// would refuse what was written. Text and bytes are borrowed: claims of their
/// length take no memory.
const MAX_CLAIM: usize = 16 * MAX_BLOB;

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
        DecodeError::UnexpectedEnd { .. } => ValueError::new("bincode that is cut off"),
        _ => ValueError::new("not bincode of this type"),
    })?;
    no_trailing(bytes.len() - used)?;
    Ok(value)
}

serde_codec!(Bincode, "bincode", Format::BINCODE, fingerprint);
serde_codec!(BincodeLegacy, "bincode-legacy", Format::BINCODE_LEGACY, fingerprint);

macro_rules! format {
    ($codec:ident, $config:ident) => {
        impl SerdeFormat for $codec {
            const RULES: Rules = Rules::POSITIONAL;

            fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError> {
                write(value, $config(), out)
            }

            fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
                read(bytes, $config(), limits)
            }
        }
    };
}

format!(Bincode, standard);
format!(BincodeLegacy, legacy);
