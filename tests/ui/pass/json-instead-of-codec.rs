#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(codec = Json)]
    name: String,
}

pub fn main() {}
