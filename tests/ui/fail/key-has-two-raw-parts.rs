#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "file:{bucket:raw}:{path:raw}")]
struct User {
    bucket: String,
    path: String,
    size: u64,
}

fn main() {}
