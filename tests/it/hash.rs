//! Hash models: the stored fields, and that they are read back equal.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use redis_model::{Json, RedisModel};

use crate::support::{everywhere, fresh, on_sync_connections, pairs};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "hash:options:{id}")]
struct Options {
    id: u64,
    first: Option<String>,
    required: String,
    middle: Option<i32>,
    last: Option<Vec<u8>>,
}

fn options(id: u64) -> Options {
    Options {
        id,
        first: Some("a".into()),
        required: "b".into(),
        middle: Some(-3),
        last: Some(vec![0, 255]),
    }
}

#[test]
fn none_is_an_absent_field_at_every_position() {
    everywhere(|con| {
        for absent in 0..8_u8 {
            let id = fresh();
            let mut record = options(id);
            // The save overwrites a record that has all fields.
            con.run(record.save()).unwrap();
            if absent & 1 != 0 {
                record.first = None;
            }
            if absent & 2 != 0 {
                record.middle = None;
            }
            if absent & 4 != 0 {
                record.last = None;
            }
            con.run(record.save()).unwrap();
            assert_eq!(con.run(Options::get(id)).unwrap().as_ref(), Some(&record));
            let names: Vec<String> = con.raw(&["HKEYS", &Options::key(id)]);
            let expected = 1 + [1, 2, 4].iter().filter(|bit| absent & *bit == 0).count();
            assert_eq!(names.len(), expected, "{names:?}");
        }
    });
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "hash:list:{id}")]
struct WithList {
    id: u64,
    before: String,
    #[redis(codec = Json)]
    items: Vec<u32>,
    #[redis(codec = Json)]
    maybe: Option<BTreeMap<String, f64>>,
    after: String,
}

#[test]
fn a_list_is_one_field_in_order() {
    everywhere(|con| {
        for length in [0, 1, 3, 700] {
            let items = (0..length).rev().collect();
            let record =
                WithList { id: fresh(), before: "b".into(), items, maybe: None, after: "a".into() };
            con.run(record.save()).unwrap();
            assert_eq!(con.raw::<usize>(&["HLEN", &record.redis_key()]), 3);
            assert_eq!(con.run(WithList::get(record.id)).unwrap(), Some(record));
        }
    });
}

#[test]
fn none_in_a_codec_field_is_absent_too() {
    everywhere(|con| {
        let maybe = Some(BTreeMap::from([("x".to_owned(), 0.1)]));
        let mut record = WithList {
            id: fresh(),
            before: String::new(),
            items: vec![1],
            maybe,
            after: String::new(),
        };
        con.run(record.save()).unwrap();
        assert_eq!(con.raw::<String>(&["HGET", &record.redis_key(), "maybe"]), r#"{"x":0.1}"#);
        record.maybe = None;
        con.run(record.save()).unwrap();
        assert!(!con.raw::<bool>(&["HEXISTS", &record.redis_key(), "maybe"]));
        assert_eq!(con.run(WithList::get(record.id)).unwrap(), Some(record));
    });
}

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "hash:all:{id}")]
struct AllTypes {
    id: u64,
    a: i8,
    b: i16,
    c: i32,
    d: i64,
    e: u8,
    f: u16,
    g: u32,
    h: u64,
    i: i128,
    j: u128,
    k: f32,
    l: f64,
    m: bool,
    n: char,
    o: String,
    p: Vec<u8>,
    q: Box<str>,
    r: Arc<str>,
    s: Cow<'static, str>,
    t: [u8; 4],
    u: Option<u64>,
    v: Option<String>,
    w: usize,
    #[redis(codec = Json)]
    x: BTreeMap<String, Vec<i32>>,
}

fn all_types() -> impl Strategy<Value = AllTypes> {
    let ints = (
        any::<(i8, i16, i32, i64)>(),
        any::<(u8, u16, u32, u64)>(),
        any::<(i128, u128)>(),
        any::<usize>(),
    );
    let floats = (
        proptest::num::f32::NORMAL | proptest::num::f32::ZERO,
        proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL,
    );
    let texts = (
        any::<bool>(),
        any::<char>(),
        any::<String>(),
        any::<Vec<u8>>(),
        any::<String>(),
        any::<[u8; 4]>(),
    );
    let optional = (any::<Option<u64>>(), any::<Option<String>>());
    let nested = proptest::collection::btree_map(any::<String>(), any::<Vec<i32>>(), 0..3);
    (ints, floats, texts, optional, nested).prop_map(
        |(((a, b, c, d), (e, f, g, h), (i, j), w), (k, l), (m, n, o, p, q, t), (u, v), x)| {
            AllTypes {
                id: fresh(),
                a,
                b,
                c,
                d,
                e,
                f,
                g,
                h,
                i,
                j,
                k,
                l,
                m,
                n,
                q: q.clone().into(),
                r: q.clone().into(),
                s: q.into(),
                o,
                p,
                t,
                u,
                v,
                w,
                x,
            }
        },
    )
}

#[test]
fn every_type_is_read_back_equal() {
    on_sync_connections(|con| {
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1000));
        let con = std::cell::RefCell::new(con);
        let result = runner.run(&all_types(), |record| {
            let (f, id) = (AllTypes::FIELDS, record.id);
            let operations = (
                record.save(),
                AllTypes::get(id),
                AllTypes::select(id, ((f.h, f.l), f.p, f.x)),
                AllTypes::delete(id),
            );
            let ((), read, selected, deleted) = con.borrow_mut().run(operations).unwrap();
            let fields = ((record.h, record.l), record.p.clone(), record.x.clone());
            prop_assert_eq!(selected, Some(fields));
            prop_assert_eq!(read, Some(record));
            prop_assert!(deleted);
            Ok(())
        });
        result.unwrap();
    });
}

#[test]
fn scalars_are_stored_as_plain_text() {
    #[derive(RedisModel)]
    #[redis(key = "hash:text:{id}", rename_all = "camelCase")]
    struct Text {
        id: u64,
        big_number: u64,
        half: f64,
        huge: f64,
        yes: bool,
        letter: char,
        #[redis(rename = "N")]
        negative: i8,
    }
    everywhere(|con| {
        let id = fresh();
        let record = Text {
            id,
            big_number: u64::MAX,
            half: 0.5,
            huge: 1e21,
            yes: true,
            letter: 'é',
            negative: -1,
        };
        con.run(record.save()).unwrap();
        assert_eq!(
            con.hash(&record.redis_key()),
            pairs([
                ("bigNumber", "18446744073709551615"),
                ("half", "0.5"),
                ("huge", "1e21"),
                ("yes", "1"),
                ("letter", "é"),
                ("N", "-1"),
            ])
        );
    });
}

#[test]
fn values_of_other_clients_are_read() {
    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "hash:foreign:{id}")]
    struct Foreign {
        id: u64,
        truth: bool,
        price: f64,
        number: i32,
    }
    everywhere(|con| {
        let key = Foreign::key(fresh());
        let id = Foreign::parse_key(&key).unwrap();
        for (truth, price) in [("True", "3"), ("true", "3.0"), ("1", "+3e0")] {
            con.raw::<()>(&[
                "HSET", &key, "truth", truth, "price", price, "number", "+007", "unknown", "x",
            ]);
            assert_eq!(
                con.run(Foreign::get(id)).unwrap(),
                Some(Foreign { id, truth: true, price: 3.0, number: 7 })
            );
        }
        for (name, text) in [
            ("truth", "yes"),
            ("price", "1e400"),
            ("price", "nan"),
            ("number", "1.0"),
            ("number", "2147483648"),
        ] {
            con.raw::<()>(&["HSET", &key, "truth", "1", "price", "3", "number", "7", name, text]);
            let error = con.run(Foreign::get(id)).unwrap_err();
            assert!(error.is_invalid_value() && error.field() == Some(name), "{error}");
        }
    });
}

#[test]
fn a_missing_field_is_an_error_that_names_it_unless_it_has_a_default() {
    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "hash:missing:{id}")]
    struct Missing {
        id: u64,
        old: String,
        #[redis(default)]
        new: u32,
        #[redis(default, codec = Json)]
        list: Vec<u8>,
        #[redis(skip)]
        skipped: Option<std::time::Instant>,
        later: String,
    }
    everywhere(|con| {
        let id = fresh();
        let key = Missing::key(id);
        con.raw::<()>(&["HSET", &key, "old", "x", "later", "y"]);
        let (old, later) = ("x".to_owned(), "y".to_owned());
        let expected = Missing { id, old, new: 0, list: vec![], skipped: None, later };
        assert_eq!(con.run(Missing::get(id)).unwrap(), Some(expected));
        let f = Missing::FIELDS;
        assert_eq!(con.run(Missing::select(id, (f.new, f.list))).unwrap(), Some((0, vec![])));
        con.raw::<()>(&["HDEL", &key, "later"]);
        let error = con.run(Missing::get(id)).unwrap_err();
        assert!(error.is_missing_field() && error.field() == Some("later"), "{error}");
    });
}

#[test]
fn fields_that_the_struct_does_not_have_survive_a_save() {
    everywhere(|con| {
        let mut record = options(fresh());
        con.raw::<()>(&["HSET", &record.redis_key(), "newer", "kept"]);
        con.run(record.save()).unwrap();
        record.middle = None;
        con.run(record.save()).unwrap();
        assert_eq!(con.raw::<String>(&["HGET", &record.redis_key(), "newer"]), "kept");
        assert_eq!(con.run(Options::get(record.id)).unwrap(), Some(record));
    });
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "hash:empty:{id}")]
struct AllOptional {
    id: u64,
    a: Option<String>,
    #[redis(codec = Json)]
    b: Option<Vec<u8>>,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "hash:only_key:{id}")]
struct OnlyKey {
    id: u64,
}

#[test]
fn a_record_without_any_field_exists() {
    everywhere(|con| {
        let record = AllOptional { id: fresh(), a: None, b: None };
        let f = AllOptional::FIELDS;
        assert_eq!(con.run(AllOptional::select(record.id, f.a)).unwrap(), None);
        con.run(record.save()).unwrap();
        assert!(con.run(AllOptional::exists(record.id)).unwrap());
        assert_eq!(con.run(AllOptional::select(record.id, f.a)).unwrap(), Some(None));
        let set = AllOptional::update(record.id).set(f.a, "x");
        assert!(con.run(set).unwrap().is_applied());
        assert!(con.run(AllOptional::update(record.id).remove(f.a)).unwrap().is_applied());
        assert_eq!(con.run(AllOptional::get(record.id)).unwrap(), Some(record));

        let record = OnlyKey { id: fresh() };
        assert_eq!(con.run(OnlyKey::get(record.id)).unwrap(), None);
        assert!(con.run(record.create()).unwrap());
        assert!(!con.run(record.create()).unwrap());
        assert_eq!(con.run_flow(&mut OnlyKey::take(record.id)).unwrap(), Some(record));
    });
}

#[test]
fn create_writes_only_new_records_and_take_reads_and_deletes() {
    everywhere(|con| {
        let record = options(fresh());
        assert!(con.run(record.create()).unwrap());
        let other = Options { required: "other".into(), ..record.clone() };
        assert!(!con.run(other.create()).unwrap());
        assert_eq!(con.run_flow(&mut Options::take(record.id)).unwrap(), Some(record.clone()));
        assert_eq!(con.run_flow(&mut Options::take(record.id)).unwrap(), None);
        assert!(con.run(other.create()).unwrap());
        assert!(con.run(Options::delete(record.id)).unwrap());
        assert!(!con.run(Options::delete(record.id)).unwrap());
    });
}

#[test]
fn a_record_that_lacks_a_field_is_not_taken() {
    #[derive(Debug, PartialEq, RedisModel)]
    #[redis(key = "hash:pair:{id}")]
    struct Pair {
        id: u64,
        left: String,
        right: String,
        note: Option<String>,
    }
    everywhere(|con| {
        let id = fresh();
        con.raw::<()>(&["HSET", &Pair::key(id), "left", "x"]);
        assert!(con.run_flow(&mut Pair::take(id)).unwrap_err().is_missing_field());
        assert_eq!(con.hash(&Pair::key(id)), pairs([("left", "x")]));
        // A hash without any required field is not a record, and stays, too.
        let id = fresh();
        con.raw::<()>(&["HSET", &Pair::key(id), "note", "x"]);
        assert_eq!(con.run_flow(&mut Pair::take(id)).unwrap(), None);
        assert_eq!(con.hash(&Pair::key(id)), pairs([("note", "x")]));
    });
}

#[test]
fn a_key_that_holds_another_type_is_left_alone() {
    everywhere(|con| {
        let record = options(fresh());
        let id = record.id;
        let key = record.redis_key();
        con.raw::<()>(&["SET", &key, "somebody's", "PX", "3600000"]);
        let f = Options::FIELDS;
        let hour = std::time::Duration::from_secs(3600);
        let with_none = Options { first: None, ..record.clone() };
        let errors = [
            con.run(record.save()).unwrap_err(),
            con.run(with_none.save()).unwrap_err(),
            con.run(record.save().ttl(hour / 2)).unwrap_err(),
            con.run(record.save().persist()).unwrap_err(),
            con.run(Options::get(id)).unwrap_err(),
            con.run(Options::get(id).refresh_for(hour / 2)).unwrap_err(),
            con.run_flow(&mut Options::take(id)).unwrap_err(),
            con.run(Options::delete(id)).unwrap_err(),
            con.run(Options::expire(id, hour / 2)).unwrap_err(),
            con.run(Options::persist(id)).unwrap_err(),
            con.run(Options::select(id, f.first)).unwrap_err(),
            con.run(Options::update(id).set(f.required, "x").expire(hour / 2)).unwrap_err(),
            con.run(Options::update(id).set(f.required, "x").or_create()).unwrap_err(),
            con.run(Options::update(id).remove(f.first).or_create()).unwrap_err(),
            con.run(record.create()).unwrap_err(),
            con.run(Options::exists(id)).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_wrong_type() && !error.is_connection(), "{error}");
            assert_eq!((error.model(), error.key()), (Some("Options"), Some(&*key)));
        }
        assert_eq!(con.raw::<String>(&["GET", &key]), "somebody's");
        assert!(con.raw::<u64>(&["PTTL", &key]) > 3_000_000);
    });
}

#[test]
fn an_unencodable_value_is_an_error_and_sends_nothing() {
    #[derive(RedisModel)]
    #[redis(key = "hash:unencodable:{id}")]
    struct Unencodable {
        id: u64,
        price: f64,
        #[redis(codec = Json)]
        map: BTreeMap<Vec<u8>, u8>,
    }
    everywhere(|con| {
        let (f, id) = (Unencodable::FIELDS, fresh());
        let good = Unencodable { id, price: 1.0, map: BTreeMap::new() };
        con.run(good.save()).unwrap();
        let bad = Unencodable { id, price: 2.0, map: BTreeMap::from([(vec![1], 1)]) };
        for error in [
            con.run(bad.save()).unwrap_err(),
            con.run((good.save(), bad.save())).map(drop).unwrap_err(),
            con.run(Unencodable::update(id).set(f.price, 2.0).set(f.map, &bad.map))
                .map(drop)
                .unwrap_err(),
        ] {
            assert_eq!((error.field(), error.codec()), (Some("map"), Some("json")));
            assert!(!error.is_connection());
        }
        let nan = Unencodable { id, price: f64::NAN, map: BTreeMap::new() };
        assert_eq!(con.run(nan.save()).unwrap_err().field(), Some("price"));
        assert_eq!(con.raw::<String>(&["HGET", &good.redis_key(), "price"]), "1.0");
    });
}
