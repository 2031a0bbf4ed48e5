#![allow(dead_code)]

use redis_model::{Operation, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    name: String,
}

fn user(con: &mut redis_model::redis::Connection) -> redis_model::Result<Option<User>> {
    User::get(7).run(con)
}

pub fn main() {}
