#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
enum Status {
    Open,
    #[redis(other)]
    Other(Vec<u8>),
}

fn main() {}
