//! Guarded updates: the server's time, writers that meet on one record, and locks.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, Connection, ConnectionLike, Value};
use redis_model::{Operation, RedisModel, transaction};

use super::Servers;
use crate::hand::tuned;
use crate::lines::Lines;
use crate::models::{User, user};
use crate::replay::{Replay, commands};

const ID: u64 = 7;
const KEY: &str = "user:7";
const EMAIL: &str = "ada@new.example.com";
const WRITERS: usize = 16;
const HOUR: Duration = Duration::from_secs(3600);

/// The commands of one call, to be sent again in pipelines: the server's caches are as warm as on
/// a busy server, and no script's text is sent.
struct Sent {
    packed: Vec<u8>,
    replies: usize,
}

/// The calls of a pipeline.
const PIPELINE: usize = 100;

impl Sent {
    fn record(con: Connection, mut work: impl FnMut(&mut Replay)) -> Self {
        let mut replay = Replay::new(con);
        // The first run may have to send a script's text.
        replay.record(&mut work);
        let packed: Vec<u8> = replay.record(work).into_iter().flat_map(|it| it.packed).collect();
        let packed = packed.repeat(PIPELINE);
        Self { replies: commands(&packed).len(), packed }
    }

    /// Returns the microseconds that the server's commands took, per call.
    ///
    /// `INFO commandstats` counts a command of a script or a transaction by itself and as a part
    /// of its caller; only the callers count here.
    fn server_micros(&self, con: &mut Connection, pipelines: usize) -> f64 {
        redis::cmd("CONFIG").arg("RESETSTAT").exec(con).unwrap();
        for _ in 0..pipelines {
            con.req_packed_commands(&self.packed, 0, self.replies).unwrap();
        }
        let stats: String = redis::cmd("INFO").arg("commandstats").query(con).unwrap();
        let times = stats.lines().filter_map(|line| {
            let (name, figures) = line.strip_prefix("cmdstat_")?.split_once(':')?;
            let usec = figures.split(',').find_map(|it| it.strip_prefix("usec="))?;
            Some((name, usec.parse::<f64>().ok()?))
        });
        let times: Vec<_> =
            times.filter(|(name, _)| !name.starts_with("config") && *name != "info").collect();
        let is_caller = |name: &str| name.starts_with("eval") || matches!(name, "multi" | "exec");
        let with_callers = times.iter().any(|(name, _)| is_caller(name));
        let counted = times.iter().filter(|(name, _)| !with_callers || is_caller(name));
        counted.map(|(_, usec)| usec).sum::<f64>() / (pipelines * PIPELINE) as f64
    }
}

pub fn server_time(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let (pipelines, rounds) = (lines.quick_or(20, 2), lines.quick_or(15, 3));
    let mut line = |name: &str, ours: &dyn Fn(&mut Replay), pipe: &redis::Pipeline| {
        let (mut a, mut b) = servers.pair().unwrap();
        user(ID).save().run(&mut a).unwrap();
        let open = || servers.unix.get_connection().unwrap();
        let ours = Sent::record(open(), ours);
        let other = Sent::record(open(), |con| drop(pipe.query::<Value>(con).unwrap()));
        lines.figures(
            &format!("server's time: {name} (µs)"),
            rounds,
            || ours.server_micros(&mut a, pipelines),
            || other.server_micros(&mut b, pipelines),
        );
    };
    let f = User::FIELDS;
    line(
        "guarded set and incr, MULTI",
        &|con| {
            let update = User::update(ID).set(f.email, EMAIL).incr(f.visits, 1);
            assert!(update.run(con).unwrap().is_applied());
        },
        redis::pipe().atomic().hset(KEY, "email", EMAIL).hincr(KEY, "visits", 1),
    );
    line(
        "guarded set of two fields, MULTI",
        &|con| {
            let update = User::update(ID).set(f.email, EMAIL).set(f.level, 7);
            assert!(update.run(con).unwrap().is_applied());
        },
        redis::pipe().atomic().hset(KEY, "email", EMAIL).hset(KEY, "level", 7),
    );
    line(
        "guarded incr, MULTI",
        &|con| assert!(User::update(ID).incr(f.visits, 1).run(con).unwrap().is_applied()),
        redis::pipe().atomic().hincr(KEY, "visits", 1),
    );
    line(
        "set, incr and a condition, MULTI without it",
        &|con| {
            let update = User::update(ID).only_if(f.active.eq(true)).set(f.email, EMAIL);
            assert!(update.incr(f.visits, 1).run(con).unwrap().is_applied());
        },
        redis::pipe().atomic().hset(KEY, "email", EMAIL).hincr(KEY, "visits", 1),
    );
    let (full, absent) = (user(ID), User { city: None, ..user(ID) });
    let (all, present) = (tuned::save_cmd(&full), tuned::save_cmd(&absent));
    line(
        "save with None, MULTI",
        &|con| absent.save().run(con).unwrap(),
        redis::pipe().atomic().add_command(present.clone()).hdel(KEY, "city"),
    );
    line(
        "save with None and TTL, MULTI",
        &|con| absent.save().ttl(HOUR).run(con).unwrap(),
        redis::pipe().atomic().add_command(present).hdel(KEY, "city").pexpire(KEY, 3_600_000),
    );
    line(
        "save with TTL, MULTI",
        &|con| full.save().ttl(HOUR).run(con).unwrap(),
        redis::pipe().atomic().add_command(all.clone()).pexpire(KEY, 3_600_000),
    );
    line("save, HSET", &|con| full.save().run(con).unwrap(), redis::pipe().add_command(all));
    Ok(())
}

/// Returns the rate at which so many connections do the work.
fn rate(client: &Client, each: usize, work: impl Fn(&mut Connection) + Sync) -> f64 {
    let connections: Vec<_> = (0..WRITERS).map(|_| client.get_connection().unwrap()).collect();
    let start = Instant::now();
    thread::scope(|scope| {
        for mut con in connections {
            let work = &work;
            scope.spawn(move || (0..each).for_each(|_| work(&mut con)));
        }
    });
    (WRITERS * each) as f64 / start.elapsed().as_secs_f64()
}

/// Sets and increments as an optimistic transaction does, until nobody was faster.
fn watch_and_update(con: &mut Connection) {
    loop {
        redis::cmd("WATCH").arg(KEY).exec(con).unwrap();
        let visits: Option<u64> = redis::cmd("HGET").arg(KEY).arg("visits").query(con).unwrap();
        let visits = visits.expect("the record exists").checked_add(1).expect("in range");
        let mut pipe = redis::pipe();
        pipe.atomic().hset(KEY, "email", EMAIL).ignore().hset(KEY, "visits", visits).ignore();
        if pipe.query::<Value>(con).unwrap() != Value::Nil {
            return;
        }
    }
}

pub fn writers(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    user(ID).save().run(&mut servers.unix.get_connection()?)?;
    let f = User::FIELDS;
    let (rounds, each) = (lines.quick_or(9, 2), lines.quick_or(100, 10));
    let client = &servers.unix;
    lines.figures(
        "guarded update by 16 writers on one record, WATCH (1/s)",
        rounds,
        || {
            rate(client, each, |con| {
                let update = User::update(ID).set(f.email, EMAIL).incr(f.visits, 1);
                assert!(update.run(con).unwrap().is_applied());
            })
        },
        || rate(client, each, watch_and_update),
    );
    lines.figures(
        "modify by 16 writers on one record, a lock (1/s)",
        rounds,
        || {
            rate(client, each, |con| {
                let mut modify = User::modify(ID, |user| user.visits += 1).attempts(10_000);
                assert!(modify.run(con).unwrap().is_applied());
            })
        },
        || rate(client, each, lock_and_write),
    );
    Ok(())
}

/// Reads and writes a record while no other client may, with a lock by hand.
fn lock_and_write(con: &mut Connection) {
    const LOCK: &str = "user:7:lock";
    let token = format!("{:?}", thread::current().id());
    let mut set = redis::cmd("SET");
    set.arg(LOCK).arg(&token).arg("NX").arg("PX").arg(10_000);
    while !set.query::<bool>(con).unwrap() {
        thread::sleep(Duration::from_millis(1));
    }
    let mut user = tuned::get(con, ID).unwrap().expect("the record exists");
    user.visits += 1;
    tuned::save(con, &user).unwrap();
    release(con, LOCK, &token);
}

pub fn release(con: &mut Connection, lock: &str, token: &str) {
    const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] \
                           then return redis.call('DEL', KEYS[1]) end return 0";
    let released: i32 = redis::Script::new(RELEASE).key(lock).arg(token).invoke(con).unwrap();
    assert_eq!(released, 1);
}

pub fn edits(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let (mut a, mut b) = servers.pair()?;
    user(ID).save().run(&mut a)?;
    lines.micros(
        "edit and commit, a lock",
        1,
        || {
            let mut draft = User::edit(ID).run(&mut a).unwrap().expect("the record exists");
            draft.visits += 1;
            assert!(draft.commit().run(&mut a).unwrap().is_applied());
        },
        || lock_and_write(&mut b),
    );
    Ok(())
}

const OTHER: u64 = 8;

/// Moves one from a record to another as an optimistic transaction does.
fn watch_and_move(con: &mut Connection) {
    let keys = [format!("user:{ID}"), format!("user:{OTHER}")];
    loop {
        redis::cmd("WATCH").arg(&keys).exec(con).unwrap();
        let level = |key: &str| redis::cmd("HGET").arg(key).arg("level").clone();
        let mut pipe = redis::pipe();
        pipe.add_command(level(&keys[0])).add_command(level(&keys[1]));
        let levels: (Option<i32>, Option<i32>) = pipe.query(con).unwrap();
        let (Some(from), Some(to)) = levels else { panic!("the records exist") };
        assert!(from > i32::MIN && to < i32::MAX);
        let mut pipe = redis::pipe();
        pipe.atomic().hset(&keys[0], "level", from - 1).hset(&keys[1], "level", to + 1);
        if pipe.query::<Value>(con).unwrap() != Value::Nil {
            return;
        }
    }
}

fn move_one(con: &mut Connection) {
    let f = User::FIELDS;
    let from = User::update(ID).only_if(f.level.at_least(i32::MIN + 1)).incr(f.level, -1);
    let moved = transaction((from, User::update(OTHER).incr(f.level, 1))).run(con).unwrap();
    assert!(moved.is_applied());
}

pub fn transactions(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let (mut a, mut b) = servers.pair()?;
    User::save_many(&[user(ID), user(OTHER)]).run(&mut a)?;
    let (rounds, each, client) = (lines.quick_or(9, 2), lines.quick_or(100, 10), &servers.unix);
    lines.micros(
        "transaction of two updates, WATCH",
        1,
        || move_one(&mut a),
        || watch_and_move(&mut b),
    );
    lines.figures(
        "transaction by 16 writers on two records, WATCH (1/s)",
        rounds,
        || rate(client, each, move_one),
        || rate(client, each, watch_and_move),
    );
    Ok(())
}
