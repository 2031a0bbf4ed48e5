#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}", version)]
struct User {
    id: u64,
    changes: u64,
}

fn main() {}
