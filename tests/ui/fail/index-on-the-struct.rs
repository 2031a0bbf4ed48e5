#![allow(unused_imports, dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
#[redis(index(name))]
struct User {
    id: u64,
    name: String,
}

fn main() {}
