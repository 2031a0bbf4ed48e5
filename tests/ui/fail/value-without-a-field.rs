#![allow(unused_imports, dead_code)]

use redis_model::{KeyPart, RedisModel, RedisValue};

#[derive(Clone, RedisValue)]
struct Marker;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    marker: Marker,
}

fn main() {
    let _ = User::update(7).set(User::FIELDS.marker, Marker);
}
