#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
struct Limit(u32);

pub fn main() {}
