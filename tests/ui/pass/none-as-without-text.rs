#![allow(dead_code, unused_imports)]

use redis_model::{Json, RedisModel};
use std::time::SystemTime;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(none_as = "")]
    name: Option<String>,
}

pub fn main() {}
