#![allow(dead_code)]

use redis_model::{RedisFields, RedisModel};

#[derive(RedisFields)]
struct Geo {
    lat: f64,
}

#[derive(RedisFields)]
struct Address {
    street: String,
    #[redis(flatten)]
    geo: Geo,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(flatten)]
    home: Address,
}

pub fn main() {}
