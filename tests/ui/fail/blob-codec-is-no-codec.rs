#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel, serde::Serialize, serde::Deserialize)]
#[redis(key = "user:{id}", blob = String)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
