#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
