//! Zoned times and spans of the crate `jiff`, whose text does not always keep all
//! of the value: it is read before it is written.

use std::io::Write;

use jiff::{Span, Zoned};

use super::{RedisValue, put};
use crate::error::ValueError;

/// RFC 9557: the time with its offset and the name of its zone.
impl RedisValue for Zoned {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let text = self.to_string();
        match text.parse::<Self>() {
            Ok(read) if read == *self && read.time_zone() == self.time_zone() => {
                put(out, text.as_bytes())
            }
            _ => Err(ValueError::new(
                "a time in a zone without a known name, or with an offset in seconds, cannot be \
                 stored",
            )),
        }
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let wrong = ValueError::new(
            "not a time with its zone, such as `2025-11-20T23:19:11+01:00[Europe/Vienna]`",
        );
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong.clone())?;
        text.parse().map_err(|_| wrong)
    }
}

/// ISO 8601, which has no units below seconds: milliseconds come back as
/// fractions of seconds.
impl RedisValue for Span {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let text = self.to_string();
        match text.parse::<Self>() {
            Ok(read) if read.to_string() == text => put(out, text.as_bytes()),
            _ => Err(ValueError::new("a span of so many units below seconds cannot be stored")),
        }
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let wrong = ValueError::new("not a span such as `P1M2DT3H`");
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong.clone())?;
        text.parse().map_err(|_| wrong)
    }
}
