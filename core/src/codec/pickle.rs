//! Python pickles, for reading only.

mod scan;

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_pickle::{DeOptions, Deserializer};

use super::Format;
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
#[derive(Debug, Clone, Copy)]
pub struct Pickle;

serde_codec!(Pickle, "pickle", Format::PICKLE);

impl SerdeFormat for Pickle {
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
