#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    #[redis(alias = "Fresh")]
    New,
}

pub fn main() {}
