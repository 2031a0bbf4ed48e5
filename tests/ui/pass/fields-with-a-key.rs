#![allow(dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
struct Address {
    id: u64,
}

pub fn main() {}
