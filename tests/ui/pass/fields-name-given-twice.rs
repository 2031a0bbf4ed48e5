#![allow(dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
struct Address {
    street: String,
    #[redis(alias = "way")]
    road: Option<String>,
}

pub fn main() {}
