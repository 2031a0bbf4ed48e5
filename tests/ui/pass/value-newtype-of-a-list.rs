#![allow(dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
struct Tags(String);

pub fn main() {}
