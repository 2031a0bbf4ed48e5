#![allow(dead_code)]

use redis_model::{Json, RedisModel};

fn nobody() -> String {
    "nobody".into()
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(default = "nobody")]
    name: String,
}

pub fn main() {}
