#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}", version_field = "_v", version = 1)]
struct User {
    id: u64,
    name: String,
}

pub fn main() {}
