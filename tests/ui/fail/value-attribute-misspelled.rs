#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
#[redis(rename_al = "snake_case")]
enum Status {
    Open,
}

fn main() {}
