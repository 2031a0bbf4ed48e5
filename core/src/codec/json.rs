//! JSON, by serde_json.

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::Format;
use super::checked::Rules;
use super::limited::Limited;
use super::limits::Limits;
use super::serde_codec::{SerdeFormat, serde_codec};
use crate::error::{ErrorKind, ValueError};

/// Any serde type as plain JSON text, which every other program reads:
/// `json.loads` in Python, `JSON.parse` in a browser, `redis-cli` by eye.
///
/// Floats come back exactly as they were; those that are not finite have no
/// JSON form, and are refused. A map's keys must be strings, integers or `bool`.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, RedisModel};
/// #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "session:{token}", blob = Json)]
/// struct Session { token: String, share: f64 }
///
/// let session = Session { token: "a".into(), share: 0.1 };
/// assert_eq!(session.to_bytes()?, br#"{"token":"a","share":0.1}"#);
/// assert!(Session { share: f64::NAN, ..session }.to_bytes().is_err());
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Json;

serde_codec!(Json, "json", Format::JSON);

impl SerdeFormat for Json {
    const RULES: Rules = Rules::JSON;

    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError> {
        // Serde's message may quote the value, so it is not passed on.
        serde_json::to_writer(out, value).map_err(|_| {
            ValueError::new(
                "the value has no JSON form (a map key that is not text, or its own refusal)",
            )
        })
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        // `Limited` counts levels, as for all formats; serde_json's own limit is
        // another, and its error looks like one of syntax.
        deserializer.disable_recursion_limit();
        let value =
            T::deserialize(Limited::new(&mut deserializer, limits)).map_err(|e| wrong(&e))?;
        deserializer.end().map_err(|error| {
            let at = format!(
                "something follows the value (line {}, column {})",
                error.line(),
                error.column()
            );
            ValueError::computed(ErrorKind::TrailingBytes, at)
        })?;
        Ok(value)
    }
}

fn wrong(error: &serde_json::Error) -> ValueError {
    let what = match error.classify() {
        Category::Data => "JSON of another shape than the type",
        Category::Eof => "JSON that is cut off",
        Category::Syntax | Category::Io => "not JSON",
    };
    let at = format!("{what} (line {}, column {})", error.line(), error.column());
    ValueError::computed(ErrorKind::Codec, at)
}
