#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    #[redis(alias = "Open")]
    New,
}

fn main() {}
