#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
#[redis(repr = "int")]
enum Level {
    Low = 1,
    High,
}

pub fn main() {}
