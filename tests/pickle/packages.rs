//! Values that Python's packages store, read by models such as a program would have.
//!
//! `packages.py` runs the packages against a server of this test. `.ci/run` installs them.

use std::collections::BTreeMap;
use std::process::Command;

use chrono::{DateTime, Utc};
use redis_model::codec::{Fallback, MsgPack, Pickle, Zlib};
use redis_model::embedded::Server;
use redis_model::{Json, Operation, RedisModel};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

fn seen() -> DateTime<Utc> {
    "2025-11-20T23:19:11.123456Z".parse().expect("a time")
}

macro_rules! people {
    ($($name:ident $key:literal [$($codec:ty),*];)*) => {$(
        #[derive(Debug, Serialize, Deserialize, RedisModel)]
        #[redis(key = $key, codecs = [$($codec),*])]
        struct $name {
            #[serde(default)]
            id: u32,
            name: String,
            visits: u32,
            seen: DateTime<Utc>,
            balance: Decimal,
        }

        impl $name {
            fn check(self) {
                assert_eq!((self.id, &*self.name, self.visits), (7, "Zoë", 3));
                assert_eq!((self.seen, self.balance.to_string()), (seen(), "1.10".into()));
            }
        }
    )*};
}

people! {
    // Django's own cache, or django-redis without a compressor.
    DjangoCache ":1:person:{id}" [Json, Pickle];
    // django-redis with `KEY_PREFIX` and its `ZlibCompressor`.
    DjangoRedis "shop:1:person:{id}" [Json, Zlib<Pickle>];
    // aiocache with its `PickleSerializer`.
    AioCache "aio:person:{id}" [Json, Pickle];
}

/// A model of Django in its cache.
#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = ":1:user:{id}", codecs = [Json, Pickle])]
struct DjangoUser {
    id: u32,
    username: String,
    is_active: bool,
    last_login: Option<DateTime<Utc>>,
    date_joined: DateTime<Utc>,
}

/// A session of Django's cache backend. Its key has nothing between the parts.
#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = ":1:django.contrib.sessions.cache{id:raw}", codecs = [Json, Pickle])]
struct DjangoSession {
    #[serde(skip)]
    id: String,
    #[serde(rename = "_auth_user_id")]
    user: Option<String>,
    cart: Vec<u32>,
    seen: DateTime<Utc>,
}

/// A result of Celery, whichever `result_serializer` it has.
#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "celery-task-meta-{task_id:raw}", codecs = [Json, Pickle])]
struct CeleryResult {
    task_id: String,
    status: String,
    result: Sum,
    traceback: Option<String>,
    date_done: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Sum {
    sum: u32,
    items: Vec<u32>,
}

/// A session of Flask-Session, which has been MessagePack since version 0.7.
#[derive(Debug, Serialize, Deserialize, RedisModel)]
#[redis(key = "session:{sid}", blob = MsgPack)]
struct FlaskSession {
    #[serde(skip)]
    sid: String,
    _permanent: bool,
    user: String,
    cart: Vec<u32>,
    seen: Timestamp,
}

/// MessagePack's extension -1: a time.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename = "_ExtStruct")]
struct Timestamp((i8, serde_bytes::ByteBuf));

impl Timestamp {
    fn to_time(&self) -> Option<DateTime<Utc>> {
        let Self((-1, bytes)) = self else { return None };
        match bytes[..] {
            [a, b, c, d] => DateTime::from_timestamp(u32::from_be_bytes([a, b, c, d]).into(), 0),
            [a, b, c, d, e, f, g, h] => {
                let both = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
                DateTime::from_timestamp((both & 0x3_ffff_ffff) as i64, (both >> 34) as u32)
            }
            _ => None,
        }
    }
}

/// A job of RQ: a hash, whose field `data` is a compressed pickle.
#[derive(Debug, RedisModel)]
#[redis(key = "rq:job:{id}")]
struct RqJob {
    id: String,
    status: String,
    origin: String,
    created_at: DateTime<Utc>,
    #[redis(codec = Fallback<Json, Zlib<Pickle>>)]
    data: RqCall,
}

/// The function, the instance of a method, and the arguments.
type RqCall = (String, Option<()>, (u32,), BTreeMap<String, DateTime<Utc>>);

#[test]
#[ignore = "needs python3 with Django, Celery and others: `.ci/run` has them and runs this"]
fn what_packages_store_is_read() {
    let server = Server::start().unwrap();
    let mut con = server.connection().unwrap();
    let url = server.url();
    let socket = url.split("://").nth(1).and_then(|it| it.split('?').next()).expect("a socket");
    let run = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pickle/packages.py"))
        .arg(socket)
        .env("PYTHONPATH", concat!(env!("CARGO_MANIFEST_DIR"), "/target/python"))
        .output()
        .expect("python3: apt-get install python3");
    assert!(
        run.status.success(),
        "{}(`python3 -m pip install --target target/python django django-redis aiocache celery \
         flask-session rq` installs what it needs)",
        String::from_utf8_lossy(&run.stderr)
    );

    DjangoCache::get(7).run(&mut con).unwrap().unwrap().check();
    DjangoRedis::get(7).run(&mut con).unwrap().unwrap().check();
    AioCache::get(7).run(&mut con).unwrap().unwrap().check();

    let user = DjangoUser::get(7).run(&mut con).unwrap().unwrap();
    assert_eq!((user.id, &*user.username, user.is_active), (7, "ada", true));
    assert_eq!((user.last_login, user.date_joined), (None, seen()));

    let mut ids = DjangoSession::scan_ids();
    let ids: Vec<String> = ids.run(&mut con).unwrap().expect("a page");
    let session = DjangoSession::get(&ids[0]).run(&mut con).unwrap().unwrap();
    assert_eq!((session.user.as_deref(), session.cart), (Some("7"), vec![1, 2]));
    assert_eq!(session.seen, seen());

    for id in ["task-json", "task-pickle"] {
        let result = CeleryResult::get(id).run(&mut con).unwrap().unwrap();
        assert_eq!((&*result.task_id, &*result.status), (id, "SUCCESS"));
        assert_eq!((result.result.sum, result.result.items), (7, vec![1, 2]));
        assert!(result.traceback.is_none() && result.date_done.is_some());
    }

    let sid: String = redis::cmd("GET").arg("flask-session-id").query(&mut con).unwrap();
    let session = FlaskSession::get(&sid).run(&mut con).unwrap().unwrap();
    assert!(session._permanent);
    assert_eq!((&*session.user, session.cart), ("ada", vec![1, 2]));
    assert_eq!(session.seen.to_time(), Some(seen()));

    let job = RqJob::get("job-7").run(&mut con).unwrap().unwrap();
    assert_eq!((&*job.status, &*job.origin), ("queued", "default"));
    assert!(job.created_at > seen());
    let (function, instance, (first,), named) = job.data;
    assert_eq!((&*function, instance, first, named["b"]), ("app_jobs.add", None, 1, seen()));

    // Moved to JSON, as Python reads it.
    let mut rewriting = DjangoRedis::rewrite_all();
    while rewriting.run(&mut con).unwrap().is_some() {}
    let mut jobs = RqJob::rewrite_all();
    while jobs.run(&mut con).unwrap().is_some() {}
    assert_eq!((rewriting.rewritten(), jobs.rewritten()), (1, 1));
    let json: String = redis::cmd("GET").arg("shop:1:person:7").query(&mut con).unwrap();
    assert!(json.starts_with(r#"{"id":7,"name":"Zoë","visits":3,"seen":"2025-11-20T23:19"#));
    let json: String = redis::cmd("HGET").arg("rq:job:job-7").arg("data").query(&mut con).unwrap();
    assert_eq!(json, r#"["app_jobs.add",null,[1],{"b":"2025-11-20T23:19:11.123456Z"}]"#);
}
