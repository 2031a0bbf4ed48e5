#![allow(dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}", ttl = "3600s")]
struct User {
    id: u64,
    name: String,
}

pub fn main() {}
