//! Unix time: the time since 1970 as a number, the form in which other programs store times.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Bounds;
use crate::error::ValueError;

/// A point in time that a field stores as unix time: `#[redis(unix)]`, `#[redis(unix_ms)]`
/// or `#[redis(unix_float)]`.
///
/// Implemented for `SystemTime` and, with the features of these names, for
/// `chrono::DateTime<Utc>`, `chrono::DateTime<FixedOffset>`, `time::OffsetDateTime`,
/// `jiff::Timestamp` and `jiff::Zoned`. A unix time has no offset and no zone: times with
/// one are the same time when read back, in UTC.
///
/// ```
/// use redis_model::field::UnixTime;
/// use redis_model::{Operation, RedisModel, ValueError};
///
/// /// Microseconds since 1970.
/// struct Tick(u64);
///
/// impl UnixTime for Tick {
///     fn to_unix_nanos(&self) -> Result<i128, ValueError> {
///         Ok(i128::from(self.0) * 1000)
///     }
///     fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError> {
///         let micros = nanos.div_euclid(1000).try_into();
///         micros.map(Self).map_err(|_| ValueError::new("a time before 1970"))
///     }
/// }
///
/// #[derive(RedisModel)]
/// #[redis(key = "sample:{id}")]
/// struct Sample { id: u64, #[redis(unix_float)] at: Tick }
///
/// let sample = Sample { id: 7, at: Tick(1_763_680_751_500_000) };
/// assert_eq!(sample.save().explain()?.to_string(), "HSET sample:7 at 1763680751.5");
/// # Ok::<(), redis_model::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as unix time",
    label = "not a point in time",
    note = "`unix`, `unix_ms` and `unix_float` are for `SystemTime`, and for `chrono::DateTime`, `time::OffsetDateTime`, `jiff::Timestamp` and `jiff::Zoned` with the features of these crates; to another type add an `impl` of `redis_model::field::UnixTime`"
)]
pub trait UnixTime: Sized {
    /// The times that the type holds.
    #[doc(hidden)]
    #[allow(private_interfaces)]
    const RANGE: UnixRange = UnixRange::FOUR_DIGIT_YEARS;

    /// Returns the nanoseconds since the beginning of 1970 in UTC, negative before it.
    ///
    /// # Errors
    ///
    /// If the value has no unix time, such as a leap second.
    fn to_unix_nanos(&self) -> Result<i128, ValueError>;

    /// Returns the time of so many nanoseconds since the beginning of 1970 in UTC.
    ///
    /// # Errors
    ///
    /// If the type does not hold the time.
    fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError>;
}

impl UnixTime for SystemTime {
    fn to_unix_nanos(&self) -> Result<i128, ValueError> {
        // A `Duration` is less than 2^94 nanoseconds.
        let nanos = |distance: Duration| distance.as_nanos() as i128;
        Ok(match self.duration_since(UNIX_EPOCH) {
            Ok(after) => nanos(after),
            Err(before) => -nanos(before.duration()),
        })
    }

    fn from_unix_nanos(nanos: i128) -> Result<Self, ValueError> {
        let distance = nanos.unsigned_abs();
        let (seconds, rest) = (distance / NANOS as u128, distance % NANOS as u128);
        let distance = u64::try_from(seconds).map(|seconds| Duration::new(seconds, rest as u32));
        let add = |distance| match nanos < 0 {
            true => UNIX_EPOCH.checked_sub(distance),
            false => UNIX_EPOCH.checked_add(distance),
        };
        distance.ok().and_then(add).ok_or(NOT_OF_THE_TYPE)
    }
}

/// The error for a time that the field's type does not hold.
pub(super) const NOT_OF_THE_TYPE: ValueError =
    ValueError::new("a time outside of the range of the field's type");

const NANOS: i128 = 1_000_000_000;
const NANOS_OF_MILLI: i128 = 1_000_000;

/// The form of a unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnixForm {
    Seconds,
    Millis,
    Float,
}

/// The times that are stored as unix time: as far before 1970 as behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnixRange {
    /// The last second.
    last: i64,
    seconds: Bounds,
    millis: Bounds,
    float: Bounds,
}

impl UnixRange {
    pub(crate) const FOUR_DIGIT_YEARS: Self = Self {
        last: 253_402_300_799,
        seconds: Bounds::Integer { min: "-253402300799", max: "253402300799" },
        millis: Bounds::Integer { min: "-253402300799999", max: "253402300799999" },
        // A double that is less than the next second.
        float: Bounds::Float { max: "253402300799.9999" },
    };

    /// The times of `jiff::Timestamp`, which ends before the year does in some zones.
    #[cfg(feature = "jiff")]
    pub(super) const JIFF: Self = Self {
        last: 253_402_207_200,
        seconds: Bounds::Integer { min: "-253402207200", max: "253402207200" },
        millis: Bounds::Integer { min: "-253402207200999", max: "253402207200999" },
        float: Bounds::Float { max: "253402207200.9999" },
    };

    pub(crate) const fn bounds(self, form: UnixForm) -> Bounds {
        match form {
            UnixForm::Seconds => self.seconds,
            UnixForm::Millis => self.millis,
            UnixForm::Float => self.float,
        }
    }

    fn contains(self, nanos: i128) -> bool {
        nanos.abs() < (i128::from(self.last) + 1) * NANOS
    }
}

impl UnixForm {
    /// Returns the attribute that asks for the form.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "unix",
            Self::Millis => "unix_ms",
            Self::Float => "unix_float",
        }
    }

    /// Returns the server's comparison.
    pub(crate) const fn compared(self) -> &'static str {
        match self {
            Self::Seconds | Self::Millis => "int",
            Self::Float => "float",
        }
    }

    /// Returns the text of a time, which ends with the last whole unit of the form.
    pub(crate) fn text(self, nanos: i128, range: UnixRange) -> Result<String, ValueError> {
        const FAR: ValueError =
            ValueError::new("a time beyond the year 9999 cannot be stored as unix time");
        if !range.contains(nanos) {
            return Err(FAR);
        }
        let text = match self {
            Self::Seconds => nanos.div_euclid(NANOS).to_string(),
            Self::Millis => nanos.div_euclid(NANOS_OF_MILLI).to_string(),
            Self::Float => decimal(nanos),
        };
        // The whole unit before the first time of the range is outside.
        if self.nanos_of(&text).is_some_and(|nanos| range.contains(nanos)) {
            Ok(text)
        } else {
            Err(FAR)
        }
    }

    /// Returns the nanoseconds of a stored time.
    pub(crate) fn parse(self, bytes: &[u8], range: UnixRange) -> Result<i128, ValueError> {
        let (wrong, far) = match self {
            Self::Seconds => (
                ValueError::new("not a unix time in whole seconds such as `1763680751`"),
                ValueError::new(
                    "a unix time in seconds beyond the year 9999; milliseconds need \
                     `#[redis(unix_ms)]`",
                ),
            ),
            Self::Millis => (
                ValueError::new("not a unix time in whole milliseconds such as `1763680751123`"),
                ValueError::new("a unix time in milliseconds beyond the year 9999"),
            ),
            Self::Float => (
                ValueError::new("not a unix time in seconds such as `1763680751.123`"),
                ValueError::new(
                    "a unix time in seconds beyond the year 9999; milliseconds need \
                     `#[redis(unix_ms)]`",
                ),
            ),
        };
        let text = std::str::from_utf8(bytes).ok();
        let nanos = text.and_then(|text| self.nanos_of(text)).ok_or(wrong)?;
        if range.contains(nanos) { Ok(nanos) } else { Err(far) }
    }

    fn nanos_of(self, text: &str) -> Option<i128> {
        let whole = || text.parse::<i64>().ok().map(i128::from);
        match self {
            Self::Seconds => whole().map(|seconds| seconds * NANOS),
            Self::Millis => whole().map(|millis| millis * NANOS_OF_MILLI),
            Self::Float => nanos_of_decimal(text),
        }
    }
}

/// Returns seconds with as many digits behind the point as there are.
fn decimal(nanos: i128) -> String {
    let (sign, distance) = (if nanos < 0 { "-" } else { "" }, nanos.abs());
    let (seconds, rest) = (distance / NANOS, distance % NANOS);
    let text = format!("{sign}{seconds}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Parses seconds with a fraction, which is rounded to nanoseconds. Not by way of a double:
/// it has no nanoseconds for times of this century.
fn nanos_of_decimal(text: &str) -> Option<i128> {
    if text.contains(['e', 'E']) {
        let seconds: f64 = text.parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
        // A number beyond `i128` becomes the largest, which is no time.
        return Some((seconds * NANOS as f64).round() as i128);
    }
    let (is_negative, number) = match text.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let seconds: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let (mut nanos, mut unit) = (i128::from(seconds) * NANOS, NANOS);
    for digit in fraction.bytes().take(9).map(|byte| i128::from(byte - b'0')) {
        unit /= 10;
        nanos += digit * unit;
    }
    if fraction.as_bytes().get(9).is_some_and(|digit| *digit >= b'5') {
        nanos += 1;
    }
    Some(if is_negative { -nanos } else { nanos })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RANGE: UnixRange = UnixRange::FOUR_DIGIT_YEARS;

    fn text(form: UnixForm, nanos: i128) -> String {
        form.text(nanos, RANGE).unwrap()
    }

    #[test]
    fn whole_units_are_rounded_to_the_past() {
        let nanos = 1_763_680_751_987_654_321;
        assert_eq!(text(UnixForm::Seconds, nanos), "1763680751");
        assert_eq!(text(UnixForm::Millis, nanos), "1763680751987");
        assert_eq!(text(UnixForm::Float, nanos), "1763680751.987654321");
        assert_eq!(text(UnixForm::Seconds, -1), "-1");
        assert_eq!(text(UnixForm::Millis, -1), "-1");
        assert_eq!(text(UnixForm::Float, -1), "-0.000000001");
        assert_eq!(text(UnixForm::Float, 120 * NANOS), "120");
        assert_eq!(text(UnixForm::Float, 0), "0");
    }

    #[test]
    fn a_decimal_is_read_to_the_nearest_nanosecond() {
        for (text, nanos) in [
            ("1763680751.1234567", 1_763_680_751_123_456_700),
            ("1763680751.62345678894780576", 1_763_680_751_623_456_789),
            ("0.9999999999", NANOS),
            ("-0.5", -NANOS / 2),
            ("+5", 5 * NANOS),
            (".25", NANOS / 4),
            ("7.", 7 * NANOS),
            ("1e-05", 10_000),
            ("1.7e9", 1_700_000_000 * NANOS),
        ] {
            assert_eq!(UnixForm::Float.parse(text.as_bytes(), RANGE), Ok(nanos), "{text}");
        }
        for text in ["", "-", ".", "1.2.3", "1,5", "0x10", "inf", "nan", "1e999", "1e30", "--1"] {
            assert!(UnixForm::Float.parse(text.as_bytes(), RANGE).is_err(), "{text}");
        }
    }

    #[test]
    fn a_form_reads_no_other() {
        for (form, text) in [
            (UnixForm::Seconds, "1763680751.0"),
            (UnixForm::Seconds, "2025-11-20T23:19:11Z"),
            (UnixForm::Millis, "1763680751123.5"),
            (UnixForm::Seconds, ""),
            (UnixForm::Seconds, "\u{ff11}"),
        ] {
            let error = form.parse(text.as_bytes(), RANGE).unwrap_err();
            assert!(error.to_string().starts_with("not a unix time"), "{text}: {error}");
        }
        // Milliseconds of this century, as seconds.
        let error = UnixForm::Seconds.parse(b"1763680751123", RANGE).unwrap_err();
        assert!(error.to_string().contains("unix_ms"), "{error}");
        let never = UnixForm::Seconds.parse(b"253402300799", RANGE);
        assert_eq!(never, Ok(253_402_300_799 * NANOS));
    }

    #[test]
    fn the_range_ends_with_the_year_9999() {
        let end = 253_402_300_800 * NANOS;
        for form in [UnixForm::Seconds, UnixForm::Millis, UnixForm::Float] {
            assert!(form.text(end - 1, RANGE).is_ok());
            assert!(form.text(end, RANGE).is_err());
            assert!(form.text(-end, RANGE).is_err());
        }
        // Its whole second is before the range.
        assert!(UnixForm::Seconds.text(1 - end, RANGE).is_err());
        assert!(SystemTime::from_unix_nanos(i128::MAX).is_err());
    }

    proptest! {
        #[test]
        fn decimals_are_read_back(seconds in -253_402_300_799..253_402_300_799_i64, rest in 0..1_000_000_000_i64) {
            let nanos = i128::from(seconds) * NANOS + i128::from(rest);
            let read = UnixForm::Float.parse(text(UnixForm::Float, nanos).as_bytes(), RANGE);
            prop_assert_eq!(read, Ok(nanos));
            prop_assert_eq!(SystemTime::from_unix_nanos(nanos).unwrap().to_unix_nanos(), Ok(nanos));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            for form in [UnixForm::Seconds, UnixForm::Millis, UnixForm::Float] {
                let _ = form.parse(text.as_bytes(), RANGE);
            }
        }
    }
}
