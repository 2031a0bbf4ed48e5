#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    Closed,
}

pub fn main() {}
