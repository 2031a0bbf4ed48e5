#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
struct Bits {
    a: u32,
}

pub fn main() {}
