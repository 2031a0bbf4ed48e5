#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
#[redis(key = "address:{id}")]
struct Address {
    id: u64,
}

fn main() {}
