//! Times of the crate `chrono`, as RFC 3339.

use std::io::Write;
use std::time::SystemTime;

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Timelike,
    Utc,
};

use crate::error::ValueError;
use crate::value::{RedisValue, parse, put, put_display};

const WRONG: ValueError = ValueError::new("not a time such as `2025-11-20T23:19:11Z`");
const FAR: ValueError = ValueError::new("a time outside of the years 0 to 9999 cannot be stored");
const ODD_LEAP: ValueError = ValueError::new(
    "a leap second (1,000,000,000 nanoseconds and more) that does not follow a second 59 cannot \
     be stored",
);

/// As [`SystemTime`], leap seconds included. Unix time is read, too: a whole number from
/// 100,000,000,000 on counts milliseconds, a smaller one seconds.
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
