#![allow(unused_imports)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
#[redis(codec = Json)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
