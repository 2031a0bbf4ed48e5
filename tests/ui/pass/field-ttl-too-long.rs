#![allow(dead_code)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "login:{user}", ttl = "60000w")]
struct Login {
    user: u64,
    name: String,
    #[redis(ttl = "50000w")]
    code: Option<u32>,
}

pub fn main() {}
