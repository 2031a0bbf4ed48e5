#![allow(dead_code)]

use redis_model::RedisFields;

#[derive(RedisFields)]
struct Address {
    street: String,
    zip: u32,
}

pub fn main() {}
