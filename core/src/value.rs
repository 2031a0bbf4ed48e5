//! Values: a Rust type as the text or bytes of exactly one hash field.
//!
//! `ToRedisArgs` and `FromRedisValue` of redis-rs are not used. The former writes any
//! number of arguments (so a `Vec` or a `None` shifts a hash's pairs) and cannot fail. The
//! latter leaks values into errors and reads 300 as the `u8` 44.

#[macro_use]
mod display;
mod bytes;
mod ext;
mod nonzero;
mod number;
mod text;
mod time;
mod unix;

use std::fmt::{self, Display};
use std::io::Write;
use std::str::FromStr;

pub(crate) use number::{Bounds, Increment};
pub use number::{Float, Integer, IntoIncrement, Numeric};
pub(crate) use unix::UnixForm;
pub use unix::UnixTime;

use crate::error::ValueError;

/// A type that is the value of one hash field, in a form that every client can read.
///
/// | Rust | stored as | also read |
/// |---|---|---|
/// | integers, `NonZero` types | decimal text `-42` | what `str::parse` takes |
/// | `f32`, `f64` | shortest text that reads back the same, `0.1` | any float text that is finite |
/// | `bool` | `1`, `0` | `true`, `false`, `True`, `False` |
/// | `char`, `String`, `Box<str>`, `Arc<str>`, `Cow<'static, str>` | UTF-8 | |
/// | `Vec<u8>`, `Box<[u8]>`, `[u8; N]`, `bytes::Bytes` | the bytes | |
/// | `Duration` | ISO 8601 in seconds, `PT90.5S` | other units than months and years; seconds, `90.5` |
/// | `SystemTime` | RFC 3339 in UTC, `2025-11-20T23:19:11.5Z`, years 0 to 9999 | other offsets |
/// | IP and socket addresses | their `Display` | |
/// | enums without data, newtypes | `#[derive(RedisValue)]` | |
///
/// With the features of these names: `bytes::Bytes`, `uuid::Uuid` (hyphenated,
/// lower case), the times and dates of `chrono`, `time` and `jiff` (RFC 3339,
/// ISO 8601), `rust_decimal::Decimal` (which keeps its scale) and `url::Url`.
///
/// Writing a value that its text cannot represent is an error: a float that is not finite,
/// a time outside of the years 0 to 9999 or with an offset in seconds.
///
/// # Unix time
///
/// A time reads no number: 253402300799 is the last second of the year 9999 ("never") to one
/// program and January 1978, in milliseconds, to another. The field's attribute says what a
/// number counts: `#[redis(unix)]`, `#[redis(unix_ms)]` or `#[redis(unix_float)]`, which
/// all types with [`UnixTime`](crate::field::UnixTime) take. The time is then
/// written as such a number, too.
///
/// # Other types
///
/// Other types are stored with `#[redis(codec = Json)]`, or implement this trait:
///
/// ```
/// use std::io::Write;
/// use redis_model::{RedisModel, RedisValue, ValueError};
///
/// struct Colour { r: u8, g: u8, b: u8 }
///
/// impl RedisValue for Colour {
///     fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
///         let _ = write!(out, "#{:02x}{:02x}{:02x}", self.r, self.g, self.b);
///         Ok(())
///     }
///     fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
///         const WRONG: ValueError = ValueError::new("not a colour such as #ff8800");
///         let text = std::str::from_utf8(&bytes).map_err(|_| WRONG)?;
///         let number = text.strip_prefix('#').filter(|digits| digits.len() == 6);
///         let number = u32::from_str_radix(number.ok_or(WRONG)?, 16).map_err(|_| WRONG)?;
///         let [_, r, g, b] = number.to_be_bytes();
///         Ok(Self { r, g, b })
///     }
/// }
///
/// #[derive(RedisModel)]
/// #[redis(key = "theme:{name}")]
/// struct Theme { name: String, accent: Colour, background: Option<Colour> }
///
/// let theme = Theme { name: "dark".into(), accent: Colour { r: 255, g: 136, b: 0 }, background: None };
/// use redis_model::Operation;
/// assert!(theme.save().explain()?.to_string().contains("accent #ff8800"));
/// # Ok::<(), redis_model::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in a hash field",
    label = "not a type that a hash field holds as it is",
    note = "add `#[redis(codec = Json)]` to the field, or derive or implement `redis_model::RedisValue` for the type"
)]
pub trait RedisValue: Sized {
    #[doc(hidden)]
    const COMPARED: &'static str = "bytes";

    /// Returns the number of bytes that [`write`](Self::write) is expected to write, by
    /// which memory is reserved. A little more is better than less.
    fn size_hint(&self) -> usize {
        32
    }

    /// Writes the value to `out`, where writing does not fail.
    ///
    /// # Errors
    ///
    /// If the value could not be read back. Nothing of the record is stored then.
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError>;

    /// Reads the value. It may keep the buffer.
    ///
    /// # Errors
    ///
    /// If the bytes are not a value of this type. The error never contains them.
    fn read(bytes: Vec<u8>) -> Result<Self, ValueError>;
}

/// Writes bytes into memory, which does not fail.
pub(crate) fn put<W: Write>(out: &mut W, bytes: &[u8]) -> Result<(), ValueError> {
    out.write_all(bytes).map_err(|_| ValueError::new("could not be written"))
}

/// Parses a value from its text.
pub(crate) fn parse<T: FromStr>(bytes: &[u8], wrong: ValueError) -> Result<T, ValueError> {
    let text = std::str::from_utf8(bytes).ok();
    text.and_then(|text| text.parse().ok()).ok_or(wrong)
}

/// Writes the value's text. `write!` into an `io::Write` would panic if `Display` fails.
pub(crate) fn put_display<W: Write>(
    out: &mut W,
    value: &(impl Display + ?Sized),
) -> Result<(), ValueError> {
    struct Text<'a, W>(&'a mut W);

    impl<W: Write> fmt::Write for Text<'_, W> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write_all(text.as_bytes()).map_err(|_| fmt::Error)
        }
    }

    // Writing into memory does not fail, so `Display` reported the error.
    fmt::write(&mut Text(out), format_args!("{value}"))
        .map_err(|_| ValueError::new("its `Display` failed"))
}
