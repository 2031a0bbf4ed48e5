#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    #[redis(rename = "new")]
    New,
    Done,
}

pub fn main() {}
