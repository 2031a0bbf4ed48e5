//! redis-macros on our redis-rs, and redis-om on one of its own.

use std::error::Error;
use std::hint::black_box;

use redis::Commands;
use redis_model::{Operation, RedisModel};
use redis_om::HashModel;
use serde::{Deserialize, Serialize};

use super::{BATCH, ID, stored_user};
use crate::lines::Lines;
use crate::models::{JsonProfile, User, user};
use crate::suites::server::Servers;

/// A newtype, which serde stores as the struct that it contains.
#[derive(Serialize, Deserialize, redis_macros::FromRedisValue, redis_macros::ToRedisArgs)]
struct MacrosProfile(JsonProfile);

stored_user! {
    #[derive(Debug, redis_om::HashModel)]
    OmUser { id: String = |id: u64| id.to_string() }
}

pub fn run(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    macros(servers, lines)?;
    om(servers, lines)
}

fn macros(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let (a, b) = &mut servers.pair()?;
    let profiles: Vec<_> = (ID..ID + BATCH).map(JsonProfile::new).collect();
    let theirs: Vec<_> = profiles.iter().cloned().map(MacrosProfile).collect();
    let key = |id: u64| format!("macros:{id}");
    lines.micros(
        "JSON set, redis-macros",
        1,
        || profiles[0].save().run(a).unwrap(),
        || b.set(key(ID), &theirs[0]).unwrap(),
    );
    lines.micros(
        "JSON get, redis-macros",
        1,
        || assert!(black_box(JsonProfile::get(ID).run(a).unwrap()).is_some()),
        || drop(black_box(b.get::<_, MacrosProfile>(key(ID)).unwrap())),
    );
    lines.micros(
        "batch of 100 JSON sets, redis-macros",
        profiles.len(),
        || assert!(JsonProfile::save_many(&profiles).run(a).unwrap().iter().all(Result::is_ok)),
        || {
            let mut pipe = redis::pipe();
            for profile in &theirs {
                pipe.set(key(profile.0.id), profile).ignore();
            }
            pipe.query::<()>(b).unwrap();
        },
    );
    lines.micros(
        "batch of 100 JSON gets, redis-macros",
        profiles.len(),
        || {
            let read = JsonProfile::get_many(ID..ID + BATCH).run(a).unwrap();
            assert!(black_box(read).iter().all(Result::is_ok));
        },
        || {
            let mut pipe = redis::pipe();
            for id in ID..ID + BATCH {
                pipe.get(key(id));
            }
            drop(black_box(pipe.query::<Vec<MacrosProfile>>(b).unwrap()));
        },
    );
    Ok(())
}

fn om(servers: &Servers, lines: &mut Lines<'_>) -> Result<(), Box<dyn Error>> {
    let a = &mut servers.unix.get_connection()?;
    let client = redis_om::Client::open(format!("unix://{}", servers.socket()))?;
    let b = &mut client.get_connection()?;
    let (ours, mut theirs) = (user(ID), OmUser::from(user(ID)));
    lines.micros(
        "hash save, redis-om",
        1,
        || ours.save().run(a).unwrap(),
        || theirs.save(b).unwrap(),
    );
    let id = ID.to_string();
    lines.micros(
        "hash get, redis-om",
        1,
        || assert!(black_box(User::get(ID).run(a).unwrap()).is_some()),
        || drop(black_box(OmUser::get(&id, b).unwrap())),
    );
    Ok(())
}
