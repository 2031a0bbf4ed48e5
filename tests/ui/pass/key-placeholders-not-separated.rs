#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "{tenant}:{id}")]
struct User {
    tenant: String,
    id: u64,
    name: String,
}

pub fn main() {}
