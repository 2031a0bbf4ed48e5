#![allow(unused_imports, dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(prefix = "user:", ttl = "1h")]
struct User {
    id: u64,
    name: String,
}

fn main() {}
