#![allow(unused_imports, dead_code)]

use redis_model::{RedisFields, RedisModel};

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

fn main() {}
