//! Two properties of every value type: no bytes make a reader panic, and a written value is
//! read back equal.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZeroI8, NonZeroI128, NonZeroU64};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{Datelike, Timelike};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use redis_model::{RedisModel, RedisValue};

use crate::support::{Con, fresh, on_one_server};

/// The number of values and of inputs for each type.
const CASES: u32 = 2000;

fn runner() -> TestRunner {
    let config = ProptestConfig::with_cases(CASES);
    TestRunner::new(ProptestConfig { failure_persistence: None, ..config })
}

/// Characters that occur in the texts of values, and others.
const CHARACTERS: [&str; 44] = [
    "0", "1", "2", "3", "4", "5", "6", "9", "-", "+", ".", ":", ",", "/", "%", "[", "]", "T", "t",
    "Z", "z", "P", "Y", "W", "D", "H", "M", "S", "e", "E", "inf", "nan", "_", " ", "\0", "\n", "é",
    "−", "😀", "00", "99", "60", "a", "f",
];

fn digits() -> impl Strategy<Value = String> {
    let lengths = prop_oneof![8 => 0..25_usize, 1 => 25..400_usize];
    let number = lengths.prop_flat_map(|length| {
        let few =
            select(vec!['0', '9', '1']).prop_map(move |digit| digit.to_string().repeat(length));
        let any = proptest::collection::vec(0..10_u8, length);
        prop_oneof![few, any.prop_map(|digits| digits.iter().map(u8::to_string).collect())]
    });
    let signs = select(vec!["", "-", "+", "PT", "P", "-PT"]);
    let ends = select(vec!["", ".", "S", "Z", "e9", "-01-01", "-01-01T00:00:00Z"]);
    let fraction = proptest::option::of(0..=u64::MAX);
    (signs, number, fraction, ends).prop_map(|(sign, number, fraction, end)| {
        let fraction = fraction.map_or(String::new(), |fraction| format!(".{fraction}"));
        format!("{sign}{number}{fraction}{end}")
    })
}

/// A valid text, with up to four characters changed.
fn mutated(valid: &'static [&'static str]) -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0..3_u8, select(CHARACTERS.to_vec()));
    (select(valid.to_vec()), proptest::collection::vec(change, 0..5)).prop_map(|(text, changes)| {
        let mut parts: Vec<String> = text.chars().map(String::from).collect();
        for (at, kind, with) in changes {
            let at = at.index(parts.len() + 1);
            match (kind, parts.get_mut(at)) {
                (0, Some(part)) => *part = with.to_owned(),
                (1, Some(_)) => drop(parts.remove(at)),
                _ => parts.insert(at, with.to_owned()),
            }
        }
        parts.concat()
    })
}

fn inputs(valid: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => any::<Vec<u8>>(),
        1 => any::<String>().prop_map(String::into_bytes),
        2 => digits().prop_map(String::into_bytes),
        4 => mutated(valid).prop_map(String::into_bytes),
    ]
}

/// Writes the value and reads it back; `false` if the value was refused.
fn is_kept<V: RedisValue + std::fmt::Debug>(value: &V, same: impl Fn(&V, &V) -> bool) -> bool {
    let mut bytes = Vec::new();
    if value.write(&mut bytes).is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match V::read(bytes) {
        Ok(read) => assert!(same(&read, value), "{value:?} is written as {text}, read as {read:?}"),
        Err(error) => panic!("{value:?} is written as {text}, and then {error}"),
    }
    true
}

macro_rules! value_types {
    ($($name:ident: $ty:ty = $values:expr, $valid:expr, $same:expr;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn no_bytes_make_it_panic_and_values_that_are_read_can_be_written() {
                let same: fn(&$ty, &$ty) -> bool = $same;
                for text in $valid {
                    assert!(<$ty>::read(text.into()).is_ok(), "{text}");
                }
                runner().run(&inputs(&$valid), |bytes| {
                    if let Ok(value) = <$ty>::read(bytes) {
                        is_kept(&value, same);
                    }
                    Ok(())
                }).unwrap();
            }

            #[test]
            fn written_values_are_read_back_equal() {
                let same: fn(&$ty, &$ty) -> bool = $same;
                let kept = std::cell::Cell::new(0);
                runner().run(&$values, |value| {
                    kept.set(kept.get() + u32::from(is_kept(&value, same)));
                    Ok(())
                }).unwrap();
                assert!(kept.get() > 100, "only {} were not refused", kept.get());
            }
        }
    )*};
}

/// Adds the limits of a type to its values.
fn ends<T: std::fmt::Debug + Clone + 'static, const N: usize>(
    values: impl Strategy<Value = T>,
    ends: [T; N],
) -> impl Strategy<Value = T> {
    prop_oneof![4 => values, 1 => select(ends.to_vec())]
}

macro_rules! integers {
    ($ty:ty) => {
        ends(any::<$ty>(), [<$ty>::MIN, <$ty>::MAX, 0, 1])
    };
}

/// Seconds since 1970, mostly of the years 0 to 9999.
fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![
        1 => any::<i64>(),
        1 => -9_000_000_000_000..9_000_000_000_000_i64,
        4 => -62_167_219_300..253_402_300_900_i64,
        1 => select(vec![i64::MIN, i64::MAX, -62_167_219_200, -62_167_219_201, 253_402_300_799, 253_402_300_800]),
    ]
}

/// Nanoseconds, also those of chrono's leap seconds.
fn nanos(end: u32) -> impl Strategy<Value = u32> {
    prop_oneof![0..end, (0..end / 1_000_000).prop_map(|it| it * 1_000_000), Just(0), Just(end - 1)]
}

fn system_times() -> impl Strategy<Value = SystemTime> {
    (seconds(), nanos(1_000_000_000)).prop_filter_map("a time", |(seconds, nanos)| {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let whole = match seconds {
            ..0 => UNIX_EPOCH.checked_sub(distance)?,
            0.. => UNIX_EPOCH.checked_add(distance)?,
        };
        whole.checked_add(Duration::from_nanos(nanos.into()))
    })
}

type Utc = chrono::DateTime<chrono::Utc>;
type Offset = chrono::DateTime<chrono::FixedOffset>;

fn chronos() -> impl Strategy<Value = Utc> {
    let last = (Utc::MIN_UTC.timestamp(), Utc::MAX_UTC.timestamp());
    let seconds =
        prop_oneof![6 => seconds(), 1 => last.0..last.1, 1 => Just(last.0), 1 => Just(last.1)];
    (seconds, nanos(2_000_000_000), any::<bool>()).prop_filter_map(
        "a time",
        |(seconds, nanos, full)| {
            // Put most leap seconds at a second 59, where chrono can read them.
            let full = full && nanos >= 1_000_000_000;
            let seconds = if full {
                seconds.checked_sub(seconds.rem_euclid(60))?.checked_add(59)?
            } else {
                seconds
            };
            Utc::from_timestamp(seconds, 0)?.with_nanosecond(nanos)
        },
    )
}

fn chrono_offsets() -> impl Strategy<Value = chrono::FixedOffset> {
    prop_oneof![-86_399..86_400, (-1439..1440).prop_map(|minutes| minutes * 60)]
        .prop_map(|seconds| chrono::FixedOffset::east_opt(seconds).unwrap())
}

fn same_offset(one: &Offset, other: &Offset) -> bool {
    one == other && one.offset() == other.offset() && one.nanosecond() == other.nanosecond()
}

fn times() -> impl Strategy<Value = time::OffsetDateTime> {
    let (first, last) = (time::Date::MIN.to_julian_day(), time::Date::MAX.to_julian_day());
    let days = prop_oneof![4 => first..=last, 1 => Just(first), 1 => Just(last), 2 => 1_721_050..1_721_070];
    let offsets = (-23..24_i8, 0..60_i8, prop_oneof![Just(0), 0..60_i8]);
    (days, 0..86_400_u32, nanos(1_000_000_000), offsets).prop_map(|(day, second, nanos, offset)| {
        let (hours, minutes, seconds) = offset;
        let (minutes, seconds) = (minutes * hours.signum(), seconds * hours.signum());
        let offset = time::UtcOffset::from_hms(hours, minutes, seconds).unwrap();
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let clock =
            time::Time::from_hms_nano(hour as u8, minute as u8, second as u8, nanos).unwrap();
        let date = time::Date::from_julian_day(day).unwrap();
        time::OffsetDateTime::new_in_offset(date, clock, offset)
    })
}

fn jiffs() -> impl Strategy<Value = jiff::Timestamp> {
    let (first, last) =
        (jiff::Timestamp::MIN.as_nanosecond(), jiff::Timestamp::MAX.as_nanosecond());
    let any = prop_oneof![3 => first..=last, 1 => Just(first), 1 => Just(last)];
    prop_oneof![
        any,
        (seconds(), nanos(1_000_000_000))
            .prop_map(|(seconds, nanos)| i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
    ]
    .prop_filter_map("a time", |nanos| jiff::Timestamp::from_nanosecond(nanos).ok())
}

fn zones() -> impl Strategy<Value = jiff::tz::TimeZone> {
    use jiff::tz::{Offset, TimeZone};
    let fixed = prop_oneof![-93_599..93_600, (-1559..1560).prop_map(|minutes| minutes * 60)]
        .prop_map(|seconds| Offset::from_seconds(seconds).unwrap().to_time_zone());
    let rule = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
    prop_oneof![4 => fixed, 1 => Just(TimeZone::UTC), 1 => Just(TimeZone::unknown()), 1 => Just(rule)]
}

fn civil() -> impl Strategy<Value = jiff::civil::DateTime> {
    use jiff::civil::DateTime;
    let any = jiffs().prop_map(|time| jiff::tz::TimeZone::UTC.to_datetime(time));
    ends(any, [DateTime::MIN, DateTime::MAX])
}

fn spans() -> impl Strategy<Value = jiff::Span> {
    let unit =
        |most: i64| prop_oneof![3 => Just(0), 2 => 0..100_i64, 1 => 0..=most, 1 => Just(most)];
    let large = (unit(19_998), unit(239_976), unit(1_043_497), unit(7_304_484));
    let middle = (unit(175_307_616), unit(10_518_456_960), unit(631_107_417_600));
    let small = (unit(631_107_417_600_000), unit(631_107_417_600_000_000), unit(i64::MAX));
    (large, middle, small, any::<bool>()).prop_filter_map(
        "a span",
        |(large, middle, small, negative)| {
            let span = jiff::Span::new()
                .try_years(large.0)
                .ok()?
                .try_months(large.1)
                .ok()?
                .try_weeks(large.2)
                .ok()?
                .try_days(large.3)
                .ok()?
                .try_hours(middle.0)
                .ok()?
                .try_minutes(middle.1)
                .ok()?
                .try_seconds(middle.2)
                .ok()?
                .try_milliseconds(small.0)
                .ok()?
                .try_microseconds(small.1)
                .ok()?
                .try_nanoseconds(small.2)
                .ok()?;
            Some(if negative { -span } else { span })
        },
    )
}

fn decimals() -> impl Strategy<Value = rust_decimal::Decimal> {
    let part = || prop_oneof![any::<u32>(), Just(0), Just(u32::MAX)];
    (part(), part(), part(), any::<bool>(), 0..29_u32).prop_map(|(lo, mid, hi, sign, scale)| {
        rust_decimal::Decimal::from_parts(lo, mid, hi, sign, scale)
    })
}

/// URLs as parsed, and after a part was set.
fn urls() -> impl Strategy<Value = url::Url> {
    let text = prop_oneof![
        "(https?|ftp|file|data|mailto|web[+]x|blob):/{0,3}[a-z0-9.:@%\\[\\]é ]{0,12}(/[a-z%20é .:;]{0,9}){0,3}([?]\\PC{0,9})?(#\\PC{0,9})?",
        "[a-z]{1,9}:\\PC{0,20}",
    ];
    let part = || proptest::option::of("[/.:%20 a?#é]{1,6}");
    (text, part(), part(), part()).prop_filter_map("a URL", |(text, path, query, fragment)| {
        let mut url: url::Url = text.parse().ok()?;
        path.iter().for_each(|path| url.set_path(path));
        query.iter().for_each(|query| url.set_query(Some(query)));
        fragment.iter().for_each(|fragment| url.set_fragment(Some(fragment)));
        Some(url)
    })
}

fn sockets_of_16_bytes() -> impl Strategy<Value = SocketAddrV6> {
    let flow = prop_oneof![3 => Just(0), 1 => any::<u32>()];
    let scope = prop_oneof![Just(0), any::<u32>()];
    (any::<Ipv6Addr>(), any::<u16>(), flow, scope)
        .prop_map(|(ip, port, flow, scope)| SocketAddrV6::new(ip, port, flow, scope))
}

const INTEGERS: [&str; 4] = ["0", "7", "127", "042"];
const FLOATS: [&str; 5] = ["0.1", "-1e-300", "12", "3.4e38", "1E5"];
const TEXTS: [&str; 3] = ["text", "", "größer"];
const INSTANTS: [&str; 4] = [
    "2025-11-20T23:19:11Z",
    "2025-11-20T23:19:11.123456789+01:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.5-00:00",
];
const ZONED: [&str; 2] = ["2025-11-20T23:19:11+01:00[+01:00]", "2025-11-20T23:19:11-05:30[-05:30]"];

value_types! {
    i8s: i8 = integers!(i8), INTEGERS, PartialEq::eq;
    i16s: i16 = integers!(i16), INTEGERS, PartialEq::eq;
    i32s: i32 = integers!(i32), INTEGERS, PartialEq::eq;
    i64s: i64 = integers!(i64), INTEGERS, PartialEq::eq;
    i128s: i128 = integers!(i128), INTEGERS, PartialEq::eq;
    isizes: isize = integers!(isize), INTEGERS, PartialEq::eq;
    u8s: u8 = integers!(u8), INTEGERS, PartialEq::eq;
    u16s: u16 = integers!(u16), INTEGERS, PartialEq::eq;
    u32s: u32 = integers!(u32), INTEGERS, PartialEq::eq;
    u64s: u64 = integers!(u64), INTEGERS, PartialEq::eq;
    u128s: u128 = integers!(u128), INTEGERS, PartialEq::eq;
    usizes: usize = integers!(usize), INTEGERS, PartialEq::eq;
    nonzero_i8s: NonZeroI8 = integers!(i8).prop_filter_map("zero", NonZeroI8::new), ["7", "-042"], PartialEq::eq;
    nonzero_u64s: NonZeroU64 = integers!(u64).prop_filter_map("zero", NonZeroU64::new), ["7", "042"], PartialEq::eq;
    nonzero_i128s: NonZeroI128 = integers!(i128).prop_filter_map("zero", NonZeroI128::new), ["7", "-042"], PartialEq::eq;
    f32s: f32 = ends(any::<u32>().prop_map(f32::from_bits), [f32::MIN, f32::MAX, -0.0, 1e-45, f32::NAN, f32::INFINITY]),
        FLOATS, |one, other| one.to_bits() == other.to_bits();
    f64s: f64 = ends(any::<u64>().prop_map(f64::from_bits), [f64::MIN, f64::MAX, -0.0, 5e-324, f64::NAN, f64::INFINITY]),
        FLOATS, |one, other| one.to_bits() == other.to_bits();
    bools: bool = any::<bool>(), ["1", "0", "true", "False"], PartialEq::eq;
    chars: char = any::<char>(), ["a", "é", "\0"], PartialEq::eq;
    strings: String = any::<String>(), TEXTS, PartialEq::eq;
    boxed_strings: Box<str> = any::<String>().prop_map(Into::into), TEXTS, PartialEq::eq;
    shared_strings: Arc<str> = any::<String>().prop_map(Into::into), TEXTS, PartialEq::eq;
    cows: Cow<'static, str> = any::<String>().prop_map(Into::into), TEXTS, PartialEq::eq;
    vectors: Vec<u8> = any::<Vec<u8>>(), TEXTS, PartialEq::eq;
    boxed_slices: Box<[u8]> = any::<Vec<u8>>().prop_map(Into::into), TEXTS, PartialEq::eq;
    arrays: [u8; 4] = any::<[u8; 4]>(), ["four", "\0\0\0\0"], PartialEq::eq;
    buffers: bytes::Bytes = any::<Vec<u8>>().prop_map(Into::into), TEXTS, PartialEq::eq;
    durations: Duration = ends(any::<Duration>(), [Duration::ZERO, Duration::MAX, Duration::from_nanos(1)]),
        ["PT90.5S", "P1W2DT3H4M5.000000006S", "90.5", "0"], PartialEq::eq;
    system_time: SystemTime = system_times(), INSTANTS, PartialEq::eq;
    ips: IpAddr = any::<IpAddr>(), ["127.0.0.1", "::1", "::ffff:1.2.3.4"], PartialEq::eq;
    ips_of_4_bytes: Ipv4Addr = any::<Ipv4Addr>(), ["127.0.0.1"], PartialEq::eq;
    ips_of_16_bytes: Ipv6Addr = any::<Ipv6Addr>(), ["::1", "fe80::1", "::ffff:1.2.3.4"], PartialEq::eq;
    sockets: SocketAddr = prop_oneof![sockets_of_16_bytes().prop_map(SocketAddr::V6), any::<SocketAddrV4>().prop_map(SocketAddr::V4)],
        ["127.0.0.1:80", "[::1]:80", "[fe80::1%7]:65535"], PartialEq::eq;
    sockets_v4: SocketAddrV4 = any::<SocketAddrV4>(), ["127.0.0.1:80"], PartialEq::eq;
    sockets_v6: SocketAddrV6 = sockets_of_16_bytes(), ["[::1]:80", "[fe80::1%7]:65535"], PartialEq::eq;
    uuids: uuid::Uuid = any::<[u8; 16]>().prop_map(uuid::Uuid::from_bytes),
        ["67e55044-10b1-426f-9247-bb680e5fe0c8", "67e5504410b1426f9247bb680e5fe0c8"], PartialEq::eq;
    decimal: rust_decimal::Decimal = decimals(), ["1.10", "-0.0000000000000000000000000001", "79228162514264337593543950335", "0"],
        |one, other| one == other && one.scale() == other.scale();
    url_crate: url::Url = urls(), ["https://a.b/c?d#e", "data:text/plain,a b", "file:///a/../b", "mailto:a@b", "http://[::1]:8/"],
        PartialEq::eq;
    chrono_utc: Utc = chronos(), INSTANTS, |one, other| one == other;
    chrono_offset: Offset = (chronos(), chrono_offsets()).prop_map(|(time, offset)| time.with_timezone(&offset)),
        ["2025-11-20T23:19:11Z", "2016-12-31T23:59:60.5-23:59", "0000-01-01T00:00:00+01:00"], same_offset;
    chrono_date_time: chrono::NaiveDateTime = chronos().prop_map(|time| time.naive_utc()),
        ["2025-11-20T23:19:11", "2016-12-31T23:59:60.5", "+12345-01-01T00:00:00", "-0001-01-01T00:00:00"], PartialEq::eq;
    chrono_date: chrono::NaiveDate = ends(chronos().prop_map(|time| time.date_naive()), [chrono::NaiveDate::MIN, chrono::NaiveDate::MAX]),
        ["2025-11-20", "+12345-01-01", "-0001-01-01"], PartialEq::eq;
    chrono_time: chrono::NaiveTime = chronos().prop_map(|time| time.time()),
        ["23:19:11", "23:59:60.5", "00:00:00.000000001"], PartialEq::eq;
    time_offset: time::OffsetDateTime = times(), INSTANTS, |one, other| one == other && one.offset() == other.offset();
    time_date: time::Date = times().prop_map(time::OffsetDateTime::date), ["2025-11-20", "0000-01-01", "9999-12-31"], PartialEq::eq;
    jiff_timestamp: jiff::Timestamp = jiffs(), ["2025-11-20T23:19:11Z", "-009999-01-02T01:59:59Z", "2016-12-31T23:59:60+01:00"], PartialEq::eq;
    jiff_zoned: jiff::Zoned = (jiffs(), zones()).prop_map(|(time, zone)| time.to_zoned(zone)), ZONED,
        |one, other| one == other && one.offset() == other.offset() && one.time_zone() == other.time_zone();
    jiff_date_time: jiff::civil::DateTime = civil(), ["2025-11-20T23:19:11.5", "-009999-01-01T00:00:00"], PartialEq::eq;
    jiff_date: jiff::civil::Date = civil().prop_map(|time| time.date()), ["2025-11-20", "-009999-01-01"], PartialEq::eq;
    jiff_time: jiff::civil::Time = civil().prop_map(|time| time.time()), ["23:19:11", "00:00:00.000000001"], PartialEq::eq;
    jiff_duration: jiff::SignedDuration = prop_oneof![
        4 => (any::<i64>(), 0..1_000_000_000_i32).prop_map(|(seconds, nanos)| jiff::SignedDuration::new(seconds, if seconds < 0 { -nanos } else { nanos })),
        1 => select(vec![jiff::SignedDuration::MIN, jiff::SignedDuration::MAX, jiff::SignedDuration::ZERO]),
    ], ["PT90.5S", "-PT1H", "1h30m"], PartialEq::eq;
    jiff_span: jiff::Span = spans(), ["P1M2DT3H", "-P1Y", "PT0.000000001S", "1d 2h"],
        // The text of a span has milliseconds as fractions of a second.
        |one, other| one.to_string() == other.to_string();
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "value-types:instants:{id}")]
struct Instants {
    id: u64,
    chrono: Option<Utc>,
    offset: Option<chrono::DateTime<chrono::FixedOffset>>,
    time: Option<time::OffsetDateTime>,
    system: Option<SystemTime>,
    jiff: Option<jiff::Timestamp>,
    zoned: Option<jiff::Zoned>,
}

#[test]
fn a_number_without_an_attribute_is_no_time() {
    on_one_server(|con| {
        let id = fresh();
        let key = Instants::key(id);
        for number in [
            "0",
            "1763680751",
            "1763680751.5",
            "1763680751123",
            "253402300799",
            "18446744073709551615",
        ] {
            for field in ["chrono", "offset", "time", "system", "jiff", "zoned"] {
                con.raw::<()>(&["DEL", &key]);
                con.raw::<()>(&["HSET", &key, field, number]);
                let error = con.run(Instants::get(id)).unwrap_err();
                assert!(error.is_invalid_value() && error.field() == Some(field), "{error}");
                assert!(field == "zoned" || error.to_string().contains("redis(unix)"), "{error}");
                assert!(con.run(Instants::get_many([id])).unwrap().remove(0).is_err());
                assert!(con.run(Instants::edit(id)).is_err());
            }
        }
        con.raw::<()>(&["DEL", &key]);
    });
}

#[test]
fn years_beyond_9999_are_refused_before_anything_is_written() {
    let mut con = Con::sync();
    let id = fresh();
    let far = Utc::MAX_UTC;
    let early = Utc::from_timestamp(-62_167_219_201, 0).unwrap();
    assert_eq!((far.year() > 9999, early.year()), (true, -1));
    for time in [far, early] {
        let record = Instants {
            id,
            chrono: Some(time),
            offset: None,
            time: None,
            system: None,
            jiff: None,
            zoned: None,
        };
        let error = con.run(record.save()).unwrap_err();
        assert!(error.to_string().contains("years 0 to 9999"), "{error}");
        let update = Instants::update(id).or_create().set(Instants::FIELDS.chrono, time);
        assert!(con.run(update).unwrap_err().to_string().contains("years 0 to 9999"));
    }
    assert!(!con.raw::<bool>(&["EXISTS", &Instants::key(id)]));
}
