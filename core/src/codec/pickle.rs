//! Python pickles, for reading only.

mod scan;

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_pickle::{DeOptions, Deserializer};

use super::Format;
use super::checked::Rules;
use super::limited::Limited;
use super::limits::{Limits, no_trailing};
use super::serde_codec::{SerdeFormat, serde_codec};
use crate::error::ValueError;

/// What Python's `pickle.dumps` wrote, of protocol 0 to 5: dicts, lists,
/// tuples, sets, text, bytes, numbers (integers up to those of an `i64`), `True`,
/// `False` and `None`.
///
/// For moving data off pickle, `codecs = [Json, Pickle]`: nothing writes it.
/// Pickles can name code to run on loading; one that does is refused before
/// any of it is read, so nothing ever runs.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, Pickle, RedisModel};
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

serde_codec!(Pickle, "pickle", Format::PICKLE);

impl SerdeFormat for Pickle {
    const RULES: Rules = Rules::NAMED;

    fn write<T: Serialize, W: Write>(_: &T, _: &mut W) -> Result<(), ValueError> {
        Err(ValueError::new(
            "pickles are only read; list another codec first: `codecs = [Json, Pickle]`",
        ))
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        let (plain, end) = scan::plain_data(bytes)?;
        no_trailing(bytes.len() - end)?;
        // `decode_strings`: Python 2's `str` is text here.
        let options = DeOptions::new().decode_strings();
        let mut deserializer = Deserializer::new(&plain[..], options);
        T::deserialize(Limited::new(&mut deserializer, limits))
            .map_err(|_| ValueError::new("a pickle of another shape than the type"))
    }
}
