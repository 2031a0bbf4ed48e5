#![allow(unused_imports)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel, serde::Serialize, serde::Deserialize)]
#[redis(key = "user:{id}", blob = Json)]
struct User {
    id: u64,
    #[redis(rename = "n")]
    name: String,
}

fn main() {}
