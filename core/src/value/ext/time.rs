//! Times and dates of the crate `time`, as RFC 3339 and ISO 8601.

use std::io::Write;
use std::time::SystemTime;

use time::format_description::well_known::{Iso8601, Rfc3339};
use time::{Date, OffsetDateTime};

use crate::error::ValueError;
use crate::value::unix::NOT_OF_THE_TYPE;
use crate::value::{RedisValue, UnixTime, put};

/// With its offset.
impl RedisValue for OffsetDateTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let wrong =
            "a time outside of the years 0 to 9999, or with an offset in seconds, cannot be stored";
        let text = self.format(&Rfc3339).map_err(|_| ValueError::new(wrong))?;
        put(out, text.as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).unwrap_or("");
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(time) => Ok(time),
            Err(_) => SystemTime::read(bytes).map(Into::into),
        }
    }
}

impl UnixTime for OffsetDateTime {
    fn to_unix_nanos(&self) -> Result<i128, ValueError> {
        Ok(self.unix_timestamp_nanos())
    }

    fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError> {
        Self::from_unix_timestamp_nanos(nanos).map_err(|_| NOT_OF_THE_TYPE)
    }
}

impl RedisValue for Date {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let wrong = "a date outside of the years 0 to 9999 cannot be stored";
        let text = self.format(&Iso8601::DATE).map_err(|_| ValueError::new(wrong))?;
        put(out, text.as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).unwrap_or("");
        Date::parse(text, &Iso8601::DATE)
            .map_err(|_| ValueError::new("not a date such as `2025-11-20`"))
    }
}
