//! Fields that expire, on servers with and without support for it.

use std::time::Duration;

use redis_model::embedded::Server;
use redis_model::{Operation, RedisModel, Ttl};

use crate::support::{fresh, on_one_server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "field_ttl:{id}")]
struct Login {
    id: u64,
    name: String,
    #[redis(ttl = "5m")]
    code: Option<String>,
    tries: Option<u32>,
}

/// A model whose fields expire only by an update.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "field_ttl:plain:{id}")]
struct Plain {
    id: u64,
    name: String,
    note: Option<String>,
}

/// A model one of whose fields had another name.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "field_ttl:renamed:{id}")]
struct Renamed {
    id: u64,
    #[redis(alias = "nom")]
    name: String,
    #[redis(ttl = "5m")]
    tries: Option<u32>,
    #[redis(ttl = "5m")]
    code: Option<String>,
}

const MINUTE: Duration = Duration::from_secs(60);

fn login() -> Login {
    Login { id: fresh(), name: "n".into(), code: Some("123".into()), tries: Some(1) }
}

/// Returns a field's TTL in seconds, -1 if it does not expire, -2 if it does not exist.
fn seconds(con: &mut redis::Connection, key: &str, field: &str) -> i64 {
    let ttl: Vec<i64> =
        redis::cmd("HPTTL").arg(key).arg("FIELDS").arg(1).arg(field).query(con).unwrap();
    if ttl[0] < 0 { ttl[0] } else { (ttl[0] + 999) / 1000 }
}

/// Rewriting a record does not extend the TTL of its fields.
fn rewritten_fields_live_as_long_as_before(con: &mut redis::Connection) {
    let id = fresh();
    let key = Renamed::key(id);
    let words = ["nom", "Ada", "tries", "007", "code", "123"];
    redis::cmd("HSET").arg(&*key).arg(&words).exec(con).unwrap();
    redis::cmd("HEXPIRE").arg(&*key).arg(60).arg("FIELDS").arg(1).arg("tries").exec(con).unwrap();
    let page = Renamed::rewrite_all().run(con).unwrap().unwrap();
    assert_eq!(page.rewritten, 1, "{page:?}");
    let stored: Vec<String> =
        redis::cmd("HMGET").arg(&*key).arg(&["name", "tries", "code"]).query(con).unwrap();
    assert_eq!(stored, ["Ada", "7", "123"]);
    assert!((1..=60).contains(&seconds(con, &key, "tries")), "{}", seconds(con, &key, "tries"));
    assert_eq!(seconds(con, &key, "code"), -1);
}

/// Everything about fields that expire, on one server.
fn fields_expire_on(binary: &str) {
    let server = Server::options().binary(binary).start().unwrap_or_else(|error| {
        panic!("{binary}: {error}; `.ci/run` shows how to get newer servers")
    });
    for url in [server.url().to_owned(), server.url_resp3()] {
        let con = &mut redis::Client::open(url).unwrap().get_connection().unwrap();
        rewritten_fields_live_as_long_as_before(con);
        let (record, f) = (login(), Login::FIELDS);
        let (id, key) = (record.id, record.redis_key());

        record.save().run(con).unwrap();
        assert_eq!(Login::get(id).run(con).unwrap().as_ref(), Some(&record));
        assert_eq!(seconds(con, &key, "code"), 300);
        assert_eq!(seconds(con, &key, "name"), -1);
        let left = Login::field_ttl(id, f.code).run(con).unwrap().remaining().unwrap();
        assert!(left <= 5 * MINUTE && left > 4 * MINUTE, "{left:?}");
        assert_eq!(Login::field_ttl(id, f.name).run(con).unwrap(), Ttl::Persistent);
        assert_eq!(Login::field_ttl(fresh(), f.name).run(con).unwrap(), Ttl::Missing);

        // Each write of the field sets its TTL again, because HSET removes it.
        let set = Login::update(id).set(f.code, "456").set(f.tries, 2);
        assert!(set.run(con).unwrap().is_applied());
        assert_eq!((seconds(con, &key, "code"), seconds(con, &key, "tries")), (300, -1));

        // An update can override the TTL, and writes of other fields keep it.
        assert!(Login::update(id).expire_field(f.code, MINUTE).run(con).unwrap().is_applied());
        assert!(Login::update(id).set(f.name, "other").run(con).unwrap().is_applied());
        assert_eq!(seconds(con, &key, "code"), 60);
        assert!(Login::update(id).persist_field(f.code).run(con).unwrap().is_applied());
        assert_eq!(seconds(con, &key, "code"), -1);
        record.save().run(con).unwrap();
        assert_eq!(seconds(con, &key, "code"), 300);

        // A commit is a write like any other.
        let mut draft = Login::edit(id).run(con).unwrap().unwrap();
        draft.name = "third".into();
        assert!(Login::update(id).expire_field(f.code, MINUTE).run(con).unwrap().is_applied());
        assert!(draft.commit().run(con).unwrap().is_applied());
        assert_eq!(seconds(con, &key, "code"), 60);
        let mut draft = Login::edit(id).run(con).unwrap().unwrap();
        draft.code = Some("789".into());
        assert!(draft.commit().run(con).unwrap().is_applied());
        assert_eq!(seconds(con, &key, "code"), 300);

        // An increment keeps the field's TTL.
        let expiring = Login::update(id).expire_field(f.tries, MINUTE);
        assert!(expiring.run(con).unwrap().is_applied());
        assert!(Login::update(id).incr(f.tries, 1).run(con).unwrap().is_applied());
        assert_eq!(seconds(con, &key, "tries"), 60);

        // An expired field is `None`, and the record still exists.
        let now = Login::update(id).expire_field(f.code, Duration::from_millis(1));
        assert!(now.run(con).unwrap().is_applied());
        while Login::get(id).run(con).unwrap().expect("the record stays").code.is_some() {}

        // A field that is `None` has no TTL; a field of a new record gets one.
        Login { code: None, ..record.clone() }.save().run(con).unwrap();
        assert_eq!(seconds(con, &key, "code"), -2);
        assert!(Login::delete(id).run(con).unwrap());
        assert!(record.create().run(con).unwrap());
        assert_eq!(seconds(con, &key, "code"), 300);

        let plain = Plain { id: fresh(), name: "n".into(), note: Some("x".into()) };
        let key = plain.redis_key();
        plain.save().run(con).unwrap();
        let expire = Plain::update(plain.id).expire_field(Plain::FIELDS.note, MINUTE);
        assert!(expire.run(con).unwrap().is_applied());
        assert_eq!((seconds(con, &key, "note"), seconds(con, &key, "name")), (60, -1));
    }
}

/// The folder of a newer server's binaries, as `.ci/run` names it.
fn newer(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names no server; see `.ci/run`"))
}

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn field_ttls_are_set_kept_and_read_on_redis_8() {
    fields_expire_on(&newer("REDIS_8"));
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn field_ttls_are_set_kept_and_read_on_valkey_9() {
    fields_expire_on(&newer("VALKEY_9"));
}

#[test]
fn an_older_server_refuses_field_ttls_before_anything_is_written() {
    on_one_server(|con| {
        // A server that supports field TTLs has nothing to refuse.
        if con.try_raw::<redis::Value>(&["HPTTL", "none", "FIELDS", "1", "x"]).is_ok() {
            return;
        }
        let (record, f) = (login(), Login::FIELDS);
        let plain = Plain { id: fresh(), name: "before".into(), note: None };
        con.run(plain.save()).unwrap();
        for error in [
            con.run(record.save()).unwrap_err(),
            con.run(record.create()).unwrap_err(),
            con.run(Login::update(record.id).or_create().set(f.name, "n").set(f.code, "x"))
                .unwrap_err(),
            con.run(Login::update(record.id).set(f.name, "n").or_insert(&record)).unwrap_err(),
            con.run(
                Plain::update(plain.id)
                    .set(Plain::FIELDS.name, "after")
                    .expire_field(Plain::FIELDS.note, MINUTE),
            )
            .unwrap_err(),
            con.run(Plain::field_ttl(plain.id, Plain::FIELDS.name)).unwrap_err(),
        ] {
            assert!(error.is_unsupported() && !error.is_connection(), "{error}");
        }
        assert!(!con.run(Login::exists(record.id)).unwrap());
        assert_eq!(con.run(Plain::get(plain.id)).unwrap(), Some(plain));
        // Reading needs no field TTLs.
        con.raw::<()>(&["HSET", &record.redis_key(), "name", "n", "code", "123", "tries", "1"]);
        assert_eq!(con.run(Login::get(record.id)).unwrap(), Some(record));
    });
}

/// Runs a test on a newer server that does not delete expired fields by itself.
fn on_newer(variable: &str, test: fn(&mut redis::Connection)) {
    let server = Server::options()
        .binary(newer(variable))
        .argument("--enable-debug-command")
        .argument("yes")
        .start()
        .unwrap_or_else(|error| panic!("{variable}: {error}"));
    let con = &mut server.connection().unwrap();
    redis::cmd("DEBUG").arg("SET-ACTIVE-EXPIRE").arg(0).exec(con).unwrap();
    test(con);
}

fn hset(con: &mut redis::Connection, key: &str, words: &[&str]) {
    redis::cmd("HSET").arg(key).arg(words).exec(con).unwrap();
}

fn expire_in(con: &mut redis::Connection, key: &str, field: &str, millis: u64) {
    let words = &["FIELDS", "1", field];
    redis::cmd("HPEXPIRE").arg(key).arg(millis).arg(words).exec(con).unwrap();
}

/// A model without required fields.
#[derive(Debug, PartialEq, RedisModel)]
#[redis(key = "field_ttl:note:{id}")]
struct Note {
    id: u64,
    text: Option<String>,
    #[redis(alias = "old_code", ttl = "5m")]
    code: Option<String>,
    #[redis(ttl = "5m")]
    count: Option<u64>,
    #[redis(ttl = "5m", default)]
    share: f64,
}

fn expired_fields_make_no_record(con: &mut redis::Connection) {
    let (id, f) = (fresh(), Note::FIELDS);
    let key = Note::key(id);
    hset(con, &key, &["text", "x"]);
    expire_in(con, &key, "text", 1);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(Note::get(id).run(con).unwrap(), None);
    hset(con, &key, &["text", "x"]);
    expire_in(con, &key, "text", 1);
    std::thread::sleep(Duration::from_millis(5));
    assert!(Note::update(id).set(f.count, 1).run(con).unwrap().is_missing());
    assert!(!Note::exists(id).run(con).unwrap());
    assert!(
        Note { id, text: None, code: None, count: None, share: 0.0 }.create().run(con).unwrap()
    );
}

fn a_value_keeps_its_ttl_when_it_moves_from_an_alias(con: &mut redis::Connection) {
    let f = Note::FIELDS;
    for (left, expected) in [(Some(60_000), 60), (None, -1)] {
        let stored = |con: &mut redis::Connection| {
            let id = fresh();
            hset(con, &Note::key(id), &["old_code", "123"]);
            if let Some(millis) = left {
                expire_in(con, &Note::key(id), "old_code", millis);
            }
            id
        };
        let id = stored(con);
        assert!(Note::update(id).set(f.text, "x").run(con).unwrap().is_applied());
        assert_eq!(seconds(con, &Note::key(id), "code"), expected);
        assert_eq!(seconds(con, &Note::key(id), "old_code"), -2);
        let id = stored(con);
        while Note::rewrite_all().run(con).unwrap().is_none() {}
        assert_eq!(seconds(con, &Note::key(id), "code"), expected);
        // A field that the update writes gets the TTL of its attribute.
        let id = stored(con);
        assert!(Note::update(id).set(f.code, "4").run(con).unwrap().is_applied());
        assert_eq!(seconds(con, &Note::key(id), "code"), 300);
    }
}

fn an_increment_leaves_the_ttl_of_its_field_as_it_was(con: &mut redis::Connection) {
    let f = Note::FIELDS;
    for digits in ["0", "5", "05", "+5", "5000000000000000000", "9223372036854775808"] {
        for (left, expected) in [(Some(60_000), 60), (None, -1)] {
            let id = fresh();
            let key = Note::key(id);
            hset(con, &key, &["count", digits, "share", "1e-400"]);
            if let Some(millis) = left {
                expire_in(con, &key, "count", millis);
                expire_in(con, &key, "share", millis);
            }
            let update = Note::update(id).incr(f.count, 1).incr(f.share, 1.5);
            assert!(update.run(con).unwrap().is_applied());
            assert_eq!(seconds(con, &key, "count"), expected, "{digits}");
            assert_eq!(seconds(con, &key, "share"), expected, "{digits}");
        }
    }
    let id = fresh();
    let made = Note::update(id).or_create().incr(f.count, 1).incr(f.share, 1.5);
    assert!(made.run(con).unwrap().is_applied());
    let key = Note::key(id);
    assert_eq!((seconds(con, &key, "count"), seconds(con, &key, "share")), (300, 300));
}

fn a_field_that_has_expired_is_not_brought_back(con: &mut redis::Connection) {
    let (id, f) = (fresh(), Login::FIELDS);
    let key = Login::key(id);
    hset(con, &key, &["name", "n", "code", "123", "tries", "1"]);
    for field in ["code", "tries"] {
        expire_in(con, &key, field, 1);
    }
    std::thread::sleep(Duration::from_millis(5));
    let update = Login::update(id).expire_field(f.code, MINUTE).persist_field(f.tries);
    assert!(update.run(con).unwrap().is_applied());
    let read = Login::get(id).run(con).unwrap().unwrap();
    assert_eq!((read.code, read.tries), (None, None));
}

fn every_ttl_that_a_field_may_have_is_one_that_the_server_takes(con: &mut redis::Connection) {
    let (id, f) = (fresh(), Note::FIELDS);
    hset(con, &Note::key(id), &["text", "x"]);
    let longest = Duration::from_millis((1 << 45) - 1);
    let update = Note::update(id).set(f.text, "after").expire_field(f.text, longest);
    assert!(update.run(con).unwrap().is_applied());
    assert!(seconds(con, &Note::key(id), "text") > 35_184_372_000);
}

/// A user without the right to one of the commands writes nothing.
fn a_denied_field_ttl_leaves_the_record_alone(con: &mut redis::Connection) {
    let setuser = ["SETUSER", "limited", "on", "nopass", "~*", "+@all", "-hpexpire", "-hpersist"];
    redis::cmd("ACL").arg(&setuser).exec(con).unwrap();
    let (record, f) = (login(), Login::FIELDS);
    let key = record.redis_key();
    hset(con, &key, &["name", "before"]);
    redis::cmd("AUTH").arg("limited").arg("any").exec(con).unwrap();
    let update = || Login::update(record.id).set(f.name, "after");
    for error in [
        record.save().run(con).unwrap_err(),
        update().set(f.code, "x").run(con).unwrap_err(),
        update().expire_field(f.code, MINUTE).run(con).unwrap_err(),
        update().persist_field(f.code).run(con).unwrap_err(),
    ] {
        assert_eq!(error.code(), Some("NOPERM"), "{error}");
    }
    let stored: Vec<String> = redis::cmd("HGETALL").arg(&*key).query(con).unwrap();
    assert_eq!(stored, ["name", "before"]);
    redis::cmd("AUTH").arg("default").arg("any").exec(con).unwrap();
}

/// A record that is inserted, or saved on a condition, gets the TTLs of a save; a condition
/// takes an expired field for absent, and changes no TTL.
fn upserts_and_conditions_know_the_ttls_of_fields(con: &mut redis::Connection) {
    let (record, f) = (login(), Login::FIELDS);
    let (id, key) = (record.id, record.redis_key());
    let ttls =
        |con: &mut redis::Connection| ["name", "code", "tries"].map(|it| seconds(con, &key, it));
    Login::update(id).set(f.tries, 2).or_insert(&record).required().run(con).unwrap();
    assert_eq!(Login::get(id).run(con).unwrap().as_ref(), Some(&record));
    assert_eq!(ttls(con), [-1, 300, -1]);
    expire_in(con, &key, "code", 60_000);
    expire_in(con, &key, "tries", 60_000);
    Login::expire(id, MINUTE).only_if(f.code.is_present()).required().run(con).unwrap();
    assert_eq!(ttls(con), [-1, 60, 60]);
    record.save().only_if(f.code.eq("123")).required().run(con).unwrap();
    assert_eq!(ttls(con), [-1, 300, -1]);
    expire_in(con, &key, "code", 1);
    std::thread::sleep(Duration::from_millis(5));
    assert!(Login::delete(id).only_if(f.code.is_present()).run(con).unwrap().is_conflict());
    assert!(Login::take(id).only_if(f.code.eq("123")).run(con).unwrap().is_conflict());
    let taken = Login::take(id).only_if(f.code.ne("123")).required().run(con).unwrap();
    assert_eq!(taken, Login { code: None, ..record });
}

const PROMISES: [fn(&mut redis::Connection); 7] = [
    upserts_and_conditions_know_the_ttls_of_fields,
    a_field_that_has_expired_is_not_brought_back,
    expired_fields_make_no_record,
    a_value_keeps_its_ttl_when_it_moves_from_an_alias,
    an_increment_leaves_the_ttl_of_its_field_as_it_was,
    every_ttl_that_a_field_may_have_is_one_that_the_server_takes,
    a_denied_field_ttl_leaves_the_record_alone,
];

#[test]
#[ignore = "needs REDIS_8: `.ci/run` gets one and runs this"]
fn field_ttls_survive_every_write_on_redis_8() {
    PROMISES.iter().for_each(|promise| on_newer("REDIS_8", *promise));
}

#[test]
#[ignore = "needs VALKEY_9: `.ci/run` gets one and runs this"]
fn field_ttls_survive_every_write_on_valkey_9() {
    PROMISES.iter().for_each(|promise| on_newer("VALKEY_9", *promise));
}
