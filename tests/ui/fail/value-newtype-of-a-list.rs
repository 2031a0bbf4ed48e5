#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
struct Tags(Vec<String>);

fn main() {}
