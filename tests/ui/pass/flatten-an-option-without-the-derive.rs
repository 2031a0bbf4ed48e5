#![allow(dead_code)]

use redis_model::{RedisFields, RedisModel};

#[derive(RedisFields)]
struct Address {
    street: String,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(flatten)]
    home: Option<Address>,
    name: String,
}

pub fn main() {}
