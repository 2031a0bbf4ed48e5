#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user")]
struct User {
    name: String,
}

pub fn main() {}
