#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
}

fn user(con: &mut redis_model::redis::Connection) -> redis_model::Result<Option<User>> {
    User::modify(7, |user| user.name.clear()).run(con).map(|_| None)
}

pub fn main() {}
