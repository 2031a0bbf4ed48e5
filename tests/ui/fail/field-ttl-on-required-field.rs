#![allow(unused_imports)]

use redis_model::RedisModel;

#[derive(RedisModel)]
#[redis(key = "login:{id}")]
struct Login {
    id: u64,
    #[redis(ttl = "5m")]
    code: u32,
}

fn main() {}
