#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
struct Range(u32, u32);

fn main() {}
