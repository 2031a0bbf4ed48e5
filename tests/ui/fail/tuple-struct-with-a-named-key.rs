#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User(u64, String);

fn main() {}
