#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};

fn name() -> u32 {
    7
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(default = "name")]
    name: String,
}

fn main() {}
