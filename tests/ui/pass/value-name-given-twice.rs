#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    #[redis(rename = "opened")]
    Opened,
}

pub fn main() {}
