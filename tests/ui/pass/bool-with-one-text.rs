#![allow(dead_code, unused_imports)]

use redis_model::{Json, RedisModel};
use std::time::SystemTime;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(bool = "True/False")]
    active: bool,
}

pub fn main() {}
