//! Codecs: any type to the bytes of one Redis value, and back.
//!
//! [`Codec`] is generic over the type, so that formats without serde fit too.
//! A codec is named as a type (`#[redis(codec = Json)]`, `blob = Bincode`),
//! never chosen by stored bytes.

#[cfg(feature = "bincode")]
mod bincode;
#[cfg(feature = "cbor")]
mod cbor;
#[cfg(feature = "serde")]
#[cfg_attr(
    not(any(
        feature = "json",
        feature = "msgpack",
        feature = "cbor",
        feature = "postcard",
        feature = "bincode",
        feature = "pickle"
    )),
    allow(dead_code, unused_macros, unused_imports)
)]
mod checked;
#[cfg(any(feature = "zstd", feature = "lz4"))]
mod compressed;
mod envelope;
#[cfg(any(feature = "postcard", feature = "bincode"))]
mod fingerprint;
mod foreign;
mod format;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "seal")]
mod keys;
#[cfg(feature = "serde")]
#[cfg_attr(
    not(any(
        feature = "json",
        feature = "msgpack",
        feature = "cbor",
        feature = "postcard",
        feature = "bincode",
        feature = "pickle"
    )),
    allow(dead_code, unused_macros, unused_imports)
)]
mod limited;
#[cfg(feature = "serde")]
#[cfg_attr(
    not(any(
        feature = "json",
        feature = "msgpack",
        feature = "cbor",
        feature = "postcard",
        feature = "bincode",
        feature = "pickle"
    )),
    allow(dead_code, unused_macros, unused_imports)
)]
mod limits;
#[cfg(any(feature = "postcard", feature = "bincode"))]
mod losses;
#[cfg(feature = "msgpack")]
mod msgpack;
#[cfg(feature = "serde")]
#[cfg_attr(
    not(any(
        feature = "json",
        feature = "msgpack",
        feature = "cbor",
        feature = "postcard",
        feature = "bincode",
        feature = "pickle"
    )),
    allow(dead_code, unused_macros, unused_imports)
)]
mod optional;
#[cfg(feature = "pickle")]
mod pickle;
mod place;
#[cfg(feature = "postcard")]
mod postcard;
mod round_trip;
#[cfg(feature = "seal")]
mod sealed;
#[cfg(feature = "serde")]
#[cfg_attr(
    not(any(
        feature = "json",
        feature = "msgpack",
        feature = "cbor",
        feature = "postcard",
        feature = "bincode",
        feature = "pickle"
    )),
    allow(dead_code, unused_macros, unused_imports)
)]
mod serde_codec;
mod stored;

use std::io::Write;

#[cfg(feature = "bincode")]
pub use self::bincode::{Bincode, BincodeLegacy};
#[cfg(feature = "cbor")]
pub use self::cbor::Cbor;
#[cfg(feature = "lz4")]
pub use self::compressed::Lz4;
#[cfg(feature = "zstd")]
pub use self::compressed::Zstd;
pub use self::envelope::Envelope;
pub use self::format::Format;
#[cfg(feature = "json")]
pub use self::json::Json;
#[cfg(feature = "seal")]
pub use self::keys::{KeyRing, Keys};
#[cfg(feature = "msgpack")]
pub use self::msgpack::MsgPack;
#[cfg(feature = "pickle")]
pub use self::pickle::Pickle;
pub use self::place::Place;
#[cfg(feature = "postcard")]
pub use self::postcard::Postcard;
pub use self::round_trip::assert_codec_roundtrip;
#[cfg(feature = "aes-gcm")]
pub use self::sealed::Aes256Gcm;
#[cfg(feature = "seal")]
pub use self::sealed::{Sealed, Signed, XChaCha20};
pub use self::stored::{Layout, Past, Readers};
pub(crate) use self::stored::{newer, read, refused, unlisted};
use crate::error::ValueError;

/// The largest blob that a codec reads or writes, in bytes: 64 MiB.
pub(crate) const MAX_BLOB: usize = 64 << 20;

/// Turns a `T` into bytes and back.
///
/// The built-in codecs are generic over serde's traits. They write what they read
/// back: at most 64 MiB, nested in at most 128 levels (a list, map, struct, enum,
/// `Some` or newtype is one; a variant with fields is two), with no more than 64
/// elements that take no bytes, and eight for each byte. What goes beyond is
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit), on writing as on reading.
///
/// A codec of your own:
///
/// ```
/// use std::io::Write;
/// use redis_model::{Codec, Operation, Place, RedisModel, ValueError};
///
/// /// Words, separated by commas; no text is no words.
/// struct Commas;
///
/// impl Codec<Vec<String>> for Commas {
///     const NAME: &'static str = "commas";
///
///     fn encode<W: Write>(words: &Vec<String>, _: &Place<'_>, out: &mut W) -> Result<(), ValueError> {
///         if words.iter().any(|word| word.is_empty() || word.contains(',')) {
///             return Err(ValueError::new("a word that is empty or has a comma cannot be stored"));
///         }
///         let _ = out.write_all(words.join(",").as_bytes());
///         Ok(())
///     }
///
///     fn decode(bytes: &[u8], _: &Place<'_>) -> Result<Vec<String>, ValueError> {
///         let text = std::str::from_utf8(bytes).map_err(|_| ValueError::new("not UTF-8"))?;
///         Ok(text.split_terminator(',').map(str::to_owned).collect())
///     }
/// }
///
/// #[derive(RedisModel)]
/// #[redis(key = "post:{id}")]
/// struct Post { id: u64, #[redis(codec = Commas)] tags: Vec<String> }
///
/// let post = Post { id: 1, tags: vec!["a".into(), "b".into()] };
/// assert_eq!(post.save().explain()?.to_string(), "HSET post:1 tags a,b");
/// redis_model::assert_codec_roundtrip::<Commas, _>(&post.tags);
/// redis_model::assert_codec_roundtrip::<Commas, _>(&Vec::new());
/// # Ok::<(), redis_model::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the codec `{Self}` cannot store `{T}`",
    label = "the codec `{Self}` does not know this type",
    note = "the built-in codecs store what implements `serde::Serialize` and `serde::de::DeserializeOwned`: add `#[derive(serde::Serialize, serde::Deserialize)]` to the type, and to those inside it"
)]
pub trait Codec<T> {
    /// The codec's name in errors, such as `json`.
    const NAME: &'static str;

    /// What an envelope says about it; a codec of your own needs none.
    const FORMAT: Format = Format::UNKNOWN;

    /// Writes `value`. Writing into `out` itself does not fail.
    ///
    /// # Errors
    ///
    /// If the value could not be read back. Nothing of the record is stored then.
    fn encode<W: Write>(value: &T, place: &Place<'_>, out: &mut W) -> Result<(), ValueError>;

    /// Reads a value; all of `bytes` must be used.
    ///
    /// # Errors
    ///
    /// If the bytes are not a value of this type. The error never holds them; it
    /// names the format that another program wrote them in, as far as it is known.
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

    /// A number that changes with the layout of a `T`: its fields, their order
    /// and their types. For formats that store values without names, where it
    /// tells a changed struct from the one that was stored; else 0.
    fn fingerprint() -> u16 {
        0
    }

    /// What of a value the format cannot keep, for whoever tests it.
    #[doc(hidden)]
    fn losses(value: &T) -> Vec<String> {
        let _ = value;
        Vec::new()
    }
}
