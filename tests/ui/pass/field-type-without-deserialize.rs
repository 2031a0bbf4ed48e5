#![allow(dead_code)]

use redis_model::{Json, RedisModel};

#[derive(serde::Serialize, serde::Deserialize)]
struct Custom;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(codec = Json)]
    thing: Custom,
}

pub fn main() {}
