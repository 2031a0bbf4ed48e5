//! Patterns beside the usual code by hand, which promises less.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use redis::{Commands, Direction, Value};
use redis_model::patterns::{Cache, Lock, Queue, RateLimit, RateLimiter};
use redis_model::{Json, Operation};

use super::Servers;
use super::updates::release;
use crate::lines::Lines;
use crate::models::{User, user};

const HOUR: Duration = Duration::from_secs(3600);

pub fn run(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let (a, b) = &mut servers.pair()?;
    let cache = Cache::<User, Json>::new("cache", HOUR);
    let load = || Ok::<_, Infallible>(user(7));
    cache.get_or_load(7, load).run(a)?;
    redis::cmd("SET").arg("by-hand:7").arg(serde_json::to_vec(&user(7))?).exec(b)?;
    lines.micros(
        "cache hit, GET and serde_json",
        1,
        || assert_eq!(cache.get_or_load(7, load).run(a).unwrap().id, 7),
        || {
            let stored: Vec<u8> = b.get("by-hand:7").unwrap();
            assert_eq!(serde_json::from_slice::<User>(&stored).unwrap().id, 7);
        },
    );
    let limiter = RateLimiter::at("limit", RateLimit::sliding_window(1_000_000_000, HOUR));
    lines.micros(
        "rate limiter, INCR and PEXPIRE NX in MULTI",
        1,
        || assert!(limiter.acquire().run(a).unwrap().allowed),
        || {
            let mut pipe = redis::pipe();
            pipe.atomic().incr("by-hand:limit", 1);
            pipe.cmd("PEXPIRE").arg("by-hand:limit").arg(3_600_000).arg("NX");
            let (count, _): (u64, Value) = pipe.query(b).unwrap();
            assert!(count < u64::MAX);
        },
    );
    let lock = Lock::at("lock", HOUR);
    lines.micros(
        "lock and release, SET NX and a script",
        1,
        || {
            let guard = lock.try_acquire().run(a).unwrap().expect("nobody else takes it");
            guard.release().run(a).unwrap();
        },
        || {
            let mut set = redis::cmd("SET");
            set.arg("by-hand:lock").arg("token").arg("NX").arg("PX").arg(3_600_000);
            assert!(set.query::<bool>(b).unwrap());
            release(b, "by-hand:lock", "token");
        },
    );
    let queue = Queue::<String>::new("queue");
    lines.micros(
        "queue: push, take and done, LPUSH, LMOVE and LREM",
        1,
        || {
            queue.push("job").run(a).unwrap();
            let job = queue.take(1).run(a).unwrap().remove(0).unwrap();
            assert!(queue.done(job.lease).run(a).unwrap());
        },
        || {
            let _: usize = b.lpush("by-hand:queue", "job").unwrap();
            let (from, to) = (Direction::Right, Direction::Left);
            let job: String = b.lmove("by-hand:queue", "by-hand:taken", from, to).unwrap();
            assert_eq!(b.lrem::<_, _, usize>("by-hand:taken", 1, job).unwrap(), 1);
        },
    );
    Ok(())
}
