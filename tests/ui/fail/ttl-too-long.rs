#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
#[redis(ttl = "999999999999w")]
struct User {
    id: u64,
    name: String,
}

fn main() {}
