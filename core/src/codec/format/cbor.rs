//! CBOR, with cbor4ii.

use std::io::Write;

use cbor4ii::core::dec::Read;
use cbor4ii::core::error::DecodeError as Core;
use cbor4ii::core::utils::SliceReader;
use cbor4ii::serde::{DecodeError, Deserializer};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::Format;
use crate::codec::serde::limited::Limited;
use crate::codec::serde::limits::{Limits, TOO_DEEP, no_trailing};
use crate::codec::serde::{SerdeFormat, serde_codec};
use crate::error::ValueError;

/// CBOR (RFC 8949) with named fields: as small and as tolerant of changed
/// structs as MessagePack, and an Internet standard. `Some(None)` and `Some(())` are
/// `null`, which is read back as `None`.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{RedisModel, codec::Cbor};
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = Cbor)]
/// struct Point { id: u8, x: i32 }
///
/// assert_eq!(Point { id: 1, x: -1 }.to_bytes()?, b"\xa2\x62id\x01\x61x\x20");
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Cbor;

serde_codec!(Cbor);

impl SerdeFormat for Cbor {
    const NAME: &'static str = "cbor";
    const FORMAT: Format = Format::built_in(3, true);
    const SHAPE: &'static str = "CBOR of another shape than the type";
    const UNREADABLE: &'static str = "not CBOR of this type";

    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError> {
        cbor4ii::serde::to_writer(out, value)
            .map_err(|_| ValueError::new("the value has no CBOR form"))
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        let mut deserializer = Deserializer::new(SliceReader::new(bytes));
        let value =
            T::deserialize(Limited::new(&mut deserializer, limits)).map_err(
                |error| match error {
                    DecodeError::Core(Core::DepthOverflow { .. }) => ValueError::limit(TOO_DEEP),
                    _ => ValueError::new(Self::UNREADABLE),
                },
            )?;
        let left = deserializer.into_inner().fill(bytes.len()).map(|rest| rest.as_ref().len());
        no_trailing(left.unwrap_or(0))?;
        Ok(value)
    }
}
