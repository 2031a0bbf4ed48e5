#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    Closed { by: String },
}

fn main() {}
