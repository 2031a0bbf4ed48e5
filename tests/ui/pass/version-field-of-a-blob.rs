#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(serde::Serialize, serde::Deserialize, RedisModel)]
#[redis(key = "user:{id}", blob = redis_model::Json, version = 2)]
struct User {
    id: u64,
    name: String,
}

pub fn main() {}
