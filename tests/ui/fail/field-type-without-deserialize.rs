#![allow(unused_imports)]

use redis_model::{Json, RedisModel};

#[derive(serde::Serialize)]
struct Custom;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(codec = Json)]
    thing: Custom,
}

fn main() {}
