//! Codecs: any type to the bytes of one Redis value, and back.
//!
//! [`Codec`] is generic over the type, so that formats without serde fit too.
//! A codec is named as a type (`#[redis(codec = Json)]`, `blob = Bincode`),
//! never chosen by stored bytes.
//!
//! | codecs | |
//! |---|---|
//! | [`Plain`] | stores a [`RedisValue`] as it is |
//! | `Json`, `MsgPack`, `Cbor` | store the names of fields; fields can come and go |
//! | `Postcard`, `Bincode`, `BincodeLegacy` | store no names; a blob gets an envelope |
//! | `Pickle`, `PickleOf<L>` | read Python pickles, for [moving off them](leaving_pickle) |
//! | `Zstd<C>`, `Lz4<C>` | compress what another codec writes |
//! | [`Fallback<C, Old>`](Fallback) | writes one format and reads two, for moving a field |
//! | `Zlib<C>` | the same as Python's `zlib` |
//! | `Sealed<C, K>`, `Signed<C, K>` | encrypt or sign it |
//!
//! Each but `Plain` and `Fallback` needs the Cargo feature of its name (`seal` for the last
//! two).

/// Moving data in Redis off Python's pickle, also while a Python program stays.
#[cfg(feature = "pickle")]
#[doc = include_str!("codec/format/pickle/leaving.md")]
pub mod leaving_pickle {}

mod envelope;
mod foreign;
mod format;
mod location;
mod round_trip;
#[cfg(feature = "serde")]
// The feature alone has no format that uses the module.
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
mod serde;
mod wrap;

use std::io::Write;

pub use self::envelope::Format;
#[doc(hidden)]
pub use self::envelope::{BlobFormat, CodecList, Envelope, OpenedValue, Predecessors};
pub(crate) use self::envelope::{newer_version, read, refused_migration, unlisted_version};
#[cfg(feature = "cbor")]
pub use self::format::Cbor;
#[cfg(feature = "json")]
pub use self::format::Json;
#[cfg(feature = "msgpack")]
pub use self::format::MsgPack;
#[cfg(feature = "postcard")]
pub use self::format::Postcard;
#[cfg(feature = "bincode")]
pub use self::format::{Bincode, BincodeLegacy};
#[cfg(feature = "pickle")]
pub use self::format::{Pickle, PickleCalls, PickleOf};
pub use self::location::Location;
pub use self::round_trip::assert_codec_roundtrip;
#[cfg(feature = "aes-gcm")]
pub use self::wrap::Aes256Gcm;
pub use self::wrap::Fallback;
#[cfg(feature = "lz4")]
pub use self::wrap::Lz4;
#[cfg(feature = "zlib")]
pub use self::wrap::Zlib;
#[cfg(feature = "zstd")]
pub use self::wrap::Zstd;
#[cfg(feature = "seal")]
pub use self::wrap::{Cipher, KeyProvider, KeyRing, Sealed, Signed, XChaCha20};
use crate::error::ValueError;
pub use crate::field::Plain;
use crate::value::RedisValue;

/// The largest blob that a codec reads or writes, in bytes: 64 MiB.
const MAX_BLOB: usize = 64 << 20;

pub(crate) fn check_size(bytes: usize) -> Result<(), ValueError> {
    if bytes > MAX_BLOB { Err(ValueError::limit("larger than 64 MiB")) } else { Ok(()) }
}

/// A pair of functions that encode a `T` as bytes and decode it.
///
/// The error of a value that is not a `T` says where: by the names of the program's own
/// fields and variants and by positions, never by a part of the value (a map's key is
/// `[…]`).
///
/// ```
/// use redis_model::Json;
/// use redis_model::codec::{Codec, Location};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Cart { items: Vec<Item> }
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct Item { name: String, price: f64 }
///
/// let stored = br#"{"items":[{"name":"tea","price":2.5},{"name":"milk","price":"1.20"}]}"#;
/// let error = <Json as Codec<Cart>>::decode(stored, &Location::NOWHERE).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "JSON of another shape than the type (line 1, column 66) at items[1].price: \
///      expected a number, found text"
/// );
/// ```
///
/// The built-in codecs are generic over serde's traits. They write only what they
/// can read back: at most 64 MiB, at most 128 levels of nesting (a list, map,
/// struct, enum, `Some` or newtype is one level; a variant with fields is two), and
/// at most 64 elements plus eight per byte. Anything beyond is
/// [`ErrorKind::Limit`](crate::ErrorKind::Limit), in writing and in reading.
///
/// A codec of your own:
///
/// ```
/// use std::io::Write;
/// use redis_model::codec::{Codec, Location, assert_codec_roundtrip};
/// use redis_model::{Operation, RedisModel, ValueError};
///
/// /// Words, separated by commas; an empty text is no words.
/// struct Commas;
///
/// impl Codec<Vec<String>> for Commas {
///     const NAME: &'static str = "commas";
///
///     fn encode<W: Write>(words: &Vec<String>, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
///         if words.iter().any(|word| word.is_empty() || word.contains(',')) {
///             return Err(ValueError::new("a word that is empty or has a comma cannot be stored"));
///         }
///         let _ = out.write_all(words.join(",").as_bytes());
///         Ok(())
///     }
///
///     fn decode(bytes: &[u8], _: &Location<'_>) -> Result<Vec<String>, ValueError> {
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
/// assert_codec_roundtrip::<Commas, _>(&post.tags);
/// assert_codec_roundtrip::<Commas, _>(&Vec::new());
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

    /// The codec's number in the envelope, and whether values name their fields.
    /// The default suits a codec of your own.
    const FORMAT: Format = Format::UNKNOWN;

    /// Encodes `value` into `out`, where writing does not fail.
    ///
    /// # Errors
    ///
    /// If the value could not be read back. Nothing of the record is stored then.
    fn encode<W: Write>(value: &T, location: &Location<'_>, out: &mut W) -> Result<(), ValueError>;

    /// Decodes a value from all of `bytes`.
    ///
    /// # Errors
    ///
    /// If the bytes are not a value of this type. The error never contains the
    /// bytes. If they look like the format of another program, the error names it.
    fn decode(bytes: &[u8], location: &Location<'_>) -> Result<T, ValueError>;

    /// Returns `true` if a hash omits the field for this value, as for `None`.
    fn is_absent(value: &T) -> bool {
        let _ = value;
        false
    }

    /// Returns the value of a field that is missing in the hash, if the type has
    /// one (`None` for an `Option`).
    fn absent() -> Option<T> {
        None
    }

    /// Returns a number that changes with the layout of a `T`: its fields, their
    /// order and their types. Formats that store no names use it to detect a value
    /// that was stored with another layout. Formats with names return 0.
    fn fingerprint() -> u16 {
        0
    }

    /// Encodes an item of a structure; its errors name the codec.
    #[doc(hidden)]
    fn encode_item<W: Write>(
        item: &T,
        location: &Location<'_>,
        out: &mut W,
    ) -> Result<(), ValueError> {
        Self::encode(item, location, out).map_err(|error| error.of_codec(Self::NAME))
    }

    /// Decodes an item of a structure, and may keep the buffer; its errors name the codec.
    #[doc(hidden)]
    fn decode_item(bytes: Vec<u8>, location: &Location<'_>) -> Result<T, ValueError> {
        Self::decode(&bytes, location).map_err(|error| error.of_codec(Self::NAME))
    }
}

/// The codec of every [`RedisValue`], without a format of its own: `42` is stored as `42`.
///
/// Items of [structures](crate::structures) are stored with it by default. Its errors are
/// those of the value ([`InvalidValue`](crate::ErrorKind::InvalidValue)).
#[diagnostic::do_not_recommend]
impl<T: RedisValue> Codec<T> for Plain {
    const NAME: &'static str = "plain";

    fn encode<W: Write>(value: &T, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        value.write(out)
    }

    fn decode(bytes: &[u8], _: &Location<'_>) -> Result<T, ValueError> {
        T::read(bytes.to_vec())
    }

    fn encode_item<W: Write>(item: &T, _: &Location<'_>, out: &mut W) -> Result<(), ValueError> {
        item.write(out)
    }

    fn decode_item(bytes: Vec<u8>, _: &Location<'_>) -> Result<T, ValueError> {
        T::read(bytes)
    }
}
