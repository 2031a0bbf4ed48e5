#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "file:{bucket}:{path:raw}")]
struct User {
    bucket: String,
    path: String,
    size: u64,
}

pub fn main() {}
