//! 1,000 random values of each field type are read back equal: as text, as a record, as a
//! selection and as a draft without changes.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis_model::{Operation, RedisModel, RedisValue};

use crate::support::{fresh, on_sync_connections};
use crate::value_types::{Answer, Colour, Level, Sku, Status};

/// The number of records in one round trip.
const TOGETHER: usize = 50;

fn comes_back<V: RedisValue + PartialEq + std::fmt::Debug>(value: &V) {
    let mut bytes = Vec::new();
    value.write(&mut bytes).unwrap();
    assert_eq!(&V::read(bytes).unwrap(), value);
}

macro_rules! come_back {
    ($($name:ident: $ty:ty = $values:expr;)*) => {$(
        #[test]
        fn $name() {
            #[derive(Debug, Clone, PartialEq, RedisModel)]
            #[redis(key = "properties:{id}")]
            struct One { id: u64, value: $ty, maybe: Option<$ty> }

            on_sync_connections(|con| {
                let con = std::cell::RefCell::new(con);
                let one = ($values, proptest::option::of($values));
                let values = proptest::collection::vec(one, TOGETHER);
                let mut runner = TestRunner::new(ProptestConfig::with_cases(1000 / TOGETHER as u32));
                runner.run(&values, |values| {
                    let (mut con, f) = (con.borrow_mut(), One::FIELDS);
                    let one = |(value, maybe)| One { id: fresh(), value, maybe };
                    let records: Vec<_> = values.into_iter().map(one).collect();
                    records.iter().for_each(|record| comes_back(&record.value));
                    let ids = || records.iter().map(|record| record.id);
                    let select = |id| One::select(id, (f.value, f.maybe));
                    let (saved, read, selected, drafts) = con.run((
                        One::save_many(&records),
                        One::get_many(ids()),
                        ids().map(select).collect::<Vec<_>>(),
                        ids().map(One::edit).collect::<Vec<_>>(),
                    )).unwrap();
                    saved.into_iter().for_each(|saved| saved.unwrap());
                    let found = read.into_iter().zip(selected).zip(drafts);
                    for (record, ((read, selected), draft)) in records.iter().zip(found) {
                        let fields = (record.value.clone(), record.maybe.clone());
                        prop_assert_eq!(selected.unwrap(), Some(fields));
                        prop_assert_eq!(read.unwrap(), Some(record.clone()));
                        let commit = draft.unwrap().unwrap().commit();
                        prop_assert_eq!(commit.explain().unwrap().commands().len(), 0);
                    }
                    con.run(One::delete_many(ids())).unwrap();
                    Ok(())
                }).unwrap();
            });
        }
    )*};
}

/// Adds the limits of a type to its values.
fn ends<T: std::fmt::Debug + Clone + 'static, const N: usize>(
    values: impl Strategy<Value = T>,
    ends: [T; N],
) -> impl Strategy<Value = T> {
    prop_oneof![4 => values, 1 => proptest::sample::select(ends.to_vec())]
}

macro_rules! whole_range {
    ($ty:ty) => {
        ends(any::<$ty>(), [<$ty>::MIN, <$ty>::MAX, 0, 1, <$ty>::MAX - 1, <$ty>::MIN + 1])
    };
}

/// Texts with typical problems: empty, NUL, quotes, line ends, characters of 4 bytes.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let odd =
        ["", "\0", "\r\n", "\"'\\", "None", "null", "ſ\u{10ffff}", " ", "%3A{}"].map(String::from);
    ends(any::<String>(), odd)
}

pub(crate) fn buffers() -> impl Strategy<Value = Vec<u8>> {
    ends(
        any::<Vec<u8>>(),
        [vec![], vec![0], vec![0xff, 0xfe, 0], vec![b'\r', b'\n'], vec![0; 5000]],
    )
}

/// The seconds of the years 1 to 9998, which every crate can hold in every offset.
const SECONDS: std::ops::Range<i64> = -62_135_510_400..253_370_678_400;

fn instants() -> impl Strategy<Value = (i64, u32)> {
    let nanos = ends(0..1_000_000_000_u32, [0, 1, 999_999_999, 1_000, 500_000_000]);
    (ends(SECONDS, [SECONDS.start, SECONDS.end - 1, 0, -1]), nanos)
}

fn chrono_times() -> impl Strategy<Value = chrono::DateTime<chrono::Utc>> {
    instants()
        .prop_map(|(seconds, nanos)| chrono::DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn jiff_times() -> impl Strategy<Value = jiff::Timestamp> {
    instants().prop_map(|(seconds, nanos)| {
        let nanos = i32::try_from(nanos).unwrap() * if seconds < 0 { -1 } else { 1 };
        jiff::Timestamp::new(seconds, nanos).unwrap()
    })
}

fn jiff_civil() -> impl Strategy<Value = jiff::civil::DateTime> {
    jiff_times().prop_map(|time| jiff::tz::TimeZone::UTC.to_datetime(time))
}

fn time_times() -> impl Strategy<Value = time::OffsetDateTime> {
    (instants(), -23..24_i8).prop_map(|((seconds, nanos), hours)| {
        let time = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let offset = time::UtcOffset::from_hms(hours, 0, 0).unwrap();
        (time + Duration::from_nanos(nanos.into())).to_offset(offset)
    })
}

come_back! {
    i8s: i8 = whole_range!(i8);
    i16s: i16 = whole_range!(i16);
    i32s: i32 = whole_range!(i32);
    i64s: i64 = whole_range!(i64);
    i128s: i128 = whole_range!(i128);
    isizes: isize = whole_range!(isize);
    u8s: u8 = whole_range!(u8);
    u16s: u16 = whole_range!(u16);
    u32s: u32 = whole_range!(u32);
    u64s: u64 = whole_range!(u64);
    u128s: u128 = whole_range!(u128);
    usizes: usize = whole_range!(usize);
    f32s: f32 = ends(proptest::num::f32::ANY.prop_filter("finite", |it| it.is_finite()),
        [f32::MIN, f32::MAX, f32::MIN_POSITIVE, 1e-45, -0.0, 0.1, f32::EPSILON]);
    f64s: f64 = ends(proptest::num::f64::ANY.prop_filter("finite", |it| it.is_finite()),
        [f64::MIN, f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0, 0.1, f64::EPSILON]);
    bools: bool = any::<bool>();
    chars: char = ends(any::<char>(), ['\0', '\n', '\u{10ffff}', ' ']);
    strings: String = texts();
    boxed_strings: Box<str> = texts().prop_map(Into::into);
    shared_strings: Arc<str> = texts().prop_map(Into::into);
    cows: Cow<'static, str> = texts().prop_map(Into::into);
    vectors: Vec<u8> = buffers();
    boxed_slices: Box<[u8]> = buffers().prop_map(Into::into);
    arrays: [u8; 16] = ends(any::<[u8; 16]>(), [[0; 16], [0xff; 16]]);
    empty_arrays: [u8; 0] = Just([]);
    buffers_of_bytes: bytes::Bytes = buffers().prop_map(Into::into);
    durations: Duration = ends(any::<Duration>(), [Duration::ZERO, Duration::MAX, Duration::from_nanos(1)]);
    times: SystemTime = instants().prop_map(|(seconds, nanos)| {
        let seconds_only = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 { UNIX_EPOCH - seconds_only } else { UNIX_EPOCH + seconds_only };
        whole + Duration::from_nanos(nanos.into())
    });
    addresses: IpAddr = any::<IpAddr>();
    addresses_of_4_bytes: Ipv4Addr = any::<Ipv4Addr>();
    addresses_of_16_bytes: Ipv6Addr = any::<Ipv6Addr>();
    sockets: SocketAddr = any::<SocketAddr>().prop_map(|it| SocketAddr::new(it.ip(), it.port()));
    sockets_of_4_bytes: SocketAddrV4 = any::<SocketAddrV4>();
    sockets_of_16_bytes: SocketAddrV6 = any::<SocketAddrV6>()
        .prop_map(|it| SocketAddrV6::new(*it.ip(), it.port(), 0, it.scope_id()));
    uuids: uuid::Uuid = any::<[u8; 16]>().prop_map(uuid::Uuid::from_bytes);
    decimals: rust_decimal::Decimal = (any::<i64>(), 0..29_u32)
        .prop_map(|(number, scale)| rust_decimal::Decimal::new(number, scale));
    urls: url::Url = "[a-z]{1,9}(/[a-z%20é?#&=]{0,9})?"
        .prop_map(|rest| format!("https://{rest}").parse().unwrap());
    chronos: chrono::DateTime<chrono::Utc> = chrono_times();
    chronos_with_offset: chrono::DateTime<chrono::FixedOffset> = (chrono_times(), -23..24_i32)
        .prop_map(|(time, hours)| time.with_timezone(&chrono::FixedOffset::east_opt(hours * 3600).unwrap()));
    chronos_of_no_zone: chrono::NaiveDateTime = chrono_times().prop_map(|time| time.naive_utc());
    chrono_dates: chrono::NaiveDate = chrono_times().prop_map(|time| time.date_naive());
    chrono_clocks: chrono::NaiveTime = chrono_times().prop_map(|time| time.time());
    time_offsets: time::OffsetDateTime = time_times();
    time_dates: time::Date = time_times().prop_map(time::OffsetDateTime::date);
    jiffs: jiff::Timestamp = jiff_times();
    jiffs_with_zone: jiff::Zoned = (jiff_times(), 1..24_i8)
        .prop_map(|(time, hours)| time.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(hours))));
    jiffs_of_no_zone: jiff::civil::DateTime = jiff_civil();
    jiff_dates: jiff::civil::Date = jiff_civil().prop_map(|time| time.date());
    jiff_clocks: jiff::civil::Time = jiff_civil().prop_map(|time| time.time());
    jiff_durations: jiff::SignedDuration = (any::<i64>(), 0..1_000_000_000_i32)
        .prop_map(|(seconds, nanos)| jiff::SignedDuration::new(seconds, if seconds < 0 { -nanos } else { nanos }));
    enums: Status = prop_oneof![Just(Status::New), Just(Status::InTransit), Just(Status::Gone)];
    enums_of_numbers: Level = prop_oneof![
        Just(Level::Low), Just(Level::Middle), Just(Level::High), (7..i64::MAX).prop_map(Level::Other)
    ];
    enums_of_any_text: Colour = prop_oneof![Just(Colour::Red), "[^R].*".prop_map(Colour::Named)];
    enums_with_another: Answer = prop_oneof![Just(Answer::Yes), Just(Answer::Unclear)];
    newtypes: Sku = texts().prop_map(Sku);
}
