//! MessagePack, by rmp-serde.

use std::io::Write;

use rmp_serde::decode::Error as Decode;
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use super::Format;
use super::checked::Rules;
use super::limited::Limited;
use super::limits::{Limits, TOO_DEEP};
use super::serde_codec::{SerdeFormat, serde_codec};
use crate::error::{ErrorKind, ValueError};

/// MessagePack with named fields: smaller and faster than JSON, as tolerant of
/// changed structs, and read by every language (`msgpack.unpackb` in Python).
///
/// The form without names was not taken: fields that swap places there swap
/// their values.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{MsgPack, RedisModel};
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "point:{id}", blob = MsgPack)]
/// struct Point { id: u8, x: i32 }
///
/// assert_eq!(Point { id: 1, x: -1 }.to_bytes()?, b"\x82\xa2id\x01\xa1x\xff");
/// // A field that the struct does not have (any more) is passed over.
/// let point = Point::from_bytes(b"\x83\xa2id\x01\xa1y\x07\xa1x\x05")?;
/// assert_eq!(point.x, 5);
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct MsgPack;

serde_codec!(MsgPack, "msgpack", Format::MSGPACK);

impl SerdeFormat for MsgPack {
    const RULES: Rules = Rules::NAMED;

    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError> {
        rmp_serde::encode::write_named(out, value)
            .map_err(|_| ValueError::new("the value has no MessagePack form"))
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
        let value = T::deserialize(Limited::new(&mut deserializer, limits));
        let value = value.map_err(|error| match error {
            Decode::InvalidMarkerRead(_) | Decode::InvalidDataRead(_) => {
                ValueError::new("MessagePack that is cut off")
            }
            Decode::DepthLimitExceeded => ValueError::limit(TOO_DEEP),
            _ => ValueError::new("not MessagePack of this type"),
        })?;
        // The reader does not tell how far it came: at the end, and only there,
        // no further value begins.
        match bool::deserialize(&mut deserializer) {
            Err(Decode::InvalidMarkerRead(_)) => Ok(value),
            _ => Err(ValueError::computed(
                ErrorKind::TrailingBytes,
                "bytes are left over after the value".to_owned(),
            )),
        }
    }
}
