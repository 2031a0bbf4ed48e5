#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
#[redis(rename_all = "snake_case")]
enum Status {
    Open,
}

pub fn main() {}
