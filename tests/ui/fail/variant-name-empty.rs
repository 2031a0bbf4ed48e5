#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    #[redis(rename = "")]
    New,
    Done,
}

fn main() {}
