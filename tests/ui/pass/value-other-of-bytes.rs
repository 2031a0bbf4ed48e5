#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    #[redis(other)]
    Other(String),
}

fn main() {}
