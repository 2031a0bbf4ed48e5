#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
#[redis(ttl = 900)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
