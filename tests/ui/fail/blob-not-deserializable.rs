#![allow(unused_imports)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel, serde::Serialize)]
#[redis(key = "user:{id}", blob = Json)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
