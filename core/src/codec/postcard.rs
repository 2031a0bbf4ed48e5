//! postcard: the most compact.

use std::io::Write;

use postcard::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Format;
use super::checked::Rules;
use super::limited::Limited;
use super::limits::{Limits, no_trailing};
use super::serde_codec::{SerdeFormat, serde_codec};
use crate::error::ValueError;

/// [postcard](https://docs.rs/postcard): half the size of JSON, since it
/// stores no names.
///
/// Whoever reads must have the same struct. As a blob it therefore gets an
/// envelope, and a struct that has changed is an error, not garbage; give the
/// model a `version` before you change it. In a hash field there is no envelope.
///
/// A type that the format cannot be read as is refused when it is written: one
/// with `untagged`, `tag`, `flatten` or a `serde_json::Value` anywhere inside, and
/// a value of which `skip_serializing_if` leaves a field out.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{ErrorKind, Postcard, RedisModel};
/// #[derive(Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = Postcard)]
/// struct Point { id: u8, x: i32 }
///
/// /// The same with another field: what was stored is not taken for it.
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = Postcard, name = "Point")]
/// struct Edited { id: u8, y: i32 }
///
/// let stored = Point { id: 1, x: -1 }.to_bytes()?;
/// assert_eq!(stored[8..], [1, 1], "behind eight bytes of envelope");
/// assert_eq!(Edited::from_bytes(&stored).unwrap_err().kind(), ErrorKind::LayoutChanged);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Postcard;

serde_codec!(Postcard, "postcard", Format::POSTCARD, fingerprint);

impl SerdeFormat for Postcard {
    const RULES: Rules = Rules::POSITIONAL;

    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError> {
        postcard::to_io(value, out)
            .map(drop)
            .map_err(|_| ValueError::new("the value has no postcard form"))
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        let mut deserializer = postcard::Deserializer::from_bytes(bytes);
        let value = T::deserialize(Limited::new(&mut deserializer, limits));
        let value = value.map_err(|error| {
            ValueError::new(match error {
                Error::DeserializeUnexpectedEnd => "postcard that is cut off",
                _ => "not postcard of this type",
            })
        })?;
        no_trailing(deserializer.finalize().map_or(0, <[u8]>::len))?;
        Ok(value)
    }
}
