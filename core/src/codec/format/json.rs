//! JSON, with serde_json.

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::codec::Format;
use crate::codec::serde::limited::Limited;
use crate::codec::serde::limits::Limits;
use crate::codec::serde::{SerdeFormat, serde_codec};
use crate::error::{ErrorKind, ValueError};

/// Any serde type as plain JSON text, which other programs read (`json.loads` in
/// Python, `JSON.parse` in a browser, people in `redis-cli`).
///
/// Floats are read back exactly. NaN and infinity have no JSON form and are an
/// error. A map's keys must be strings, integers or `bool`. `Some(None)` and `Some(())` are
/// `null`, which is read back as `None`.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use redis_model::{Json, RedisModel};
/// #[derive(Debug, PartialEq, Serialize, Deserialize, RedisModel)]
/// #[redis(key = "holder:{id}", blob = Json)]
/// struct Holder { id: u64, share: f64 }
///
/// let holder = Holder { id: 7, share: 0.1 };
/// assert_eq!(holder.to_bytes()?, br#"{"id":7,"share":0.1}"#);
/// assert!(Holder { share: f64::NAN, ..holder }.to_bytes().is_err());
/// # Ok::<(), redis_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Json;

serde_codec!(Json);

impl SerdeFormat for Json {
    const NAME: &'static str = "json";
    const FORMAT: Format = Format::built_in(1, true);
    const SHAPE: &'static str = "JSON of another shape than the type";
    const UNREADABLE: &'static str = "not JSON";
    const IS_TEXT: bool = true;

    fn write<T: Serialize, W: Write>(value: &T, out: &mut W) -> Result<(), ValueError> {
        // Serde's message is dropped because it may quote the value.
        serde_json::to_writer(out, value).map_err(|_| {
            ValueError::new(
                "the value has no JSON form (a map key is not text, or the type refused)",
            )
        })
    }

    fn read<T: DeserializeOwned>(bytes: &[u8], limits: &Limits) -> Result<T, ValueError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        // `Limited` counts levels for all formats. serde_json's own limit differs
        // and is reported as a syntax error.
        deserializer.disable_recursion_limit();
        let value =
            T::deserialize(Limited::new(&mut deserializer, limits)).map_err(|e| describe(&e))?;
        deserializer.end().map_err(|error| {
            let at = format!(
                "trailing characters after the value (line {}, column {})",
                error.line(),
                error.column()
            );
            ValueError::computed(ErrorKind::TrailingBytes, at)
        })?;
        Ok(value)
    }
}

fn describe(error: &serde_json::Error) -> ValueError {
    let what = match error.classify() {
        Category::Data => Json::SHAPE,
        Category::Eof => "truncated JSON",
        Category::Syntax | Category::Io => Json::UNREADABLE,
    };
    let at = match error.line() {
        // The type refused the whole value after it was read.
        0 => what.to_owned(),
        line => format!("{what} (line {line}, column {})", error.column()),
    };
    ValueError::computed(ErrorKind::Codec, at)
}
