//! Updates: one atomic step, checked before anything is written.

use redis_model::{ErrorKind, Json, Outcome, RedisModel};

use crate::support::{Con, everywhere, fresh, on_sync_connections};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "update:{id}")]
struct Record {
    id: u64,
    small: u8,
    unsigned: u64,
    signed: i64,
    wide: i128,
    float: f64,
    single: f32,
    name: String,
    nick: Option<String>,
    flag: bool,
    maybe: Option<u32>,
    #[redis(codec = Json)]
    tags: Vec<String>,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "update:counter:{id}")]
struct Counter {
    id: u64,
    total: i64,
}

fn record(id: u64) -> Record {
    Record {
        id,
        small: 1,
        unsigned: 1,
        signed: 1,
        wide: 1,
        float: 1.0,
        single: 1.0,
        name: "n".into(),
        nick: None,
        flag: false,
        maybe: None,
        tags: vec![],
    }
}

fn saved(con: &mut Con) -> Record {
    let record = record(fresh());
    con.run(record.save()).unwrap();
    record
}

#[test]
fn fields_are_set_removed_and_incremented_in_one_step() {
    everywhere(|con| {
        let mut record = saved(con);
        let (f, id) = (Record::FIELDS, record.id);
        let tags = vec!["a".to_owned()];
        let outcome = con
            .run(
                Record::update(id)
                    .set(f.name, "Alice")
                    .set(f.nick, "Al")
                    .set(f.flag, true)
                    .set(f.tags, &tags)
                    .set_if_absent(f.maybe, 7)
                    .incr(f.unsigned, 41)
                    .incr(f.float, 0.5)
                    .returning((f.unsigned, (f.float, f.nick))),
            )
            .unwrap();
        assert_eq!(outcome, Outcome::Applied((42, (1.5, Some("Al".to_owned())))));
        (record.name, record.nick, record.flag, record.tags) =
            ("Alice".into(), Some("Al".into()), true, tags);
        (record.maybe, record.unsigned, record.float) = (Some(7), 42, 1.5);
        assert_eq!(con.run(Record::get(id)).unwrap().as_ref(), Some(&record));

        let again = Record::update(id)
            .set(f.nick, None)
            .set_if_absent(f.maybe, 8)
            .returning((f.nick, f.maybe));
        assert_eq!(con.run(again).unwrap(), Outcome::Applied((None, Some(7))));
        assert_eq!(
            con.run(Record::update(id).remove(f.maybe).returning(f.maybe)).unwrap(),
            Outcome::Applied(None)
        );
    });
}

#[test]
fn an_update_never_creates_a_stub() {
    everywhere(|con| {
        let (f, id) = (Record::FIELDS, fresh());
        for update in [
            Record::update(id).set(f.name, "x"),
            Record::update(id).incr(f.signed, 1),
            Record::update(id).remove(f.nick),
            Record::update(id).set_if_absent(f.nick, "x"),
            Record::update(id).only_if(f.nick.is_absent()).set(f.nick, "x"),
            Record::update(id).persist(),
        ] {
            assert!(con.run(update).unwrap().is_missing());
        }
        // The same after the record expired.
        let record = saved(con);
        con.raw::<()>(&["PEXPIRE", &record.redis_key(), "1"]);
        while con.raw::<bool>(&["EXISTS", &record.redis_key()]) {}
        assert!(con.run(Record::update(record.id).incr(f.signed, 1)).unwrap().is_missing());
        assert!(
            !con.run(Record::exists(id)).unwrap() && !con.run(Record::exists(record.id)).unwrap()
        );
    });
}

#[test]
fn or_create_creates_a_missing_record() {
    everywhere(|con| {
        let f = Record::FIELDS;
        let id = fresh();
        let count = || Counter::update(id).or_create().incr(Counter::FIELDS.total, 5);
        let count = || count().returning(Counter::FIELDS.total);
        assert_eq!(con.run(count()).unwrap(), Outcome::Applied(5));
        assert_eq!(con.run(count()).unwrap(), Outcome::Applied(10));
        assert_eq!(con.run(Counter::get(id)).unwrap(), Some(Counter { id, total: 10 }));
        let guarded = Record::update(fresh()).or_create().only_if(f.name.eq("x")).set(f.name, "y");
        assert_eq!(
            con.run(guarded).unwrap().conflict().unwrap().fields().collect::<Vec<_>>(),
            ["name"]
        );
    });
}

/// Increments of a stored text, each with the expected result.
fn increments(con: &mut Con, name: &str, cases: &[(&str, i128, Option<&str>)]) {
    let f = Record::FIELDS;
    for (from, by, to) in cases {
        let record = saved(con);
        con.raw::<()>(&["HSET", &record.redis_key(), name, from]);
        for or_create in [false, true] {
            con.raw::<()>(&["HSET", &record.redis_key(), name, from]);
            let update = Record::update(record.id);
            let update = if or_create { update.or_create() } else { update };
            let update = match name {
                "small" => update.incr(f.small, *by),
                "unsigned" => update.incr(f.unsigned, *by),
                "signed" => update.incr(f.signed, *by),
                "wide" => update.incr(f.wide, *by),
                other => panic!("no field {other}"),
            };
            let done = con.run(update);
            let now: String = con.raw(&["HGET", &record.redis_key(), name]);
            match to {
                Some(to) => {
                    assert!(done.unwrap().is_applied(), "{from} + {by}");
                    assert_eq!(now, *to, "{from} + {by}");
                }
                None => {
                    let error = done.unwrap_err();
                    assert!(error.is_out_of_range(), "{from} + {by}: {error}");
                    assert_eq!(
                        (error.field(), error.key()),
                        (Some(name), Some(&*record.redis_key()))
                    );
                    assert_eq!(now, *from, "{from} + {by}");
                }
            }
        }
    }
}

#[test]
fn an_increment_never_leaves_the_type_and_is_exact() {
    everywhere(|con| {
        increments(
            con,
            "small",
            &[("255", 1, None), ("0", -1, None), ("254", 1, Some("255")), ("255", -255, Some("0"))],
        );
        increments(
            con,
            "unsigned",
            &[
                ("0", -1, None),
                ("18446744073709551614", 1, Some("18446744073709551615")),
                ("18446744073709551615", 1, None),
                ("18446744073709551615", -18446744073709551615, Some("0")),
                ("9007199254740992", 1, Some("9007199254740993")),
                ("9223372036854775807", 1, Some("9223372036854775808")),
            ],
        );
        increments(
            con,
            "signed",
            &[
                ("9223372036854775806", 1, Some("9223372036854775807")),
                ("9223372036854775807", 1, None),
                ("-9223372036854775807", -1, Some("-9223372036854775808")),
                ("-9223372036854775808", -1, None),
                ("9007199254740992", 1, Some("9007199254740993")),
                ("-5", 10, Some("5")),
                ("5", -10, Some("-5")),
                ("100", -100, Some("0")),
                ("-9223372036854775808", 18446744073709551615, Some("9223372036854775807")),
            ],
        );
        increments(
            con,
            "wide",
            &[
                (
                    "170141183460469231731687303715884105726",
                    1,
                    Some("170141183460469231731687303715884105727"),
                ),
                ("170141183460469231731687303715884105727", 1, None),
                ("99999999999999999999", 1, Some("100000000000000000000")),
                ("100000000000000000000", -1, Some("99999999999999999999")),
            ],
        );
    });
}

#[test]
fn every_text_that_get_reads_as_a_number_is_incremented() {
    everywhere(|con| {
        let f = Record::FIELDS;
        for text in ["+7", "007", "-0"] {
            let record = saved(con);
            con.raw::<()>(&["HSET", &record.redis_key(), "signed", text]);
            let before = con.run(Record::get(record.id)).unwrap().unwrap().signed;
            let after =
                con.run(Record::update(record.id).incr(f.signed, 1).returning(f.signed)).unwrap();
            assert_eq!(after, Outcome::Applied(before + 1), "{text}");
        }
    });
}

#[test]
fn a_text_that_is_not_a_number_is_not_incremented() {
    everywhere(|con| {
        let (f, record) = (Record::FIELDS, saved(con));
        for text in ["hunter2", "1.5", "", " 1", "0x10"] {
            con.raw::<()>(&["HSET", &record.redis_key(), "signed", text, "name", "before"]);
            for update in [
                Record::update(record.id).set(f.name, "after").incr(f.signed, 1),
                Record::update(record.id).or_create().incr(f.signed, 1),
            ] {
                let error = con.run(update).unwrap_err();
                assert!(
                    error.is_invalid_value() && !error.to_string().contains("hunter2"),
                    "{text}: {error}"
                );
            }
            assert_eq!(con.raw::<String>(&["HGET", &record.redis_key(), "name"]), "before");
        }
        for text in ["nan", "inf", "1e400", "0x10", " 1", "x"] {
            con.raw::<()>(&["HSET", &record.redis_key(), "float", text]);
            let error = con
                .run(Record::update(record.id).incr(f.float, 1).set(f.name, "after"))
                .unwrap_err();
            assert!(error.is_invalid_value() && error.field() == Some("float"), "{text}: {error}");
        }
        assert_eq!(con.raw::<String>(&["HGET", &record.redis_key(), "name"]), "before");
    });
}

#[test]
fn an_increment_of_a_float_stays_in_its_type() {
    everywhere(|con| {
        let (f, id) = (Record::FIELDS, saved(con).id);
        let add = |by: f64| Record::update(id).incr(f.float, by).returning(f.float);
        assert_eq!(con.run(add(0.5)).unwrap(), Outcome::Applied(1.5));
        assert_eq!(con.run(add(1e300)).unwrap(), Outcome::Applied(1e300));
        assert_eq!(
            con.run(Record::update(id).set(f.float, f64::MAX)).unwrap(),
            Outcome::Applied(())
        );
        assert!(con.run(add(f64::MAX)).unwrap_err().is_out_of_range());
        assert!(con.run(Record::update(id).incr(f.single, 1e39)).unwrap_err().is_out_of_range());
        assert_eq!(con.run(add(f64::INFINITY)).unwrap_err().kind(), ErrorKind::InvalidOperation);
        let read = con.run(Record::get(id)).unwrap().unwrap();
        assert_eq!((read.float, read.single), (f64::MAX, 1.0));
    });
}

#[test]
fn an_update_whose_condition_fails_changes_nothing() {
    everywhere(|con| {
        let record = Record { unsigned: u64::MAX, name: "Alice".into(), ..saved(con) };
        con.run(record.save()).unwrap();
        let (f, id) = (Record::FIELDS, record.id);
        let update = || Record::update(id).set(f.nick, "x");
        for holding in [
            f.name.eq("Alice"),
            f.nick.is_absent(),
            f.nick.eq(None),
            f.name.is_present(),
            f.unsigned.eq(u64::MAX),
            f.unsigned.at_least(u64::MAX),
            f.signed.at_least(-5),
            f.signed.at_most(1),
            f.float.eq(1.0),
            f.float.at_least(0.5),
            f.flag.eq(false),
            f.tags.eq(vec![]),
        ] {
            let shown = format!("{holding:?}");
            assert!(con.run(update().only_if(holding)).unwrap().is_applied(), "{shown}");
            assert!(con.run(Record::update(id).remove(f.nick)).unwrap().is_applied());
        }
        for (failing, name) in [
            (f.name.eq("alice"), "name"),
            (f.nick.is_present(), "nick"),
            (f.nick.eq("x"), "nick"),
            (f.unsigned.eq(u64::MAX - 1), "unsigned"),
            (f.unsigned.at_most(u64::MAX - 1), "unsigned"),
            (f.signed.at_least(2), "signed"),
            (f.float.at_most(0.999), "float"),
            (f.flag.eq(true), "flag"),
            (f.maybe.at_least(0), "maybe"),
            (f.tags.eq(vec!["a".to_owned()]), "tags"),
        ] {
            let outcome = con.run(update().only_if(f.name.eq("Alice")).only_if(failing)).unwrap();
            assert_eq!(outcome.conflict().unwrap().fields().collect::<Vec<_>>(), [name]);
        }
        let both = con.run(update().only_if(f.name.eq("x")).only_if(f.signed.eq(2))).unwrap();
        assert!(
            both.conflict().unwrap().contains(f.name)
                && both.conflict().unwrap().contains(f.signed)
        );
        assert_eq!(con.run(Record::get(id)).unwrap(), Some(record));
    });
}

#[test]
fn numbers_are_compared_as_numbers() {
    everywhere(|con| {
        let record = saved(con);
        con.raw::<()>(&[
            "HSET",
            &record.redis_key(),
            "float",
            "3",
            "signed",
            "+007",
            "flag",
            "True",
        ]);
        let f = Record::FIELDS;
        let update = Record::update(record.id)
            .only_if(f.float.eq(3.0))
            .only_if(f.signed.eq(7))
            .only_if(f.flag.eq(true))
            .set(f.name, "x");
        assert!(con.run(update).unwrap().is_applied());
    });
}

#[test]
fn two_changes_of_one_field_are_refused() {
    on_sync_connections(|con| {
        let f = Record::FIELDS;
        let error = con.run(Record::update(1).set(f.signed, 1).incr(f.signed, 1)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidOperation, Some("signed")));
    });
}

#[test]
fn long_and_binary_values_are_stored_and_compared() {
    everywhere(|con| {
        let (f, record) = (Record::FIELDS, saved(con));
        let name = "\0\r\n$%é".repeat(5000);
        assert!(con.run(Record::update(record.id).set(f.name, &name)).unwrap().is_applied());
        assert!(
            con.run(Record::update(record.id).only_if(f.name.eq(name.clone())).set(f.nick, "y"))
                .unwrap()
                .is_applied()
        );
        assert_eq!(con.run(Record::select(record.id, f.name)).unwrap(), Some(name));
    });
}
