#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
#[redis(repr = "u8")]
enum Level {
    Low,
}

fn main() {}
