#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
struct Address {
    street: String,
    #[redis(alias = "street")]
    road: Option<String>,
}

fn main() {}
