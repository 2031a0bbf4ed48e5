#![allow(dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}", ttl = "1h", rename_all = "camelCase")]
struct User {
    id: u64,
    #[redis(rename = "n")]
    name: String,
    #[redis(codec = Json)]
    tags: Vec<u32>,
}

pub fn main() {}
