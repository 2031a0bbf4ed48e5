#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
#[redis(repr = "int")]
enum Level {
    #[redis(rename = "low")]
    Low,
    High,
}

fn main() {}
