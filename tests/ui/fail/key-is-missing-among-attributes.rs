#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(ttl = "1h")]
struct User {
    id: u64,
    name: String,
}

fn main() {}
