//! Times of the crate `chrono`, as RFC 3339.

use std::io::Write;
use std::time::SystemTime;

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Timelike,
    Utc,
};

use crate::error::ValueError;
use crate::value::time::NOT_A_TIME as WRONG;
use crate::value::unix::NOT_OF_THE_TYPE;
use crate::value::{RedisValue, UnixTime, parse, put, put_display};

const FAR: ValueError = ValueError::new("a time outside of the years 0 to 9999 cannot be stored");
const ODD_LEAP: ValueError = ValueError::new(
    "a leap second (1,000,000,000 nanoseconds and more) that does not follow a second 59 cannot \
     be stored",
);

/// As [`SystemTime`], leap seconds included.
impl RedisValue for DateTime<Utc> {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        check_year(self)?;
        check_leap_second(self)?;
        put(out, self.to_rfc3339_opts(SecondsFormat::AutoSi, true).as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| WRONG)?;
        match DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()) {
            // The offset may move the time to a year that cannot be written.
            Ok(time) => check_year(&time).map(|()| time).map_err(|_| WRONG),
            // chrono converts the years 0 to 9999 without a panic.
            Err(_) => SystemTime::read(bytes).map(Into::into),
        }
    }
}

/// With its offset, in whole minutes.
impl RedisValue for DateTime<FixedOffset> {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        check_year(self)?;
        check_leap_second(self)?;
        if self.offset().local_minus_utc() % 60 != 0 {
            return Err(ValueError::new("a time with an offset in seconds cannot be stored"));
        }
        put(out, self.to_rfc3339_opts(SecondsFormat::AutoSi, false).as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| WRONG)?;
        DateTime::parse_from_rfc3339(text).map_err(|_| WRONG)
    }
}

impl UnixTime for DateTime<Utc> {
    fn to_unix_nanos(&self) -> Result<i128, ValueError> {
        let nanos = self.timestamp_subsec_nanos();
        if nanos >= 1_000_000_000 {
            return Err(ValueError::new("a leap second cannot be stored as unix time"));
        }
        Ok(i128::from(self.timestamp()) * 1_000_000_000 + i128::from(nanos))
    }

    fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError> {
        let seconds =
            i64::try_from(nanos.div_euclid(1_000_000_000)).map_err(|_| NOT_OF_THE_TYPE)?;
        let nanos = nanos.rem_euclid(1_000_000_000) as u32;
        Self::from_timestamp(seconds, nanos).ok_or(NOT_OF_THE_TYPE)
    }
}

impl UnixTime for DateTime<FixedOffset> {
    fn to_unix_nanos(&self) -> Result<i128, ValueError> {
        self.to_utc().to_unix_nanos()
    }

    fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError> {
        DateTime::<Utc>::from_unix_nanos(nanos).map(|time| time.fixed_offset())
    }
}

/// A date and time without a zone: `2025-11-20T23:19:11`.
impl RedisValue for NaiveDateTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        check_leap_second(self)?;
        put_display(out, &self.format("%Y-%m-%dT%H:%M:%S%.f"))
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        parse(&bytes, ValueError::new("not a date and time such as `2025-11-20T23:19:11`"))
    }
}

/// A time of day: `23:19:11`.
impl RedisValue for NaiveTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        check_leap_second(self)?;
        put_display(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        parse(&bytes, ValueError::new("not a time of day such as `23:19:11`"))
    }
}

displayed! {
    NaiveDate: "not a date such as `2025-11-20`";
}

fn check_year(date: &impl Datelike) -> Result<(), ValueError> {
    if (0..=9999).contains(&date.year()) { Ok(()) } else { Err(FAR) }
}

/// The text of a leap second has a second 60, which is read back as a leap second only
/// after a second 59.
fn check_leap_second(time: &impl Timelike) -> Result<(), ValueError> {
    if time.nanosecond() < 1_000_000_000 || time.second() == 59 { Ok(()) } else { Err(ODD_LEAP) }
}
