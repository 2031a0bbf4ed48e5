#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "login:{id}")]
struct Login {
    id: u64,
    #[redis(ttl = "5m")]
    code: Option<u32>,
    #[redis(ttl = "5m", default)]
    tries: u32,
}

pub fn main() {}
