#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
struct Address {
    street: String,
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(rename = "home.street")]
    street: String,
    #[redis(flatten)]
    home: Address,
}

fn main() {
    let _ = User::SCHEMA.fields;
}
