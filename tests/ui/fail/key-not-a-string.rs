#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = 5)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
