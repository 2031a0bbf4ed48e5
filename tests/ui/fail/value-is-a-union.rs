#![allow(unused_imports, dead_code)]

use redis_model::RedisValue;

#[derive(RedisValue)]
union Bits {
    a: u32,
    b: f32,
}

fn main() {}
