#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};
use std::time::SystemTime;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(bool = "yes/no", none_as = "no")]
    active: Option<bool>,
}

fn main() {}
