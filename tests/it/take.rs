//! `take`: one client gets a record, and a record that cannot be decoded stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redis_model::codec::{Codec, KeyProvider, KeyRing, Location, MsgPack, Sealed};
use redis_model::{Error, ErrorKind, Json, Operation, RedisModel, ValueError};
use serde::{Deserialize, Serialize};

use crate::support::{Con, fresh, on_one_server, pairs, server};

#[derive(Debug, Clone, PartialEq, RedisModel)]
#[redis(key = "take:job:{id}")]
struct Job {
    id: u64,
    #[redis(alias = "title")]
    name: String,
    attempts: u32,
    #[redis(codec = Json)]
    tags: Vec<String>,
    note: Option<String>,
}

fn job(id: u64) -> Job {
    Job { id, name: "resize".into(), attempts: 1, tags: vec!["a".into()], note: None }
}

/// A hash of the second version, once with errors and once as a cache.
mod hash {
    use super::*;

    #[derive(Debug, Clone, PartialEq, RedisModel)]
    #[redis(key = "take:hash:{id}", name = "Item", version_field = "_v", version = 2)]
    pub(super) struct Item {
        pub(super) id: u64,
        pub(super) count: u64,
    }

    #[derive(Debug, Clone, PartialEq, RedisModel)]
    #[redis(key = "take:hash:{id}", name = "Item", version_field = "_v", version = 2)]
    #[redis(on_mismatch = "miss")]
    pub(super) struct Cached {
        pub(super) id: u64,
        pub(super) count: u64,
    }
}

/// Blobs, once with errors and once as a cache.
macro_rules! blobs {
    ($($module:ident: $key:literal, $storage:meta, $fallible:meta, $miss:meta;)*) => {$(
        mod $module {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = $key, name = "Item")]
            #[$storage]
            #[$fallible]
            pub(super) struct Item {
                pub(super) id: u64,
                pub(super) count: u64,
            }

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, RedisModel)]
            #[redis(key = $key, name = "Item")]
            #[$storage]
            #[$miss]
            pub(super) struct Cached {
                pub(super) id: u64,
                pub(super) count: u64,
            }

            #[test]
            fn a_record_that_can_be_decoded_is_taken() {
                on_one_server(|con| {
                    let id = fresh();
                    let (item, cached) = (Item { id, count: 7 }, Cached { id, count: 7 });
                    con.run(item.save()).unwrap();
                    assert_eq!(con.run_flow(&mut Item::take(id)).unwrap(), Some(item.clone()));
                    con.run(item.save()).unwrap();
                    assert_eq!(con.run_flow(&mut Cached::take(id)).unwrap(), Some(cached));
                    assert_eq!(con.run_flow(&mut Cached::take(id)).unwrap(), None);
                });
            }
        }
    )*};
}

blobs! {
    json: "take:json:{id}", redis(blob = Json), redis(version = 2), redis(version = 2, on_mismatch = "miss");
    plain: "take:plain:{id}", redis(blob = Json), redis(envelope = "none"), redis(envelope = "none", on_mismatch = "miss");
    packed: "take:packed:{id}", redis(blob = MsgPack), redis(envelope = "full"), redis(envelope = "full", on_mismatch = "miss");
    sealed: "take:sealed:{id}", redis(blob = Sealed<Json, Ring>), redis(version = 2), redis(version = 2, on_mismatch = "miss");
}

mod limited {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, RedisModel)]
    #[redis(key = "take:limited:{id}", blob = Limited)]
    pub(super) struct Item {
        pub(super) id: u64,
    }

    #[derive(Debug, Serialize, Deserialize, RedisModel)]
    #[redis(key = "take:limited:{id}", blob = Limited, on_mismatch = "miss")]
    pub(super) struct Cached {
        pub(super) id: u64,
    }
}

struct Ring;

impl KeyProvider for Ring {
    fn ring() -> Arc<KeyRing> {
        Arc::new(KeyRing::new(1, [1; 32]))
    }
}

/// Refuses to read anything, as over a limit.
struct Limited;

impl<T: Serialize> Codec<T> for Limited {
    const NAME: &'static str = "limited";
    const FORMAT: redis_model::codec::Format = redis_model::codec::Format::self_describing(16);

    fn encode<W: std::io::Write>(
        value: &T,
        _: &Location<'_>,
        out: &mut W,
    ) -> Result<(), ValueError> {
        serde_json::to_writer(out, value).map_err(|_| ValueError::new("not written"))
    }

    fn decode(_: &[u8], _: &Location<'_>) -> Result<T, ValueError> {
        Err(ValueError::limit("too deep"))
    }
}

/// The stored bytes of a string or, in a fixed order, of a hash.
fn stored(con: &mut Con, key: &str) -> Vec<u8> {
    con.raw(&["DUMP", key])
}

fn stays<M: RedisModel + Send + std::fmt::Debug>(
    con: &mut Con,
    id: M::Id,
    kind: Option<ErrorKind>,
) {
    let key = M::key(id.clone());
    con.raw::<()>(&["PEXPIRE", &key, "3600000"]);
    let before = stored(con, &key);
    let taken = con.run_flow(&mut M::take(id.clone()));
    match kind {
        Some(kind) => {
            let error = taken.unwrap_err();
            assert_eq!((error.kind(), error.key()), (kind, Some(&*key)), "{error}");
        }
        None => assert!(taken.unwrap().is_none()),
    }
    let many = con.run_flow(&mut M::take_many([id])).unwrap();
    assert_eq!(many[0].as_ref().err().map(Error::kind), kind);
    assert_eq!(stored(con, &key), before);
    assert!(con.raw::<u64>(&["PTTL", &key]) > 3_000_000);
}

#[test]
fn a_hash_that_take_cannot_decode_stays() {
    on_one_server(|con| {
        for (field, value, kind) in [
            ("attempts", "many", ErrorKind::InvalidValue),
            ("attempts", "4294967296", ErrorKind::InvalidValue),
            ("tags", "[", ErrorKind::Codec),
            ("tags", "\u{4}\u{8}[", ErrorKind::Foreign),
        ] {
            let id = fresh();
            con.run(job(id).save()).unwrap();
            con.raw::<()>(&["HSET", &Job::key(id), field, value]);
            stays::<Job>(con, id, Some(kind));
            con.raw::<()>(&["HDEL", &Job::key(id), field]);
            stays::<Job>(con, id, Some(ErrorKind::MissingField));
        }
        for (version, kind) in [
            ("3", ErrorKind::NewerVersion),
            ("1", ErrorKind::NoMigration),
            ("x", ErrorKind::InvalidValue),
        ] {
            let id = fresh();
            con.run(hash::Item { id, count: 1 }.save()).unwrap();
            con.raw::<()>(&["HSET", &hash::Item::key(id), "_v", version]);
            stays::<hash::Item>(con, id, Some(kind));
            let is_mismatch = kind != ErrorKind::InvalidValue;
            stays::<hash::Cached>(con, id, Some(kind).filter(|_| !is_mismatch));
        }
    });
}

#[test]
fn a_blob_that_take_cannot_decode_stays() {
    on_one_server(|con| {
        let id = fresh();
        let mut raw = server_connection();
        let mut put = |key: &str, bytes: &[u8]| {
            redis::cmd("SET").arg(key).arg(bytes).exec(&mut raw).unwrap();
        };
        let newer = |mut bytes: Vec<u8>| {
            bytes[3] = 9;
            bytes
        };

        let item = json::Item { id, count: 1 }.to_bytes().unwrap();
        put(&json::Item::key(id), &newer(item.clone()));
        stays::<json::Item>(con, id, Some(ErrorKind::NewerVersion));
        stays::<json::Cached>(con, id, None);
        let other_model = [&item[..4], &[0; 4], &item[8..]].concat();
        put(&json::Item::key(id), &other_model);
        stays::<json::Item>(con, id, Some(ErrorKind::WrongModel));
        stays::<json::Cached>(con, id, None);
        let other_codec = [&item[..2], &[2], &item[3..]].concat();
        put(&json::Item::key(id), &other_codec);
        stays::<json::Item>(con, id, Some(ErrorKind::WrongCodec));
        stays::<json::Cached>(con, id, None);
        put(&json::Item::key(id), &item[..item.len() - 1]);
        stays::<json::Item>(con, id, Some(ErrorKind::Codec));
        stays::<json::Cached>(con, id, None);

        put(&plain::Item::key(id), b"\x80\x04}.");
        stays::<plain::Item>(con, id, Some(ErrorKind::Foreign));
        stays::<plain::Cached>(con, id, None);
        put(&plain::Item::key(id), &newer(item));
        stays::<plain::Item>(con, id, Some(ErrorKind::NewerVersion));
        stays::<plain::Cached>(con, id, None);

        let mut item = packed::Item { id, count: 1 }.to_bytes().unwrap();
        item.push(0);
        put(&packed::Item::key(id), &item);
        stays::<packed::Item>(con, id, Some(ErrorKind::TrailingBytes));
        stays::<packed::Cached>(con, id, None);

        // Tampering and limits are not mismatches.
        con.run(sealed::Item { id, count: 1 }.save()).unwrap();
        let key = sealed::Item::key(id);
        con.raw::<()>(&["SETRANGE", &key, "40", "forged"]);
        stays::<sealed::Item>(con, id, Some(ErrorKind::Tampered));
        stays::<sealed::Cached>(con, id, Some(ErrorKind::Tampered));
        con.run(limited::Item { id }.save()).unwrap();
        stays::<limited::Item>(con, id, Some(ErrorKind::Limit));
        stays::<limited::Cached>(con, id, Some(ErrorKind::Limit));
    });
}

fn server_connection() -> redis::Connection {
    server().connection().unwrap()
}

/// A connection on which another client writes right after the first command of each take, or
/// that breaks after this number of commands.
struct Meddled<F> {
    con: redis::Connection,
    after_read: F,
    breaks_after: Option<usize>,
}

impl<F: FnMut(&mut redis::Connection)> redis::ConnectionLike for Meddled<F> {
    fn req_packed_command(&mut self, packed: &[u8]) -> redis::RedisResult<redis::Value> {
        let value = self.con.req_packed_command(packed)?;
        let is_script = packed.windows(4).take(12).any(|word| word == b"EVAL");
        if !is_script {
            (self.after_read)(&mut self.con);
        }
        if let Some(left) = &mut self.breaks_after {
            if *left == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe).into());
            }
            *left -= 1;
        }
        Ok(value)
    }

    fn req_packed_commands(
        &mut self,
        packed: &[u8],
        offset: usize,
        count: usize,
    ) -> redis::RedisResult<Vec<redis::Value>> {
        self.con.req_packed_commands(packed, offset, count)
    }

    fn get_db(&self) -> i64 {
        self.con.get_db()
    }

    fn check_connection(&mut self) -> bool {
        self.con.check_connection()
    }

    fn is_open(&self) -> bool {
        self.con.is_open()
    }
}

fn meddled<F: FnMut(&mut redis::Connection)>(after_read: F) -> Meddled<F> {
    Meddled { con: server_connection(), after_read, breaks_after: None }
}

#[test]
fn a_record_that_was_changed_since_it_was_read_is_read_again() {
    // A field, an absent field, and an alias of a field.
    for (field, value) in [("attempts", "7"), ("note", "new"), ("title", "behind")] {
        let id = fresh();
        Con::sync().run(job(id).save()).unwrap();
        let mut left = 3_usize;
        let mut con = meddled(|con| {
            if left > 0 {
                left -= 1;
                let value = [value, "3", "4"][left];
                redis::cmd("HSET").arg(&*Job::key(id)).arg(field).arg(value).exec(con).unwrap();
            }
        });
        let taken = Job::take(id).run(&mut con).unwrap().unwrap();
        let expected = match field {
            "attempts" => Job { attempts: 7, ..job(id) },
            "note" => Job { note: Some("new".into()), ..job(id) },
            _ => job(id),
        };
        assert_eq!(taken, expected);
        assert_eq!(Con::sync().hash(&Job::key(id)), []);
    }

    let id = fresh();
    let (old, new) = (plain::Item { id, count: 1 }, plain::Item { id, count: 2 });
    Con::sync().run(old.save()).unwrap();
    let mut con = meddled(|con| new.save().run(con).unwrap());
    assert_eq!(plain::Item::take(id).run(&mut con).unwrap(), Some(new.clone()));
    assert!(!Con::sync().run(plain::Item::exists(id)).unwrap());
}

#[test]
fn a_record_that_becomes_unreadable_after_it_was_read_stays() {
    let id = fresh();
    let mut raw = Con::sync();
    raw.run(job(id).save()).unwrap();
    let mut con = meddled(|con| {
        redis::cmd("HSET").arg(&*Job::key(id)).arg("attempts").arg("many").exec(con).unwrap();
    });
    let error = Job::take(id).run(&mut con).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidValue, Some("attempts")));
    assert_eq!(raw.hash(&Job::key(id)).len(), 3);

    // A newer program has migrated the record to the same fields.
    raw.run(hash::Item { id, count: 1 }.save()).unwrap();
    let mut con = meddled(|con| {
        redis::cmd("HSET").arg(&*hash::Item::key(id)).arg("_v").arg("3").exec(con).unwrap();
    });
    let error = hash::Item::take(id).run(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NewerVersion);
    assert_eq!(raw.hash(&hash::Item::key(id)), pairs([("_v", "3"), ("count", "1")]));
}

#[test]
fn a_record_that_changes_each_time_is_a_conflict_and_stays() {
    let id = fresh();
    let mut raw = Con::sync();
    raw.run(job(id).save()).unwrap();
    let mut reads = 0;
    let mut con = meddled(|con| {
        reads += 1;
        Job::update(id).incr(Job::FIELDS.attempts, 1).run(con).unwrap().expect("a job");
    });
    let mut take = Job::take(id);
    let error = take.run(&mut con).unwrap_err();
    assert!(error.is_conflict() && error.key() == Some(&*Job::key(id)), "{error}");
    assert!(take.unconfirmed().is_none());
    assert_eq!(reads, 16);
    assert_eq!(raw.run(Job::get(id)).unwrap(), Some(Job { attempts: 17, ..job(id) }));
}

#[test]
fn a_record_that_another_client_has_taken_is_none() {
    let id = fresh();
    Con::sync().run(job(id).save()).unwrap();
    let mut con = meddled(|con| assert!(Job::delete(id).run(con).unwrap()));
    assert_eq!(Job::take(id).run(&mut con).unwrap(), None);
}

/// Another client may replace the record before the second round trip.
#[test]
fn another_type_that_replaced_the_record_stays() {
    let id = fresh();
    let mut raw = Con::sync();
    raw.run(job(id).save()).unwrap();
    let mut con = meddled(|con| {
        redis::pipe().del(&*Job::key(id)).set(&*Job::key(id), "other").exec(con).unwrap();
    });
    assert!(Job::take(id).run(&mut con).unwrap_err().is_wrong_type());
    assert_eq!(raw.raw::<String>(&["GET", &Job::key(id)]), "other");
}

#[test]
fn of_many_takers_exactly_one_gets_a_record() {
    let jobs: Vec<Job> = (0..200).map(|_| job(fresh())).collect();
    for saved in Con::sync().run(Job::save_many(&jobs)).unwrap() {
        saved.unwrap();
    }
    let taken: Vec<AtomicUsize> = jobs.iter().map(|_| AtomicUsize::new(0)).collect();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut con = server_connection();
                for (job, taken) in jobs.iter().zip(&taken) {
                    if let Some(found) = Job::take(job.id).run(&mut con).unwrap() {
                        assert_eq!(found, *job);
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert!(taken.iter().all(|taken| taken.load(Ordering::Relaxed) == 1));
}

#[test]
fn a_record_whose_deletion_was_not_confirmed_is_returned() {
    let mut raw = Con::sync();
    let record = job(fresh());
    raw.run(record.save()).unwrap();
    // The server knows the script by now, so the deletion is the second command.
    raw.run_flow(&mut Job::take(record.id)).unwrap().unwrap();
    raw.run(record.save()).unwrap();
    let mut con = Meddled { breaks_after: Some(1), ..meddled(|_| ()) };
    let mut take = Job::take(record.id);
    assert!(take.unconfirmed().is_none());
    assert!(take.run(&mut con).unwrap_err().is_connection());
    assert_eq!(take.unconfirmed(), Some(&record));
    assert!(!raw.run(Job::exists(record.id)).unwrap());
    // A second run starts again.
    assert_eq!(raw.run_flow(&mut take).unwrap(), None);
    assert!(take.unconfirmed().is_none());
}

#[test]
fn take_many_returns_one_result_per_record() {
    on_one_server(|con| {
        let jobs: Vec<Job> = (0..5).map(|_| job(fresh())).collect();
        for at in [0, 2, 3] {
            con.run(jobs[at].save()).unwrap();
        }
        con.raw::<()>(&["HSET", &Job::key(jobs[2].id), "attempts", "many"]);
        con.raw::<()>(&["SET", &Job::key(jobs[4].id), "other"]);
        let mut take = Job::take_many(jobs.iter().map(|job| job.id));
        let taken = con.run_flow(&mut take).unwrap();
        assert_eq!(taken[0].as_ref().unwrap().as_ref(), Some(&jobs[0]));
        assert_eq!(taken[1].as_ref().unwrap(), &None);
        assert_eq!(taken[2].as_ref().unwrap_err().key(), Some(&*Job::key(jobs[2].id)));
        assert_eq!(taken[3].as_ref().unwrap().as_ref(), Some(&jobs[3]));
        assert!(taken[4].as_ref().unwrap_err().is_wrong_type());
        assert_eq!(take.unconfirmed().count(), 0);
        assert!(con.run_flow(&mut Job::take_many([0_u64; 0])).unwrap().is_empty());
        let exist =
            con.run(jobs.iter().map(|job| Job::exists(job.id)).collect::<Vec<_>>()).unwrap();
        let exist: Vec<bool> = exist.into_iter().map(|known| known.unwrap_or(true)).collect();
        assert_eq!(exist, [false, false, true, false, true]);
    });
}

#[test]
fn a_take_deletes_fields_of_an_alias_and_of_another_program() {
    on_one_server(|con| {
        let id = fresh();
        con.run(job(id).save().ttl(Duration::from_secs(60))).unwrap();
        con.raw::<()>(&["HDEL", &Job::key(id), "name"]);
        con.raw::<()>(&["HSET", &Job::key(id), "title", "resize", "unknown", "field"]);
        assert_eq!(con.run_flow(&mut Job::take(id)).unwrap(), Some(job(id)));
        assert_eq!(con.hash(&Job::key(id)), []);
    });
}
