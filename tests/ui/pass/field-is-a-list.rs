#![allow(dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(codec = Json)] things: Vec<String>,
}

pub fn main() {}
