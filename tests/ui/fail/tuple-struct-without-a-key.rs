#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
struct User(u64, String);

fn main() {}
