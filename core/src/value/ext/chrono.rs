//! Points in time of the crate `chrono`, as RFC 3339 has them.

use std::io::Write;
use std::time::SystemTime;

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDateTime, NaiveTime, SecondsFormat, Timelike, Utc,
};

use super::{RedisValue, put, put_display};
use crate::error::ValueError;

const WRONG: ValueError = ValueError::new("not a time such as `2025-11-20T23:19:11Z`");
const FAR: ValueError = ValueError::new("a time outside of the years 0 to 9999 cannot be stored");
const ODD_LEAP: ValueError = ValueError::new(
    "a leap second (1,000,000,000 nanoseconds and more) that does not follow a second 59 cannot \
     be stored",
);

/// Written as [`SystemTime`] is, leap seconds included; unix time is read, too.
impl RedisValue for DateTime<Utc> {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        check_year(self)?;
        check_leap_second(self)?;
        put(out, self.to_rfc3339_opts(SecondsFormat::AutoSi, true).as_bytes())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| WRONG)?;
        match DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()) {
            // An offset may lead into a year that cannot be written.
            Ok(time) => check_year(&time).map(|()| time).map_err(|_| WRONG),
            // The years are 0 to 9999, which chrono converts without a panic.
            Err(_) => SystemTime::read(bytes).map(Into::into),
        }
    }
}

/// Written with its offset, in whole minutes, which is read back.
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

/// A date and time of no zone: `2025-11-20T23:19:11`.
impl RedisValue for NaiveDateTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        check_leap_second(self)?;
        put_display(out, &self.format("%Y-%m-%dT%H:%M:%S%.f"))
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let wrong = ValueError::new("not a date and time such as `2025-11-20T23:19:11`");
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong.clone())?;
        text.parse().map_err(|_| wrong)
    }
}

/// A time of day: `23:19:11`.
impl RedisValue for NaiveTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        check_leap_second(self)?;
        put_display(out, self)
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let wrong = ValueError::new("not a time of day such as `23:19:11`");
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong.clone())?;
        text.parse().map_err(|_| wrong)
    }
}

fn check_year(date: &impl Datelike) -> Result<(), ValueError> {
    if (0..=9999).contains(&date.year()) { Ok(()) } else { Err(FAR) }
}

/// The text of a leap second is that of a second 60, which is read back as one
/// only behind a second 59.
fn check_leap_second(time: &impl Timelike) -> Result<(), ValueError> {
    if time.nanosecond() < 1_000_000_000 || time.second() == 59 { Ok(()) } else { Err(ODD_LEAP) }
}
