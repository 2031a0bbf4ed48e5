//! Codecs: any type to the bytes of one Redis value, and back.
//!
//! [`Codec`] is generic over the type, so that formats without serde fit too.
//! A codec is named as a type (`#[redis(codec = Json)]`, `blob = Bincode`),
//! never chosen by stored bytes.

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "serde")]
#[cfg_attr(not(any(feature = "json", feature = "bincode")), allow(dead_code))]
mod optional;

use std::fmt;
use std::io::Write;

#[cfg(feature = "bincode")]
pub use self::bincode::{Bincode, BincodeLegacy};
#[cfg(feature = "json")]
pub use self::json::Json;
use crate::error::ValueError;

/// The largest blob that a codec reads, in bytes: 64 MiB.
#[cfg(feature = "serde")]
pub(crate) const MAX_BLOB: usize = 64 << 20;

/// Turns a `T` into bytes and back.
///
/// The built-in codecs are generic over serde's traits. One of your own:
///
/// ```
/// use std::io::Write;
/// use redis_model::{Codec, Operation, Place, RedisModel, ValueError};
///
/// /// Words, separated by commas.
/// struct Commas;
///
/// impl Codec<Vec<String>> for Commas {
///     const NAME: &'static str = "commas";
///
///     fn encode<W: Write>(words: &Vec<String>, _: &Place<'_>, out: &mut W) -> Result<(), ValueError> {
///         if words.iter().any(|word| word.contains(',')) {
///             return Err(ValueError::new("a word with a comma cannot be stored"));
///         }
///         let _ = out.write_all(words.join(",").as_bytes());
///         Ok(())
///     }
///
///     fn decode(bytes: &[u8], _: &Place<'_>) -> Result<Vec<String>, ValueError> {
///         let text = std::str::from_utf8(bytes).map_err(|_| ValueError::new("not UTF-8"))?;
///         Ok(text.split(',').map(str::to_owned).collect())
///     }
/// }
///
/// #[derive(RedisModel)]
/// #[redis(key = "post:{id}")]
/// struct Post { id: u64, #[redis(codec = Commas)] tags: Vec<String> }
///
/// let post = Post { id: 1, tags: vec!["a".into(), "b".into()] };
/// assert_eq!(post.save().explain()?.to_string(), "HSET post:1 tags a,b");
/// # Ok::<(), redis_model::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the codec `{Self}` cannot store `{T}`",
    label = "the codec `{Self}` does not know this type",
    note = "the built-in codecs store what implements `serde::Serialize` and `serde::de::DeserializeOwned`: add `#[derive(serde::Serialize, serde::Deserialize)]` to the type"
)]
pub trait Codec<T> {
    /// The codec's name in errors, such as `json`.
    const NAME: &'static str;

    /// Writes `value`. Writing into `out` itself does not fail.
    fn encode<W: Write>(value: &T, place: &Place<'_>, out: &mut W) -> Result<(), ValueError>;

    /// Reads a value; all of `bytes` must be used.
    fn decode(bytes: &[u8], place: &Place<'_>) -> Result<T, ValueError>;

    /// Whether a hash leaves the field out for this value, as it does for `None`.
    fn is_absent(value: &T) -> bool {
        let _ = value;
        false
    }

    /// The value that a field which the hash does not have stands for, if there is one.
    fn absent() -> Option<T> {
        None
    }
}

/// Where a value is stored: a codec may bind what it writes to it, so that a
/// value which was copied to another place is refused.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    key: Option<&'a dyn fmt::Display>,
    field: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// Outside Redis: a file, a message.
    pub const NOWHERE: Place<'static> = Place { key: None, field: None };

    pub(crate) fn key_of(key: &'a dyn fmt::Display) -> Self {
        Self { key: Some(key), field: None }
    }

    pub(crate) fn with_field(self, field: &'a str) -> Self {
        Self { field: Some(field), ..self }
    }

    /// The Redis key, where the value is in Redis.
    pub fn key(&self) -> Option<&dyn fmt::Display> {
        self.key
    }

    /// The hash field, where the value is in one.
    pub fn field(&self) -> Option<&str> {
        self.field
    }
}

impl fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.map(|key| key.to_string());
        f.debug_struct("Place").field("key", &key).field("field", &self.field).finish()
    }
}

/// What codecs check before they read.
#[cfg(feature = "serde")]
#[cfg_attr(not(any(feature = "json", feature = "bincode")), allow(dead_code))]
pub(crate) fn check_size(bytes: &[u8]) -> Result<(), ValueError> {
    if bytes.len() > MAX_BLOB { Err(ValueError::limit("larger than 64 MiB")) } else { Ok(()) }
}
