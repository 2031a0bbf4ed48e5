//! JSON, by serde_json.

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::{Codec, Place, check_size, optional};
use crate::error::{ErrorKind, ValueError};

/// Any serde type as plain JSON text, which every other program reads:
/// `json.loads` in Python, `JSON.parse` in a browser, `redis-cli` by eye.
///
/// A map's keys must be strings, integers or `bool`.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl<T: Serialize + DeserializeOwned> Codec<T> for Json {
    const NAME: &'static str = "json";

    fn encode<W: Write>(value: &T, _: &Place<'_>, out: &mut W) -> Result<(), ValueError> {
        // Serde's message may quote the value, so it is not passed on.
        serde_json::to_writer(out, value).map_err(|_| {
            ValueError::new(
                "the value has no JSON form (a map key that is not text, or its own refusal)",
            )
        })
    }

    fn decode(bytes: &[u8], _: &Place<'_>) -> Result<T, ValueError> {
        check_size(bytes)?;
        serde_json::from_slice(bytes).map_err(|error| {
            let what = match error.classify() {
                Category::Data => "JSON of another shape than the type",
                Category::Eof => "JSON that is cut off",
                Category::Syntax | Category::Io => "not JSON",
            };
            let at = format!("{what} (line {}, column {})", error.line(), error.column());
            ValueError::computed(ErrorKind::Codec, at)
        })
    }

    fn is_absent(value: &T) -> bool {
        optional::is_none(value)
    }

    fn absent() -> Option<T> {
        optional::missing()
    }
}
