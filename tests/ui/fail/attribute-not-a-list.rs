#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis = "user:{id}"]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
}

fn main() {}
