//! Python pickles, read only.

mod scan;

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_pickle::{DeOptions, Deserializer};

use crate::codec::Format;
use crate::codec::serde::limited::Limited;
use crate::codec::serde::limits::{Limits, no_trailing};
use crate::codec::serde::{SerdeFormat, serde_codec};
use crate::error::ValueError;

/// Pickles of Python's `pickle.dumps`, protocols 0 to 5, that contain only dicts,
/// lists, tuples, sets, text, bytes, numbers (integers in the range of `i64`),
/// `True`, `False` and `None`.
///
/// Reads only, for moving data off pickle with `codecs = [Json, Pickle]`. Pickles
/// can name code to run on loading. Such a pickle is an error before any of it is
/// decoded, so nothing ever runs.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, RedisModel, codec::Pickle};
/// #[derive(Debug, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "session:{id}", codecs = [Json, Pickle])]
/// struct Session { id: u64, user: String }
///
/// // pickle.dumps({"id": 7, "user": "ada"}, 4)
/// let stored = b"\x80\x04}(\x8c\x02idK\x07\x8c\x04user\x8c\x03adau.";
/// let session = Session::from_bytes(stored)?;
/// assert_eq!(session.user, "ada");
/// assert_eq!(session.to_bytes()?, br#"{"id":7,"user":"ada"}"#);
///
/// // A pickle that would run `ls`.
/// let hostile = Session::from_bytes(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.");
/// assert!(hostile.unwrap_err().to_string().contains("names code to run"));
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Pickle;

serde_codec!(Pickle);

impl SerdeFormat for Pickle {
    const NAME: &'static str = "pickle";
    const FORMAT: Format = Format::built_in(7, true);

    fn write<T: Serialize, W: Write>(_: &T, _: &mut W) -> Result<(), ValueError> {
        Err(ValueError::new(
            "pickles are only read; list another codec first: `codecs = [Json, Pickle]`",
        ))
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        let (plain, end) = scan::plain_data(bytes)?;
        no_trailing(bytes.len() - end)?;
        // Read Python 2's `str` as text.
        let options = DeOptions::new().decode_strings();
        let mut deserializer = Deserializer::new(&plain[..], options);
        T::deserialize(Limited::new(&mut deserializer, limits))
            .map_err(|_| ValueError::new("a pickle of another shape than the type"))
    }
}
