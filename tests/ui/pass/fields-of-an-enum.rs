#![allow(dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
struct Address {
    street: String,
}

pub fn main() {}
