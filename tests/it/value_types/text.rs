//! The stored text of field types.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis_model::{KeyPart, Operation, RedisModel, RedisValue};

use crate::support::{everywhere, fresh, pairs};

#[derive(Debug, Clone, Copy, PartialEq, RedisValue, KeyPart)]
#[redis(rename_all = "snake_case")]
pub(crate) enum Status {
    New,
    InTransit,
    #[redis(rename = "gone", alias = "lost", alias = "stolen")]
    Gone,
}

#[derive(Debug, Clone, PartialEq, RedisValue)]
#[redis(repr = "int")]
#[repr(i64)]
pub(crate) enum Level {
    Low,
    Middle = 5,
    High,
    #[redis(other)]
    Other(i64),
}

#[derive(Debug, Clone, PartialEq, RedisValue)]
pub(crate) enum Colour {
    Red,
    #[redis(other)]
    Named(String),
}

#[derive(Debug, Clone, Copy, PartialEq, RedisValue)]
pub(crate) enum Answer {
    Yes,
    #[redis(other)]
    Unclear,
}

#[derive(Debug, Clone, PartialEq, RedisValue, KeyPart)]
pub(crate) struct Sku(pub(crate) String);

#[derive(Debug, Clone, PartialEq, RedisValue)]
struct Wrapped<T> {
    inner: T,
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "values:{status}:{sku}:{id}")]
struct Values {
    id: u64,
    status: Status,
    sku: Sku,
    old: Option<Status>,
    level: Level,
    colour: Colour,
    answer: Answer,
    part: Option<Sku>,
    wrapped: Wrapped<Wrapped<u8>>,
    lives: Duration,
    since: SystemTime,
    ip: IpAddr,
    socket: Option<SocketAddr>,
}

fn values() -> Values {
    Values {
        id: fresh(),
        status: Status::InTransit,
        sku: Sku("a:b".into()),
        old: Some(Status::Gone),
        level: Level::High,
        colour: Colour::Named("teal".into()),
        answer: Answer::Yes,
        part: Some(Sku("x".into())),
        wrapped: Wrapped { inner: Wrapped { inner: 7 } },
        lives: Duration::new(86403, 5_000),
        since: UNIX_EPOCH + Duration::from_nanos(1_763_680_751_123_456_789),
        ip: "10.0.0.1".parse().unwrap(),
        socket: Some("[::1]:80".parse().unwrap()),
    }
}

#[test]
fn values_are_stored_as_text_that_other_clients_can_read() {
    everywhere(|con| {
        let record = values();
        assert_eq!(&*record.redis_key(), format!("values:in_transit:a%3Ab:{}", record.id));
        con.run(record.save()).unwrap();
        assert_eq!(
            con.hash(&record.redis_key()),
            pairs([
                ("old", "gone"),
                ("level", "6"),
                ("colour", "teal"),
                ("answer", "Yes"),
                ("part", "x"),
                ("wrapped", "7"),
                ("lives", "PT86403.000005S"),
                ("since", "2025-11-20T23:19:11.123456789Z"),
                ("ip", "10.0.0.1"),
                ("socket", "[::1]:80"),
            ])
        );
        let id = Values::parse_key(&record.redis_key()).unwrap();
        assert_eq!(con.run(Values::get(id)).unwrap(), Some(record));
    });
}

#[test]
fn values_of_other_clients_are_read_or_reported() {
    everywhere(|con| {
        let record = values();
        let key = record.redis_key();
        let id = || Values::parse_key(&key).unwrap();
        con.run(record.save()).unwrap();
        con.raw::<()>(&[
            "HSET",
            &key,
            "old",
            "stolen",
            "level",
            "-3",
            "colour",
            "Red",
            "answer",
            "perhaps",
            "lives",
            "90.5",
            "since",
            "2025-11-21T01:19:11.123+02:00",
        ]);
        let read = con.run(Values::get(id())).unwrap().unwrap();
        let expected = Values {
            old: Some(Status::Gone),
            level: Level::Other(-3),
            colour: Colour::Red,
            answer: Answer::Unclear,
            lives: Duration::from_millis(90_500),
            since: UNIX_EPOCH + Duration::from_millis(1_763_680_751_123),
            ..record.clone()
        };
        assert_eq!(read, expected);
        for (name, text) in
            [("old", "New"), ("level", "six"), ("lives", "P1M"), ("since", "soon"), ("ip", "::g")]
        {
            con.run(record.save()).unwrap();
            con.raw::<()>(&["HSET", &key, name, text]);
            let error = con.run(Values::get(id())).unwrap_err();
            assert!(error.is_invalid_value() && error.field() == Some(name), "{error}");
            assert!(!error.to_string().contains(text) || name == "old", "{error}");
        }
    });
}

#[test]
fn enums_and_newtypes_are_changed_in_place() {
    everywhere(|con| {
        let record = values();
        con.run(record.save()).unwrap();
        let (f, id) = (Values::FIELDS, || Values::parse_key(&record.redis_key()).unwrap());
        let update = Values::update(id())
            .set(f.old, Status::New)
            .set(f.part, None)
            .only_if(f.level.eq(Level::High))
            .returning((f.old, f.part));
        assert_eq!(con.run(update).unwrap().applied(), Some((Some(Status::New), None)));
        let update = Values::update(id()).set(f.level, Level::Low).only_if(f.level.eq(Level::Low));
        assert!(con.run(update).unwrap().conflict().unwrap().contains(f.level));
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "values:tuple:{0}")]
struct Tuple(u64, String, #[redis(rename = "n")] Option<i128>);

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "values:generic:{type}:{id}")]
struct Generic<T, const N: usize, V = u8>
where
    T: Clone,
{
    id: T,
    bytes: [u8; N],
    value: Option<V>,
    r#type: u8,
    r#fn: String,
}

#[test]
fn tuple_structs_generics_and_raw_names_are_models() {
    everywhere(|con| {
        let tuple = Tuple(fresh(), "x".into(), Some(i128::MAX));
        con.run(tuple.save()).unwrap();
        assert_eq!(
            con.hash(&tuple.redis_key()),
            pairs([("1", "x"), ("n", "170141183460469231731687303715884105727")])
        );
        let f = Tuple::FIELDS;
        assert_eq!(
            con.run(Tuple::select(tuple.0, (f._2, f._1))).unwrap(),
            Some((tuple.2, "x".into()))
        );
        assert_eq!(con.run(Tuple::get(tuple.0)).unwrap(), Some(tuple));

        let id = fresh();
        let record =
            Generic::<u64, 3> { id, bytes: [0, 255, 7], value: None, r#type: 9, r#fn: "f".into() };
        con.run(record.save()).unwrap();
        assert_eq!(&*record.redis_key(), format!("values:generic:9:{id}"));
        assert_eq!(con.run(Generic::<u64, 3>::get((9, id))).unwrap(), Some(record));
        let f = Generic::<u64, 3>::FIELDS;
        assert_eq!(con.run(Generic::<u64, 3>::select((9, id), f.r#fn)).unwrap(), Some("f".into()));
    });
}

#[test]
fn values_of_other_crates_are_stored_as_text() {
    #[derive(Debug, RedisModel)]
    #[redis(key = "values:crates:{id}")]
    struct Crates {
        id: uuid::Uuid,
        price: rust_decimal::Decimal,
        at: chrono::DateTime<chrono::Utc>,
        day: jiff::civil::Date,
        offset: time::OffsetDateTime,
        date: time::Date,
    }
    let text = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let record = Crates {
        id: text.parse().unwrap(),
        price: "1.10".parse().unwrap(),
        at: "2025-11-20T23:19:11.5Z".parse().unwrap(),
        day: "2025-11-20".parse().unwrap(),
        offset: time::OffsetDateTime::UNIX_EPOCH,
        date: time::Date::MIN.replace_year(2025).unwrap(),
    };
    assert_eq!(
        record.save().explain().unwrap().to_string(),
        format!(
            "HSET values:crates:{text} price 1.10 at 2025-11-20T23:19:11.500Z day 2025-11-20 \
             offset 1970-01-01T00:00:00Z date 2025-01-01"
        )
    );
    assert_eq!(Crates::parse_key(&record.redis_key()).unwrap(), record.id);
}
