#![allow(unused_imports, dead_code)]

use redis_model::{Json, RedisModel};

fn seven() -> Option<u32> {
    Some(7)
}

#[derive(RedisModel)]
#[redis(key = "user:{id}")]
struct User {
    id: u64,
    #[redis(default = "seven")]
    quota: Option<u32>,
}

#[derive(RedisModel)]
#[redis(key = "address:{id}")]
struct Address {
    id: u64,
    #[redis(display, default = "seven")]
    number: Option<u32>,
}

fn main() {}
