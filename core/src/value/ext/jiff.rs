//! Times, dates and spans of the crate `jiff`.
//!
//! The text of a zoned time or a span may lose a part of the value, so it is parsed
//! before it is written.

use std::io::Write;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use crate::error::ValueError;
use crate::value::time::NOT_A_TIME;
use crate::value::unix::{NOT_OF_THE_TYPE, UnixRange};
use crate::value::{RedisValue, UnixTime, parse, put, put_display};

displayed! {
    DateTime: "not a date and time such as `2025-11-20T23:19:11`";
    Date: "not a date such as `2025-11-20`";
    Time: "not a time of day such as `23:19:11`";
    SignedDuration: "not a duration such as `PT90.5S`";
}

impl RedisValue for Timestamp {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        put_display(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        parse(&bytes, NOT_A_TIME)
    }
}

impl UnixTime for Timestamp {
    #[allow(private_interfaces)]
    const RANGE: UnixRange = UnixRange::JIFF;

    fn to_unix_nanos(&self) -> Result<i128, ValueError> {
        Ok(self.as_nanosecond())
    }

    fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError> {
        Self::from_nanosecond(nanos).map_err(|_| NOT_OF_THE_TYPE)
    }
}

/// Without its zone: it is read back in UTC.
impl UnixTime for Zoned {
    #[allow(private_interfaces)]
    const RANGE: UnixRange = UnixRange::JIFF;

    fn to_unix_nanos(&self) -> Result<i128, ValueError> {
        self.timestamp().to_unix_nanos()
    }

    fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError> {
        Timestamp::from_unix_nanos(nanos).map(|time| time.to_zoned(TimeZone::UTC))
    }
}

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
        let wrong = "not a time with its zone, such as `2025-11-20T23:19:11+01:00[Europe/Vienna]`";
        parse(&bytes, ValueError::new(wrong))
    }
}

/// ISO 8601, which has no units below seconds, so milliseconds are read back as fractions
/// of a second.
impl RedisValue for Span {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let text = self.to_string();
        match text.parse::<Self>() {
            Ok(read) if read.to_string() == text => put(out, text.as_bytes()),
            _ => Err(ValueError::new("a span of so many units below seconds cannot be stored")),
        }
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        parse(&bytes, ValueError::new("not a span such as `P1M2DT3H`"))
    }
}
