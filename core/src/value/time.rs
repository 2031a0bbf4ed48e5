//! Spans and points in time, as ISO 8601 and RFC 3339 have them.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::RedisValue;
use crate::error::ValueError;

const NOT_A_DURATION: ValueError =
    ValueError::new("not a duration such as `PT90.5S` or `90.5` (seconds)");
const NOT_A_TIME: ValueError =
    ValueError::new("not a time such as `2025-11-20T23:19:11Z` or `1763680751.5` (unix seconds)");

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

/// What follows the `P`: `1DT2H3M4.5S`, without months and years, whose length varies.
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

/// Parses `90.5` as seconds; digits beyond nanoseconds are cut off.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    Some(Duration::new(digits(whole)?, nanos(fraction)?))
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn nanos(fraction: &str) -> Option<u32> {
    let kept = fraction.get(..fraction.len().min(9))?;
    let number = digits(kept)? as u32 * 10_u32.pow(9 - kept.len() as u32);
    fraction.bytes().all(|b| b.is_ascii_digit()).then_some(number)
}

/// Whole numbers from here on are milliseconds: as seconds they would be dates
/// of the year 5138 and later.
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// `2025-11-20T23:19:11.123456789Z`: RFC 3339, in UTC, for the years 0 to 9999.
///
/// Other offsets are read, too, and unix time: seconds, with or without a
/// fraction, and whole milliseconds from 100,000,000,000 on. A number that is no
/// date of the years 1 to 9999 in that unit, such as microseconds, is an error.
impl RedisValue for SystemTime {
    fn write<W: Write>(&self, out: &mut W) -> Result<(), ValueError> {
        let wrong = ValueError::new("a time outside of the years 0 to 9999 cannot be stored");
        let (seconds, nanos) = since_epoch(*self).ok_or(wrong.clone())?;
        let (year, month, day) = date_of(seconds.div_euclid(86_400)).ok_or(wrong)?;
        let second = seconds.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        let _ = match nanos {
            0 => Ok(()),
            nanos if nanos % 1_000_000 == 0 => write!(out, ".{:03}", nanos / 1_000_000),
            nanos if nanos % 1_000 == 0 => write!(out, ".{:06}", nanos / 1_000),
            nanos => write!(out, ".{nanos:09}"),
        };
        let _ = write!(out, "Z");
        Ok(())
    }

    fn read(bytes: Vec<u8>) -> Result<Self, ValueError> {
        let text = std::str::from_utf8(&bytes).map_err(|_| NOT_A_TIME)?;
        rfc3339(text).or_else(|| unix(text)).ok_or(NOT_A_TIME)
    }
}

fn since_epoch(time: SystemTime) -> Option<(i64, u32)> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => Some((after.as_secs().try_into().ok()?, after.subsec_nanos())),
        Err(error) => {
            let before = error.duration();
            let seconds = i64::try_from(before.as_secs()).ok()?.checked_neg()?;
            match before.subsec_nanos() {
                0 => Some((seconds, 0)),
                nanos => Some((seconds.checked_sub(1)?, 1_000_000_000 - nanos)),
            }
        }
    }
}

fn at(seconds: i64, nanos: u32) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    whole?.checked_add(Duration::from_nanos(nanos.into()))
}

fn unix(text: &str) -> Option<SystemTime> {
    let (is_negative, number) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let distance = match digits(number) {
        Some(millis) if millis >= MILLISECONDS_FROM => Duration::from_millis(millis),
        Some(whole) => Duration::from_secs(whole),
        // Milliseconds with a fraction look like seconds of a far future.
        None => seconds(number).filter(|it| it.as_secs() < MILLISECONDS_FROM)?,
    };
    let time = if is_negative {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.filter(|time| year_of(*time).is_some_and(|year| year > 0))
}

/// Returns the year in UTC, if it is one of 0 to 9999.
fn year_of(time: SystemTime) -> Option<i64> {
    let (seconds, _) = since_epoch(time)?;
    date_of(seconds.div_euclid(86_400)).map(|(year, ..)| year)
}

fn rfc3339(text: &str) -> Option<SystemTime> {
    let number = |range: std::ops::Range<usize>| {
        let part = text.get(range)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten()
    };
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let punctuated = byte(4) == Some(b'-')
        && byte(7) == Some(b'-')
        && matches!(byte(10)?, b'T' | b't' | b' ')
        && byte(13) == Some(b':')
        && byte(16) == Some(b':');
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    if !punctuated || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_of(year, month, day)?;
    let rest = &text[19..];
    let (nanos, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            if end == 0 {
                return None;
            }
            (self::nanos(&rest[..end])?, &rest[end..])
        }
        None => (0, rest),
    };
    let time = at(days * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)?, nanos)?;
    // An offset may lead into a year that cannot be written.
    year_of(time).map(|_| time)
}

/// Seconds east of Greenwich of `Z`, `+02:00`, `-0330`.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match zone.len() {
        6 if zone.get(3..4)? == ":" => (zone.get(1..3)?, zone.get(4..6)?),
        5 => (zone.get(1..3)?, zone.get(3..5)?),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)? as i64, digits(minutes)? as i64);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and
/// back; the eras of 400 years are Howard Hinnant's.
fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100
        + day_of_year
        - 719_468;
    // A 30th of February would come back as another date.
    (1..=12).contains(&month).then_some(())?;
    (date_of(days)? == (year, month, day)).then_some(days)
}

fn date_of(days: i64) -> Option<(i64, i64, i64)> {
    let shifted = days.checked_add(719_468)?;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = (shifted_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    (0..=9999).contains(&year).then_some((year, month, day))
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
    fn durations_are_seconds() {
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
    fn times_are_utc() {
        let time = UNIX_EPOCH + Duration::new(1_763_680_751, 123_456_789);
        assert_eq!(written(&time), "2025-11-20T23:19:11.123456789Z");
        assert_eq!(written(&UNIX_EPOCH), "1970-01-01T00:00:00Z");
        for text in [
            "2025-11-21T01:19:11.123456789+02:00",
            "2025-11-20 19:49:11.123456789-0330",
            "1763680751.123456789",
        ] {
            assert_eq!(SystemTime::read(text.into()), Ok(time), "{text}");
        }
        let whole = UNIX_EPOCH + Duration::from_millis(1_763_680_751_123);
        assert_eq!(SystemTime::read("1763680751123".into()), Ok(whole));
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
            // Microseconds, nanoseconds, and milliseconds with a fraction.
            "1763680751123456",
            "1763680751123456789",
            "1763680751123.5",
            "253402300800000",
            "-62135596800001",
            "-62135596800.1",
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
        fn durations_come_back(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32) {
            let duration = Duration::new(seconds, nanos);
            prop_assert_eq!(Duration::read(written(&duration).into()), Ok(duration));
        }

        #[test]
        fn times_come_back(seconds in -62_167_219_200..253_402_300_800_i64, nanos in 0..1_000_000_000_u32) {
            let time = at(seconds, nanos).unwrap();
            prop_assert_eq!(SystemTime::read(written(&time).into()), Ok(time));
        }

        #[test]
        fn reading_never_panics(text in "\\PC*") {
            let _ = SystemTime::read(text.clone().into());
            let _ = Duration::read(text.into());
        }
    }
}
