#![allow(unused_imports, dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(table = "users")]
struct User {
    id: u64,
    name: String,
}

fn main() {}
