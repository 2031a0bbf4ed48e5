#![allow(unused_imports)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel, serde::Serialize, serde::Deserialize)]
#[redis(key = "user:{id}", blob = Json, rename_all = "camelCase")]
struct User {
    id: u64,
    name: String,
}

fn main() {}
