//! bincode: compact, positional, frozen upstream.
//!
//! The `bincode` crate is unmaintained (RUSTSEC-2025-0141) but complete, and
//! nothing else reads these bytes through serde and safely. Its types stay out
//! of our interface, so that it can be replaced without changing what is stored.

use std::io::Write;

use bincode::config::{self, Config};
use bincode::error::{DecodeError, EncodeError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Codec, MAX_BLOB, Place, check_size, optional};
use crate::error::ValueError;

/// [bincode 2]'s standard format, which is also what bincode 1's
/// `DefaultOptions` wrote: compact, but without field names. Reading it with a
/// changed struct goes wrong; prefer `Json` for what has to live long.
///
/// [bincode 2]: https://docs.rs/bincode/2.0.1
#[derive(Debug, Clone, Copy)]
pub struct Bincode;

/// What `bincode::serialize` of bincode 1 wrote: fixed-width integers.
#[derive(Debug, Clone, Copy)]
pub struct BincodeLegacy;

fn standard() -> impl Config {
    config::standard().with_limit::<MAX_BLOB>()
}

fn legacy() -> impl Config {
    config::legacy().with_limit::<MAX_BLOB>()
}

fn encode<T: Serialize, W: Write>(
    value: &T,
    config: impl Config,
    mut out: W,
) -> Result<(), ValueError> {
    match bincode::serde::encode_into_std_write(value, &mut out, config) {
        Ok(_) => Ok(()),
        Err(EncodeError::UnexpectedEnd | EncodeError::Io { .. }) => {
            Err(ValueError::limit("larger than 64 MiB"))
        }
        Err(_) => Err(ValueError::new("the value has no bincode form")),
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8], config: impl Config) -> Result<T, ValueError> {
    check_size(bytes)?;
    let (value, used) =
        bincode::serde::decode_from_slice(bytes, config).map_err(|error| match error {
            DecodeError::LimitExceeded => ValueError::limit("more than 64 MiB of values"),
            DecodeError::UnexpectedEnd { .. } => ValueError::new("bincode that is cut off"),
            _ => ValueError::new("not bincode of this type"),
        })?;
    if used == bytes.len() {
        Ok(value)
    } else {
        Err(ValueError::new("bytes left over after the value"))
    }
}

macro_rules! codec {
    ($codec:ident, $name:literal, $config:ident) => {
        impl<T: Serialize + DeserializeOwned> Codec<T> for $codec {
            const NAME: &'static str = $name;

            fn encode<W: Write>(value: &T, _: &Place<'_>, out: &mut W) -> Result<(), ValueError> {
                encode(value, $config(), out)
            }

            fn decode(bytes: &[u8], _: &Place<'_>) -> Result<T, ValueError> {
                decode(bytes, $config())
            }

            fn is_absent(value: &T) -> bool {
                optional::is_none(value)
            }

            fn absent() -> Option<T> {
                optional::missing()
            }
        }
    };
}

codec!(Bincode, "bincode", standard);
codec!(BincodeLegacy, "bincode-legacy", legacy);
