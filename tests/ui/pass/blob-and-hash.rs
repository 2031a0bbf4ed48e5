#![allow(dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel, serde::Serialize, serde::Deserialize)]
#[redis(key = "user:{id}", blob = Json)]
struct User {
    id: u64,
    name: String,
}

pub fn main() {}
