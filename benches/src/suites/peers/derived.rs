//! redis-derive, on the redis-rs that it supports.

use std::error::Error;
use std::hint::black_box;

use redis_0_32 as redis;
use redis_model::{Operation, RedisModel};

use self::redis::Commands;
use super::{BATCH, ID, stored_user, users};
use crate::lines::Lines;
use crate::models::User;
use crate::suites::server::Servers;

stored_user! {
    #[derive(Debug, redis_derive::FromRedisValue, redis_derive::ToRedisArgs)]
    DerivedUser {}
}

pub fn run(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let a = &mut servers.unix.get_connection()?;
    let client = redis::Client::open(format!("unix://{}", servers.socket()))?;
    let b = &mut client.get_connection()?;
    let users = users();
    let theirs: Vec<_> = users.iter().cloned().map(DerivedUser::from).collect();
    let key = |id: u64| format!("derived:{id}");
    lines.micros(
        "hash save, redis-derive",
        1,
        || users[0].save().run(a).unwrap(),
        || redis::cmd("HSET").arg(key(ID)).arg(&theirs[0]).exec(b).unwrap(),
    );
    lines.micros(
        "hash get, redis-derive",
        1,
        || assert!(black_box(User::get(ID).run(a).unwrap()).is_some()),
        || drop(black_box(b.hgetall::<_, DerivedUser>(key(ID)).unwrap())),
    );
    lines.micros(
        "batch of 100 hash saves, redis-derive",
        users.len(),
        || assert!(User::save_many(&users).run(a).unwrap().iter().all(Result::is_ok)),
        || {
            let mut pipe = redis::pipe();
            for (user, theirs) in users.iter().zip(&theirs) {
                pipe.cmd("HSET").arg(key(user.id)).arg(theirs).ignore();
            }
            pipe.query::<()>(b).unwrap();
        },
    );
    lines.micros(
        "batch of 100 hash gets, redis-derive",
        users.len(),
        || {
            let read = User::get_many(ID..ID + BATCH).run(a).unwrap();
            assert!(black_box(read).iter().all(Result::is_ok));
        },
        || {
            let mut pipe = redis::pipe();
            for id in ID..ID + BATCH {
                pipe.hgetall(key(id));
            }
            drop(black_box(pipe.query::<Vec<DerivedUser>>(b).unwrap()));
        },
    );
    Ok(())
}
