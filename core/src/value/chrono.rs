//! Points in time of the crate `chrono`, as RFC 3339 has them.

use std::io::Write;
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat, Utc};

use super::{RedisValue, put};
use crate::error::ValueError;

const WRONG: ValueError = ValueError::new("not a time such as `2025-11-20T23:19:11Z`");

/// As `SystemTime` is: what other programs write as unix time is read, too.
impl RedisValue for DateTime<Utc> {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self.to_rfc3339_opts(SecondsFormat::AutoSi, true).as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| WRONG)?;
        match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Ok(time.to_utc()),
            Err(_) => SystemTime::read(bytes).map(Into::into),
        }
    }
}

/// With its offset, which comes back, too.
impl RedisValue for DateTime<FixedOffset> {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put(out, self.to_rfc3339_opts(SecondsFormat::AutoSi, false).as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| WRONG)?;
        DateTime::parse_from_rfc3339(text).map_err(|_| WRONG)
    }
}

/// A date and time of no zone: `2025-11-20T23:19:11`.
impl RedisValue for NaiveDateTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let _ = write!(out, "{}", self.format("%Y-%m-%dT%H:%M:%S%.f"));
        Ok(())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let wrong = ValueError::new("not a date and time such as `2025-11-20T23:19:11`");
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong.clone())?;
        text.parse().map_err(|_| wrong)
    }
}
