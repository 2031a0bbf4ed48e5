#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};
use std::time::SystemTime;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(unix, unix_ms)]
    seen: SystemTime,
}

fn main() {}
