//! Times to live.

use std::time::Duration;

use redis_model::{ErrorKind, Json, RedisModel, Ttl};
use serde::{Deserialize, Serialize};

use crate::support::{Con, everywhere, fresh};

#[derive(RedisModel)]
#[redis(key = "ttl:hour:{id}", ttl = "1h")]
struct Hour {
    id: u64,
    name: Option<String>,
    count: u32,
}

#[derive(RedisModel)]
#[redis(key = "ttl:none:{id}")]
struct NoPolicy {
    id: u64,
    name: Option<String>,
    count: u32,
}

#[derive(Serialize, Deserialize, RedisModel)]
#[redis(key = "ttl:blob:{id}", blob = Json, ttl = "1h")]
struct HourBlob {
    id: u64,
    text: String,
}

#[derive(Serialize, Deserialize, RedisModel)]
#[redis(key = "ttl:noneblob:{id}", blob = Json)]
struct NoPolicyBlob {
    id: u64,
    text: String,
}

const HOUR: Duration = Duration::from_secs(3600);

/// Returns a key's TTL, rounded up to ten seconds.
fn seconds(con: &mut Con, key: &str) -> i64 {
    let millis: i64 = con.raw(&["PTTL", key]);
    if millis < 0 { millis } else { (millis + 9_999) / 10_000 * 10 }
}

/// Runs every kind of save on records without a TTL and with one of ten minutes.
macro_rules! policies {
    ($con:ident, $record:expr, $default_fresh:expr, $default_kept:expr) => {
        let record = $record;
        let key = record.redis_key();
        let cases = [
            (record.save(), $default_fresh, $default_kept),
            (record.save().ttl(HOUR / 2), 1800, 1800),
            (record.save().keep_ttl(), -1, 600),
            (record.save().persist(), -1, -1),
        ];
        for (save, fresh, kept) in cases {
            $con.raw::<()>(&["DEL", &key]);
            $con.run(save.clone()).unwrap();
            assert_eq!(seconds($con, &key), fresh, "{save:?}");
            $con.raw::<()>(&["PEXPIRE", &key, "600000"]);
            $con.run(save.clone()).unwrap();
            assert_eq!(seconds($con, &key), kept, "{save:?} over a TTL");
        }
    };
}

#[test]
fn a_save_sets_keeps_or_removes_the_ttl_as_requested() {
    everywhere(|con| {
        for name in [None, Some("x".to_owned())] {
            policies!(con, Hour { id: fresh(), name: name.clone(), count: 1 }, 3600, 3600);
            policies!(con, NoPolicy { id: fresh(), name, count: 1 }, -1, 600);
        }
        for text in ["short".to_owned(), "long".repeat(1000)] {
            policies!(con, HourBlob { id: fresh(), text: text.clone() }, 3600, 3600);
            policies!(con, NoPolicyBlob { id: fresh(), text }, -1, 600);
        }
    });
}

#[test]
fn create_sets_the_ttl_in_the_same_step() {
    everywhere(|con| {
        let (hash, blob) = (
            Hour { id: fresh(), name: None, count: 1 },
            HourBlob { id: fresh(), text: "t".into() },
        );
        assert_eq!(con.run((hash.create(), blob.create())).unwrap(), (true, true));
        assert_eq!(seconds(con, &hash.redis_key()), 3600);
        assert_eq!(seconds(con, &blob.redis_key()), 3600);
        // An update without changes keeps the TTL.
        assert!(!con.run(hash.create().ttl(HOUR / 2)).unwrap());
        assert_eq!(seconds(con, &hash.redis_key()), 3600);
    });
}

#[test]
fn a_ttl_below_one_second_is_exact_to_the_millisecond() {
    everywhere(|con| {
        let record = NoPolicy { id: fresh(), name: None, count: 1 };
        con.run(record.save().ttl(Duration::from_millis(400))).unwrap();
        let left = con.run(NoPolicy::ttl(record.id)).unwrap().remaining().unwrap();
        assert!(left > Duration::ZERO && left <= Duration::from_millis(400), "{left:?}");
        let blob = NoPolicyBlob { id: fresh(), text: "t".into() };
        con.run(blob.save().ttl(Duration::from_micros(999_500))).unwrap();
        let left: i64 = con.raw(&["PTTL", &blob.redis_key()]);
        assert!((1..=1000).contains(&left), "{left}");
    });
}

#[test]
fn a_ttl_of_zero_or_beyond_the_limit_is_refused_and_changes_nothing() {
    everywhere(|con| {
        let record = Hour { id: fresh(), name: None, count: 1 };
        let f = Hour::FIELDS;
        for ttl in [Duration::ZERO, Duration::MAX] {
            for error in [
                con.run(record.save().ttl(ttl)).unwrap_err(),
                con.run(record.create().ttl(ttl)).unwrap_err(),
                con.run(Hour::expire(record.id, ttl)).unwrap_err(),
                con.run(Hour::get(record.id).refresh_for(ttl)).map(drop).unwrap_err(),
                con.run(Hour::update(record.id).or_create().set(f.count, 2).expire(ttl))
                    .map(drop)
                    .unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::InvalidOperation, "{error}");
                assert_eq!(error.key(), Some(&*record.redis_key()));
            }
        }
        assert!(!con.run(Hour::exists(record.id)).unwrap());
    });
}

#[test]
fn ttl_reports_what_expire_and_persist_have_set() {
    everywhere(|con| {
        let record = Hour { id: fresh(), name: None, count: 1 };
        let id = record.id;
        assert_eq!(con.run(Hour::ttl(id)).unwrap(), Ttl::Missing);
        assert!(!con.run(Hour::expire(id, HOUR)).unwrap());
        assert!(!con.run(Hour::persist(id)).unwrap());
        con.run(record.save()).unwrap();
        assert!(con.run(Hour::persist(id)).unwrap());
        assert_eq!(con.run(Hour::ttl(id)).unwrap(), Ttl::Persistent);
        assert!(con.run(Hour::expire(id, HOUR / 2)).unwrap());
        assert_eq!(seconds(con, &record.redis_key()), 1800);
    });
}

#[test]
fn get_with_refresh_extends_the_ttl() {
    everywhere(|con| {
        let (hash, blob) = (
            Hour { id: fresh(), name: None, count: 1 },
            HourBlob { id: fresh(), text: "t".into() },
        );
        con.run((hash.save(), blob.save())).unwrap();
        let gets = (
            Hour::get(hash.id).refresh_for(2 * HOUR),
            HourBlob::get(blob.id).refresh_for(2 * HOUR),
        );
        let (read, read_blob) = con.run(gets).unwrap();
        assert!(read.is_some() && read_blob.is_some());
        assert_eq!(seconds(con, &hash.redis_key()), 7200);
        assert_eq!(seconds(con, &blob.redis_key()), 7200);
        assert!(con.run(Hour::get(fresh()).refresh_for(HOUR)).unwrap().is_none());
    });
}

#[test]
fn a_refused_refresh_is_not_reported_as_applied() {
    everywhere(|con| {
        let (hash, blob) = (fresh(), fresh());
        con.raw::<()>(&["SET", &Hour::key(hash), "text"]);
        con.raw::<()>(&["HSET", &HourBlob::key(blob), "field", "value"]);
        for error in [
            con.run(Hour::get(hash).refresh_for(HOUR)).map(drop).unwrap_err(),
            con.run(HourBlob::get(blob).refresh_for(HOUR)).map(drop).unwrap_err(),
        ] {
            assert_eq!(error.code(), Some("WRONGTYPE"), "{error}");
            assert!(!error.is_applied(), "{error}");
            assert!(error.model().is_some() && error.key().is_some(), "{error}");
        }
    });
}

#[test]
fn an_update_keeps_the_ttl_unless_requested_otherwise() {
    everywhere(|con| {
        let record = Hour { id: fresh(), name: Some("x".into()), count: 1 };
        let (f, key) = (Hour::FIELDS, record.redis_key());
        con.run(record.save().ttl(HOUR / 6)).unwrap();
        assert!(
            con.run(Hour::update(record.id).incr(f.count, 1).remove(f.name)).unwrap().is_applied()
        );
        assert_eq!(seconds(con, &key), 600);
        assert!(
            con.run(Hour::update(record.id).incr(f.count, 1).expire(HOUR / 2))
                .unwrap()
                .is_applied()
        );
        assert_eq!(seconds(con, &key), 1800);
        assert!(con.run(Hour::update(record.id).persist()).unwrap().is_applied());
        assert_eq!(seconds(con, &key), -1);
        // A record that the update creates gets the model's TTL.
        assert!(con.run(Hour::update(fresh()).or_create().incr(f.count, 1)).unwrap().is_applied());
        let id = fresh();
        assert!(con.run(Hour::update(id).or_create().set(f.count, 1)).unwrap().is_applied());
        assert_eq!(seconds(con, &Hour::key(id)), 3600);
    });
}
