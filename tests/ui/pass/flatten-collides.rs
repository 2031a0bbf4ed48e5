#![allow(dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
struct Address {
    street: String,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    street: String,
    #[redis(flatten)]
    home: Address,
}

pub fn main() {
    let _ = User::SCHEMA.fields;
}
