#![allow(dead_code)]

use redis_model::{RedisModel, codec::Bincode};

#[derive(RedisModel, serde::Serialize, serde::Deserialize)]
#[redis(key = "user:{id}", blob = Bincode)]
struct User {
    id: u64,
    name: String,
}

pub fn main() {}
