#![allow(unused_imports, dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}", expire = 60)]
struct User {
    id: u64,
    name: String,
}

fn main() {}
