#![allow(dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(empty_as_none)]
    name: Option<String>,
}

pub fn main() {}
