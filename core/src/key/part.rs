//! The value of one placeholder as text, and back.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::sync::Arc;

use crate::error::ValueError;
use crate::value::RedisValue;

/// A type that can be part of a key.
///
/// Implemented for integers and their `NonZero` types, `bool`, `char`, strings and IP addresses,
/// with the features of these names for `uuid::Uuid` and for the dates `chrono::NaiveDate`,
/// `jiff::civil::Date` and `time::Date` (`2025-11-20`). An enum without data or a newtype
/// derives it: `#[derive(RedisValue, KeyPart)]`. Errors and logs show keys, so a key part must not be a secret. `read_part` must
/// return the value that `write_part` wrote, because scans skip keys that do not parse to
/// an id with the same key.
///
/// For a type of your own, write its usual text:
///
/// ```
/// use redis_model::{KeyPart, PartWriter, RedisModel, ValueError};
///
/// #[derive(Clone)]
/// struct Sku(u32);
///
/// impl KeyPart for Sku {
///     fn write_part(&self, out: &mut PartWriter<'_>) {
///         out.text(&format!("SKU-{:05}", self.0));
///     }
///     fn read_part(text: &str) -> Result<Self, ValueError> {
///         let digits = text.strip_prefix("SKU-").and_then(|digits| digits.parse().ok());
///         digits.map(Sku).ok_or(ValueError::new("not a SKU"))
///     }
/// }
///
/// #[derive(RedisModel)]
/// #[redis(key = "stock:{sku}")]
/// struct Stock { sku: Sku, pieces: u32 }
///
/// assert_eq!(Stock::key(Sku(42)), "stock:SKU-00042");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a Redis key",
    label = "named in the key, but it has no text form for keys",
    note = "integers, `NonZero` types, `bool`, `char`, strings, IP addresses and, with their features, UUIDs and dates can; to an enum without data or a newtype add `#[derive(redis_model::KeyPart)]`"
)]
pub trait KeyPart: Sized + Send + Sync + 'static {
    /// Writes the part's text. The writer escapes it.
    fn write_part(&self, out: &mut PartWriter<'_>);

    /// Reads the part from its unescaped text.
    ///
    /// # Errors
    ///
    /// If the text is not a part of this type. The key is then not one of the model.
    fn read_part(text: &str) -> Result<Self, ValueError>;
}

/// A writer that escapes the text of a [`KeyPart`].
#[derive(Debug)]
pub struct PartWriter<'a> {
    out: &'a mut String,
    raw: bool,
}

impl<'a> PartWriter<'a> {
    pub(crate) fn new(out: &'a mut String, raw: bool) -> Self {
        Self { out, raw }
    }

    /// Appends text, which is escaped unless the placeholder is `:raw`.
    pub fn text(&mut self, text: &str) {
        if self.raw {
            return self.out.push_str(text);
        }
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            if is_special(byte) {
                self.out.push_str(&text[plain..at]);
                let _ = write!(self.out, "%{byte:02X}");
                plain = at + 1;
            }
        }
        self.out.push_str(&text[plain..]);
    }

    /// Appends the text that a field stores for the value.
    #[doc(hidden)]
    pub fn value<V: RedisValue>(&mut self, value: &V) {
        let mut text = Vec::new();
        if value.write(&mut text).is_ok() {
            self.text(&String::from_utf8_lossy(&text));
        }
    }
}

impl fmt::Write for PartWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// Returns `true` for bytes with a meaning in keys. All of them are ASCII, so a `str`
/// can be split around each.
pub(super) fn is_special(byte: u8) -> bool {
    matches!(byte, b'%' | b':' | b'{' | b'}') || byte.is_ascii_control()
}

/// Undoes the escaping of [`PartWriter::text`].
pub(super) fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Implements `KeyPart` by `Display` and `FromStr`.
macro_rules! displayed {
    ($($ty:ty: $wrong:expr;)*) => {$(
        impl KeyPart for $ty {
            fn write_part(&self, out: &mut PartWriter<'_>) {
                let _ = write!(out, "{self}");
            }

            fn read_part(text: &str) -> Result<Self, ValueError> {
                text.parse().map_err(|_| ValueError::new($wrong))
            }
        }
    )*};
}

macro_rules! integers {
    ($($int:ty)*) => {$(
        impl KeyPart for $int {
            fn write_part(&self, out: &mut PartWriter<'_>) {
                // Digits and signs need no escapes.
                out.out.push_str(itoa::Buffer::new().format(*self));
            }

            fn read_part(text: &str) -> Result<Self, ValueError> {
                let wrong = concat!("not an integer of type ", stringify!($int));
                text.parse().map_err(|_| ValueError::new(wrong))
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

macro_rules! non_zero {
    ($($int:ty)*) => {
        displayed! { $($int: concat!("not an integer of type ", stringify!($int));)* }
    };
}

non_zero!(NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroI128 NonZeroIsize);
non_zero!(NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroU128 NonZeroUsize);

displayed! {
    bool: "not `true` or `false`";
    char: "not one character";
    IpAddr: "not an IP address";
}

#[cfg(feature = "chrono")]
displayed! {
    chrono::NaiveDate: NOT_A_DATE;
}

#[cfg(feature = "jiff")]
displayed! {
    jiff::civil::Date: NOT_A_DATE;
}

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
const NOT_A_DATE: &str = "not a date such as `2025-11-20`";

/// ISO 8601, as the other crates write dates: of a year outside of 0 to 9999 with a sign. The
/// crate's own format is an error for such years.
#[cfg(feature = "time")]
impl KeyPart for time::Date {
    fn write_part(&self, out: &mut PartWriter<'_>) {
        let (year, month, day) = self.to_calendar_date();
        let _ = match year {
            0..=9999 => write!(out, "{year:04}"),
            _ => write!(out, "{year:+05}"),
        };
        let _ = write!(out, "-{:02}-{day:02}", u8::from(month));
    }

    fn read_part(text: &str) -> Result<Self, ValueError> {
        let mut parts = text.rsplitn(3, '-');
        let (day, month, year) = (parts.next(), parts.next(), parts.next());
        let date = || {
            let month: u8 = month?.parse().ok()?;
            let month = time::Month::try_from(month).ok()?;
            Self::from_calendar_date(year?.parse().ok()?, month, day?.parse().ok()?).ok()
        };
        date().ok_or(ValueError::new(NOT_A_DATE))
    }
}

macro_rules! strings {
    ($($string:ty)*) => {$(
        impl KeyPart for $string {
            fn write_part(&self, out: &mut PartWriter<'_>) {
                out.text(self);
            }

            fn read_part(text: &str) -> Result<Self, ValueError> {
                Ok(text.to_owned().into())
            }
        }
    )*};
}

strings!(String Box<str> Arc<str> Cow<'static, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        PartWriter::new(&mut out, false).text(text);
        out
    }

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(escaped("a:b{c}%\0é\n"), "a%3Ab%7Bc%7D%25%00é%0A");
    }

    #[test]
    fn a_broken_escape_is_refused() {
        for text in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone(text in any::<String>()) {
            let escaped = escaped(&text);
            prop_assert!(!escaped.bytes().any(|b| is_special(b) && b != b'%'));
            prop_assert_eq!(unescape(&escaped).unwrap(), text);
        }
    }
}
