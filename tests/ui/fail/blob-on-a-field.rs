#![allow(unused_imports)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(blob = Json)]
    name: String,
}

fn main() {}
