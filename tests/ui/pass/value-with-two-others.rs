#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    Unknown,
    #[redis(other)]
    Other(String),
}

pub fn main() {}
