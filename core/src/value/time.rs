//! `Duration` as ISO 8601 and `SystemTime` as RFC 3339.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::SignedDuration;
use jiff::civil::{DateTime, datetime};
use jiff::fmt::temporal::Pieces;

use super::{RedisValue, put_display};
use crate::error::ValueError;

const NOT_A_DURATION: ValueError =
    ValueError::new("not a duration such as `PT90.5S` or `90.5` (seconds)");
/// The error for a text that is no point in time.
pub(super) const NOT_A_TIME: ValueError = ValueError::new(
    "not a time such as `2025-11-20T23:19:11Z`; for a number add `#[redis(unix)]`, `unix_ms` or \
     `unix_float` to the field",
);

/// `PT86403.000005S`: ISO 8601, in seconds.
impl RedisValue for Duration {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let _ = write!(out, "PT{}", self.as_secs());
        let digits = format!("{:09}", self.subsec_nanos());
        let digits = digits.trim_end_matches('0');
        if !digits.is_empty() {
            let _ = write!(out, ".{digits}");
        }
        let _ = write!(out, "S");
        Ok(())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| NOT_A_DURATION)?;
        match text.strip_prefix('P') {
            Some(parts) => iso(parts),
            None => seconds(text),
        }
        .ok_or(NOT_A_DURATION)
    }
}

/// Parses the text after the `P`, such as `1DT2H3M4.5S`, without months and years, whose
/// length varies. (jiff's spans are shorter than the longest `Duration`.)
fn iso(text: &str) -> Option<Duration> {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    if text.is_empty() || text.ends_with('T') {
        return None;
    }
    let date = units(date, &[('W', 604_800), ('D', 86_400)])?;
    date.checked_add(units(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)
}

fn units(mut text: &str, units: &[(char, u64)]) -> Option<Duration> {
    let mut sum = Duration::ZERO;
    for (unit, seconds_each) in units {
        let Some((number, rest)) = text.split_once(*unit) else { continue };
        text = rest;
        let part = if *unit == 'S' {
            seconds(number)?
        } else {
            Duration::from_secs(digits(number)?.checked_mul(*seconds_each)?)
        };
        sum = sum.checked_add(part)?;
    }
    text.is_empty().then_some(sum)
}

/// Parses `90.5` as seconds. Digits beyond nanoseconds are cut off.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let kept = fraction.get(..fraction.len().min(9))?;
    let nanos = digits(kept)? as u32 * 10_u32.pow(9 - kept.len() as u32);
    let is_number = fraction.bytes().all(|b| b.is_ascii_digit());
    is_number.then_some(Duration::new(digits(whole)?, nanos))
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// `2025-11-20T23:19:11.123456789Z`: RFC 3339, in UTC, for the years 0 to 9999.
///
/// Other offsets are read, too. A number is an error: it could count seconds or
/// milliseconds, which only the field's attribute can say.
impl RedisValue for SystemTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let far = ValueError::new("a time outside of the years 0 to 9999 cannot be stored");
        let civil = civil(*self).ok_or(far)?;
        let digits = match civil.subsec_nanosecond() {
            0 => 0,
            nanos if nanos % 1_000_000 == 0 => 3,
            nanos if nanos % 1_000 == 0 => 6,
            _ => 9,
        };
        put_display(out, &format_args!("{civil:.digits$}Z"))
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| NOT_A_TIME)?;
        rfc3339(text).ok_or(NOT_A_TIME)
    }
}

fn rfc3339(text: &str) -> Option<SystemTime> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = SignedDuration::from_secs(pieces.to_numeric_offset()?.seconds().into());
    let utc = pieces.date().to_datetime(pieces.time()?).checked_sub(offset).ok()?;
    // The offset may move the time to a year that cannot be written.
    let is_writable = utc.year() >= 0;
    is_writable.then(|| at(utc.duration_since(EPOCH))).flatten()
}

// Dates and times without a zone, because jiff's `Timestamp` ends a day before the year
// 9999 does.
const EPOCH: DateTime = datetime(1970, 1, 1, 0, 0, 0, 0);

/// Returns the date and time in UTC, if its year is one of 0 to 9999.
fn civil(time: SystemTime) -> Option<DateTime> {
    let distance = SignedDuration::system_until(UNIX_EPOCH, time).ok()?;
    EPOCH.checked_add(distance).ok().filter(|it| it.year() >= 0)
}

fn at(distance: SignedDuration) -> Option<SystemTime> {
    if distance.is_negative() {
        UNIX_EPOCH.checked_sub(distance.unsigned_abs())
    } else {
        UNIX_EPOCH.checked_add(distance.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: &impl RedisValue) -> String {
        let mut bytes = Vec::new();
        value.write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn durations_are_written_in_seconds() {
        assert_eq!(written(&Duration::new(86403, 5_000)), "PT86403.000005S");
        assert_eq!(written(&Duration::ZERO), "PT0S");
        for (text, duration) in [
            ("86403.000005", Duration::new(86403, 5_000)),
            ("P1DT1H1M1.5S", Duration::new(90061, 500_000_000)),
            ("P2W", Duration::from_secs(1_209_600)),
            ("90", Duration::from_secs(90)),
        ] {
            assert_eq!(Duration::read(text.into()), Ok(duration), "{text}");
        }
        for text in
            ["", "P", "PT", "P1M", "PT1X", "-5", "1e3", "PT1S1M", "P1DT", "99999999999999999999"]
        {
            assert!(Duration::read(text.into()).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_written_in_utc() {
        let time = UNIX_EPOCH + Duration::new(1_763_680_751, 123_456_789);
        assert_eq!(written(&time), "2025-11-20T23:19:11.123456789Z");
        assert_eq!(written(&UNIX_EPOCH), "1970-01-01T00:00:00Z");
        for text in ["2025-11-21T01:19:11.123456789+02:00", "2025-11-20 19:49:11.123456789-0330"] {
            assert_eq!(SystemTime::read(text.into()), Ok(time), "{text}");
        }
        for text in [
            "",
            "-",
            "2025-02-30T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-00-01T00:00:00Z",
            "2025-11-20T24:00:00Z",
            "2025-11-20T23:19:11",
            "2025-11-20",
            "2025-11-20T23:19:11.Z",
            // Unix time needs an attribute.
            "0",
            "1763680751",
            "1763680751.5",
            "1763680751123",
            "253402300799",
            "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
            "é025-11-20T23:19:11Z",
            "2025-11-20T23:19:11+é0",
            "x",
        ] {
            assert!(SystemTime::read(text.into()).is_err(), "{text}");
        }
        let late = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
        assert!(late.write(&mut Vec::new()).is_err());
    }

    proptest! {
        #[test]
        fn durations_are_read_back(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32) {
            let duration = Duration::new(seconds, nanos);
            prop_assert_eq!(Duration::read(written(&duration).into()), Ok(duration));
        }

        #[test]
        fn times_are_read_back(seconds in -62_167_219_200..253_402_300_800_i64, nanos in 0..1_000_000_000_i32) {
            let time = at(SignedDuration::new(seconds, nanos)).unwrap();
            prop_assert_eq!(SystemTime::read(written(&time).into()), Ok(time));
        }

        #[test]
        fn reading_never_panics(text in "\\PC*") {
            let _ = SystemTime::read(text.clone().into());
            let _ = Duration::read(text.into());
        }
    }
}
