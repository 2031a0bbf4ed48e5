#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}", ttl = 3600)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
