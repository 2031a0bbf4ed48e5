//! A write that fails changes nothing, with any stored values and any permissions, and an
//! applied write is reported as applied.

use std::time::Duration;

use redis_model::codec::MsgPack;
use redis_model::embedded::Server;
use redis_model::{ErrorKind, Json, Operation, Outcome, RedisFields, RedisModel};

use crate::support::{Con, fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "checked:{id}")]
struct Record {
    id: u64,
    name: String,
    small: u8,
    signed: i64,
    float: f64,
    single: f32,
    flag: bool,
    nick: Option<String>,
}

fn saved(con: &mut Con) -> u64 {
    let id = fresh();
    let record = Record {
        id,
        name: "before".into(),
        small: 1,
        signed: 1,
        float: 1.0,
        single: 1.0,
        flag: true,
        nick: None,
    };
    con.run(record.save()).unwrap();
    id
}

#[test]
fn an_increment_of_any_stored_float_is_applied_whole_or_not_at_all() {
    on_one_server(|con| {
        let f = Record::FIELDS;
        let long = format!("1.{}", "0".repeat(6000));
        for (text, sum) in [
            ("1e-4951", Some(1.5)),
            ("-1e-400", Some(1.5)),
            ("0.0", Some(1.5)),
            ("+1.", Some(2.5)),
            (".5e1", Some(6.5)),
            (&*long, None),
            ("1e", None),
            (".", None),
            ("", None),
        ] {
            let id = saved(con);
            let key = Record::key(id);
            con.raw::<()>(&["HSET", &key, "float", text]);
            let before = con.hash(&key);
            let update = Record::update(id).set(f.name, "after").incr(f.float, 1.5);
            match (con.run(update.returning(f.float)), sum) {
                (Ok(outcome), Some(sum)) => assert_eq!(outcome, Outcome::Applied(sum), "{text}"),
                (Err(error), None) => {
                    assert!(error.is_invalid_value() && !error.is_applied(), "{text}: {error}");
                    assert_eq!(con.hash(&key), before, "{text}");
                }
                (done, _) => panic!("{text}: {done:?}"),
            }
        }
    });
}

#[test]
fn an_increment_accepts_the_texts_that_get_accepts() {
    on_one_server(|con| {
        let f = Record::FIELDS;
        for (text, small) in [
            ("300", None),
            ("-1", None),
            ("-0", None),
            ("256", None),
            ("+7", Some(8)),
            ("007", Some(8)),
            ("0", Some(1)),
            ("254", Some(255)),
        ] {
            let id = saved(con);
            con.raw::<()>(&["HSET", &Record::key(id), "small", text]);
            let read = con.run(Record::get(id)).map(|record| record.unwrap().small);
            assert_eq!(read.is_ok(), small.is_some(), "{text}");
            for by in [1, if text == "300" { -100 } else { 1 }] {
                con.raw::<()>(&["HSET", &Record::key(id), "small", text]);
                let sum = con.run(Record::update(id).incr(f.small, by).returning(f.small));
                match small {
                    Some(small) => assert_eq!(sum.unwrap(), Outcome::Applied(small), "{text}"),
                    None => assert!(sum.unwrap_err().is_invalid_value(), "{text}"),
                }
            }
        }
        // The largest numbers of a type are numbers of the type.
        for single in [f32::MAX, f32::MIN] {
            let id = saved(con);
            let set = con.run(Record::update(id).set(f.single, single)).unwrap();
            assert!(set.is_applied());
            let same = Record::update(id).incr(f.single, 0.0).returning(f.single);
            assert_eq!(con.run(same).unwrap(), Outcome::Applied(single));
            let more = Record::update(id).incr(f.single, single).returning(f.single);
            assert!(con.run(more).unwrap_err().is_out_of_range());
            con.raw::<()>(&["HSET", &Record::key(id), "single", "1e39"]);
            assert!(con.run(Record::update(id).incr(f.single, 1)).unwrap_err().is_invalid_value());
        }
    });
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "checked:counter:{id}")]
struct Counter {
    id: u64,
    total: i64,
}

#[test]
fn a_counter_accepts_the_same_numbers_alone_and_in_pipelines() {
    on_one_server(|con| {
        for (text, sum) in
            [("007", Some(8)), ("+7", Some(8)), ("-0", Some(1)), ("7", Some(8)), ("x", None)]
        {
            let count = |id| {
                Counter::update(id)
                    .or_create()
                    .incr(Counter::FIELDS.total, 1)
                    .returning(Counter::FIELDS.total)
            };
            let ids = [fresh(), fresh(), fresh()];
            for id in ids {
                con.raw::<()>(&["HSET", &Counter::key(id), "total", text]);
            }
            let alone = con.run(count(ids[0]));
            let together = con.run(redis_model::batch([count(ids[1]), count(ids[2])])).unwrap();
            for counted in std::iter::once(alone).chain(together) {
                match sum {
                    Some(sum) => assert_eq!(counted.unwrap(), Outcome::Applied(sum), "{text}"),
                    None => assert!(counted.unwrap_err().is_invalid_value(), "{text}"),
                }
            }
        }
        let id = fresh();
        con.raw::<()>(&["HSET", &Counter::key(id), "total", "9223372036854775807"]);
        let over = Counter::update(id).or_create().incr(Counter::FIELDS.total, 1);
        assert!(con.run(over).unwrap_err().is_out_of_range());
    });
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "checked:codecs:{id}")]
struct Codecs {
    id: u64,
    name: String,
    #[redis(codec = Json)]
    json: Option<Vec<u8>>,
    #[redis(codec = MsgPack)]
    pack: Option<Vec<u8>>,
}

#[test]
fn a_codec_field_that_reads_as_none_is_absent_to_conditions() {
    on_one_server(|con| {
        let (id, f) = (fresh(), Codecs::FIELDS);
        let mut hset = redis::cmd("HSET");
        hset.arg(&*Codecs::key(id)).arg("name").arg("n").arg("json").arg("null");
        hset.arg("pack")
            .arg(b"\xc0")
            .exec(&mut crate::support::server().connection().unwrap())
            .unwrap();
        let read = con.run(Codecs::get(id)).unwrap().unwrap();
        assert_eq!((read.json, read.pack), (None, None));
        let set = |condition| Codecs::update(id).set(f.name, "x").only_if(condition);
        for holds in [f.json.is_absent(), f.json.eq(None), f.pack.is_absent(), f.pack.eq(None)] {
            let shown = format!("{holds:?}");
            assert!(con.run(set(holds)).unwrap().is_applied(), "{shown}");
        }
        assert!(con.run(set(f.json.is_present())).unwrap().conflict().is_some());
        let first = Codecs::update(id).set_if_absent(f.json, Some(vec![1])).returning(f.json);
        assert_eq!(con.run(first).unwrap(), Outcome::Applied(Some(vec![1])));
    });
}

#[test]
fn an_error_after_an_applied_update_reports_that_it_was_applied() {
    on_one_server(|con| {
        let (id, f) = (saved(con), Record::FIELDS);
        let key = Record::key(id);
        con.raw::<()>(&["HSET", &key, "flag", "perhaps"]);
        let error = con
            .run(Record::update(id).incr(f.signed, 1).returning((f.signed, f.flag)))
            .unwrap_err();
        assert!(error.is_applied() && error.is_invalid_value(), "{error}");
        assert!(error.to_string().contains("was applied"), "{error}");
        assert_eq!(con.raw::<i64>(&["HGET", &key, "signed"]), 2);
        // An update that was not applied is not reported as applied.
        assert!(!con.run(Record::get(id)).unwrap_err().is_applied());
        let refused = Record::update(id).incr(f.small, 300).returning(f.flag);
        assert!(!con.run(refused).unwrap_err().is_applied());
        // A TTL that was set is a write, too.
        let error = con.run(Record::get(id).refresh_for(Duration::from_secs(60))).unwrap_err();
        assert!(error.is_applied() && error.is_invalid_value(), "{error}");
        assert!(con.run(Record::ttl(id)).unwrap().remaining().is_some());
    });
}

/// A model whose operations use every command that a server can refuse to a user.
#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "checked:permitted:{id}", ttl = "1h", on_update = "refresh")]
struct Permitted {
    id: u64,
    #[redis(alias = "nom")]
    name: String,
    visits: i64,
    share: f64,
    nick: Option<String>,
}

#[test]
fn a_user_without_permission_for_every_command_changes_nothing() {
    let server = Server::start().unwrap();
    let admin = &mut server.connection().unwrap();
    let f = Permitted::FIELDS;
    let record = Permitted { id: 1, name: "n".into(), visits: 1, share: 0.5, nick: None };
    let dump = |admin: &mut redis::Connection| -> (Vec<String>, i64) {
        let hash = redis::cmd("HGETALL").arg(&*Permitted::key(1)).query(admin).unwrap();
        (hash, redis::cmd("PTTL").arg(&*Permitted::key(1)).query(admin).unwrap())
    };
    for denied in ["pexpire", "hdel", "hset", "hincrby", "hincrbyfloat", "hmget", "persist"] {
        redis::cmd("ACL")
            .arg(&["SETUSER", denied, "on", "nopass", "~*", "+@all", &format!("-{denied}")])
            .exec(admin)
            .unwrap();
        let con = &mut server.connection().unwrap();
        redis::cmd("AUTH").arg(denied).arg("any").exec(con).unwrap();
        let update = || {
            Permitted::update(1)
                .set(f.name, "after")
                .incr(f.visits, 1)
                .incr(f.share, 1)
                .remove(f.nick)
                .returning(f.visits)
        };
        type Run<'a> = &'a dyn Fn(&mut redis::Connection) -> redis_model::Result<()>;
        let operations: [Run<'_>; 6] = [
            &|con| record.save().run(con),
            &|con| record.save().persist().run(con),
            &|con| record.create().run(con).map(drop),
            &|con| update().or_create().run(con).map(drop),
            &|con| update().persist().run(con).map(drop),
            &|con| Permitted::get(1).refresh_for(Duration::from_secs(60)).run(con).map(drop),
        ];
        let whole = ["name", "n", "visits", "1", "share", "0.5", "nick", "x"];
        for stored in [&[][..], &whole, &["nom", "n"]] {
            for (at, operation) in operations.iter().enumerate() {
                redis::cmd("DEL").arg(&*Permitted::key(1)).exec(admin).unwrap();
                if !stored.is_empty() {
                    redis::cmd("HSET").arg(&*Permitted::key(1)).arg(stored).exec(admin).unwrap();
                }
                let before = dump(admin);
                if let Err(error) = operation(con)
                    && !error.is_applied()
                {
                    assert!(!error.is_connection(), "{denied}: {error}");
                    let after = dump(admin);
                    assert_eq!(after, before, "{denied}, {stored:?}, operation {at}: {error}");
                }
            }
        }
    }
    // With all other permissions the same calls succeed.
    record.save().run(admin).unwrap();
    let con = &mut server.connection().unwrap();
    redis::cmd("AUTH").arg("pexpire").arg("any").exec(con).unwrap();
    assert_eq!(record.save().run(con).unwrap_err().code(), Some("NOPERM"));
    assert!(Permitted::update(1).set(f.name, "x").persist().run(con).unwrap().is_applied());
}

#[derive(Debug, PartialEq, RedisFields)]
struct Place {
    lat: f64,
    note: Option<String>,
}

#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "checked:visit:{id}")]
struct Visit {
    id: u64,
    name: String,
    #[redis(flatten)]
    place: Option<Place>,
}

#[test]
fn a_required_field_never_expires_alone() {
    let (mut con, f) = (Con::sync(), Visit::FIELDS);
    let minute = Duration::from_secs(60);
    for update in [
        Visit::update(1).expire_field(f.place.lat, minute),
        Visit::update(1).expire_field(f.name, minute),
        Visit::update(1).expire_field(f.place.note, Duration::from_millis(1 << 45)),
        Visit::update(1).expire_field(f.place.note, Duration::ZERO),
    ] {
        let error = con.run(update).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{error}");
        assert!(error.field().is_some(), "{error}");
    }
}
