#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisFields, RedisModel};

#[derive(RedisFields)]
enum Address {
    Home,
}

fn main() {}
