//! postcard, the most compact format.

use std::io::Write;

use postcard::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::Format;
use crate::codec::serde::limited::Limited;
use crate::codec::serde::limits::{Limits, no_trailing};
use crate::codec::serde::{SerdeFormat, serde_codec};
use crate::error::ValueError;

/// [postcard](https://docs.rs/postcard): half the size of JSON, because it stores
/// no names.
///
/// The reader must have the same struct. A blob therefore gets an envelope, and
/// reading it as a changed struct is an error, not garbage. Give the model a
/// `version` before you change the struct. A hash field has no envelope.
///
/// Writing is an error if the value could not be read back: for a type that contains
/// `untagged`, `tag`, `flatten` or a `serde_json::Value`, and for a value whose
/// `skip_serializing_if` omits a field.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{ErrorKind, RedisModel, codec::Postcard};
/// #[derive(Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = Postcard)]
/// struct Point { id: u8, x: i32 }
///
/// /// The same model with another field.
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = Postcard, name = "Point")]
/// struct Edited { id: u8, y: i32 }
///
/// let stored = Point { id: 1, x: -1 }.to_bytes()?;
/// assert_eq!(stored[8..], [1, 1], "after eight bytes of envelope");
/// assert_eq!(Edited::from_bytes(&stored).unwrap_err().kind(), ErrorKind::LayoutChanged);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Postcard;

serde_codec!(Postcard, layout);

impl SerdeFormat for Postcard {
    const NAME: &'static str = "postcard";
    const FORMAT: Format = Format::built_in(4, false);
    const SHAPE: &'static str = "not postcard of this type";

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
                Error::DeserializeUnexpectedEnd => "truncated postcard",
                _ => Self::SHAPE,
            })
        })?;
        no_trailing(deserializer.finalize().map_or(0, <[u8]>::len))?;
        Ok(value)
    }
}
