#![allow(dead_code)]

use redis_model::{RedisFields, RedisModel};

#[derive(RedisFields)]
struct Cached {
    #[redis(skip)]
    name: String,
    at: u64,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(flatten)]
    cached: Option<Cached>,
}

pub fn main() {
    let _ = User::SCHEMA.fields;
}
